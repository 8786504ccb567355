/* Word names a quotation by a style, Google Docs only moves it in: both become what they are before the editor's own
   filters forget it. */
const QUOTED = {
  word: /<p\b[^>]*\bMso(?:Intense)?Quote\b[^>]*>([\s\S]*?)<\/p>/gi,
  docs: /<p\b[^>]*\bmargin-left:\s*(?:[3-9]\d|1\d\d)(?:\.\d+)?pt[^>]*>([\s\S]*?)<\/p>/gi,
};

function withQuotations(html) {
  const marks = html.includes("docs-internal-guid") ? QUOTED.docs : QUOTED.word;
  return html.replace(marks, "<blockquote><p>$1</p></blockquote>").replace(/<\/blockquote>\s*<blockquote>/g, "");
}

/* A headline is a field of its own, so a pasted heading of the first or second level becomes a heading
   inside the text; left alone, the editor would turn it into a plain paragraph. */
CKEDITOR.on("instanceCreated", function (event) {
  const editor = event.editor;
  /* Its filters read the clipboard by themselves, so they are given the text with quotations at that place. */
  editor.on("paste", function (paste) {
    const transfer = paste.data.dataTransfer;
    const read = transfer.getData.bind(transfer);
    transfer.getData = (type, own) => (type === "text/html" ? withQuotations(read(type, own) || "") : read(type, own));
  }, null, null, 0);
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
