/* A headline is a field of its own, so a pasted heading of the first or second level becomes a heading
   inside the text; left alone, the editor would turn it into a plain paragraph. */
CKEDITOR.on("instanceCreated", function (event) {
  event.editor.on("paste", function (paste) {
    paste.data.dataValue = paste.data.dataValue.replace(/<(\/?)h[12](?=[\s>])/gi, "<$1h3");
  }, null, null, 5);
});
