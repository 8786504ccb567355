/* Word names a quotation by a style, Google Docs only moves it in: both become what they are before the editor's own
   filters forget it. */
const QUOTED = {
  word: /<p\b[^>]*\bMso(?:Intense)?Quote\b[^>]*>([\s\S]*?)<\/p>/gi,
  docs: /<p\b[^>]*\bmargin-left:\s*(?:[3-9]\d|1\d\d)(?:\.\d+)?pt[^>]*>([\s\S]*?)<\/p>/gi,
};

const isOfDocs = (html) => html.includes("docs-internal-guid");

/* The editor's filter for Google Docs falls over a span that no style is left of, and pastes nothing: each gets one
   that it keeps. The breaks that Docs puts between and after its paragraphs would become empty ones. */
function forDocsFilter(html) {
  if (!isOfDocs(html)) {
    return html;
  }
  const body = new DOMParser().parseFromString(html, "text/html").body;
  for (const span of body.querySelectorAll("span")) {
    span.setAttribute("style", `white-space:pre-wrap;${span.getAttribute("style") || ""}`);
  }
  for (const rest of body.querySelectorAll("br.Apple-interchange-newline, :is(p, ul, ol, table, h1, h2, h3, h4, h5, h6) ~ br")) {
    rest.remove();
  }
  return body.innerHTML;
}

function withQuotations(html) {
  const marks = isOfDocs(html) ? QUOTED.docs : QUOTED.word;
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
    transfer.getData = (type, own) => 
      type === "text/html" ? forDocsFilter(withQuotations(read(type, own) || "")) : read(type, own);
  }, null, null, 0);
  editor.on("paste", function (paste) {
    paste.data.dataValue = paste.data.dataValue.replace(/<(\/?)h[12](?=[\s>])/gi, "<$1h3");
  }, null, null, 5);

  keepWordsOf(editor);

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

/* Where a filter falls over what was copied, its words are pasted all the same, and the editor says so. */
function keepWordsOf(editor) {
  const fire = editor.fire;
  editor.fire = function (name, data, ...rest) {
    try {
      return fire.call(this, name, data, ...rest);
    } catch (error) {
      if (name !== "paste") {
        throw error;
      }
      console.warn(error);
      const words = data.dataTransfer.getData("text/plain") || "";
      editor.insertText(words);
      editor.showNotification(words ? "Only the words could be pasted: give them their headings, lists and links again." : "This could not be pasted. Copy it once more as plain text.", "warning");
      return false;
    }
  };
}

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
