/* A headline is a field of its own, so a pasted heading of the first or second level becomes a heading
   inside the text; left alone, the editor would turn it into a plain paragraph. */
CKEDITOR.on("instanceCreated", function (event) {
  const editor = event.editor;
  editor.on("paste", function (paste) {
    paste.data.dataValue = paste.data.dataValue.replace(/<(\/?)h[12](?=[\s>])/gi, "<$1h3");
  }, null, null, 5);

  /* The page hears of typing as it does in every other box, and of Ctrl+S. */
  editor.on("change", function () {
    editor.updateElement();
    editor.element.$.dispatchEvent(new Event("input", { bubbles: true }));
  });
  editor.on("key", function (key) {
    if (key.data.keyCode === CKEDITOR.CTRL + 83) {
      key.data.domEvent.preventDefault();
      key.cancel();
      document.dispatchEvent(new Event("desk:save"));
    }
  });

  editor.on("contentDom", function () {
    shade(editor);
  });
});

/* The text is dark where the page around it is. */
function shade(editor) {
  const root = editor.document && editor.document.getDocumentElement();
  if (root) {
    root.$.classList.toggle("dark", document.documentElement.classList.contains("dark"));
  }
}

new MutationObserver(function () {
  Object.values(CKEDITOR.instances).forEach(shade);
}).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
