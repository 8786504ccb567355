"""CKEditor as our editors get it: what the sanitiser keeps, and nothing that talks to another host."""

import re
from typing import Any

from ckeditor.fields import RichTextFormField
from ckeditor.widgets import CKEditorWidget
from django import forms
from django.templatetags.static import static
from django.utils.functional import lazy

# Left out: what sends text or looks elsewhere (spell checkers, export, embeds), what the sanitiser would
# throw away (frames, forms, Flash, images, smileys), what edits the HTML itself, what says nothing to editors
# (the path of tags), and what hides the browser's own context menu with its spelling suggestions.
LEFT_OUT = (
    "about,autoembed,codesnippet,codesnippetgeshi,contextmenu,elementspath,embed,embedbase,embedsemantic,exportpdf,"
    "filebrowser,flash,forms,iframe,image,liststyle,newpage,pagebreak,preview,print,save,scayt,smiley,sourcearea,"
    "sourcedialog,tableselection,tabletools,templates,uploadimage,uploadwidget,wsc"
)

BETWEEN = re.compile("> <")

EDITOR = {
    "toolbar": [
        ["Format", "Bold", "Italic"],
        ["NumberedList", "BulletedList", "Blockquote"],
        ["Link", "Unlink", "Table"],
        ["PasteText", "PasteFromWord", "RemoveFormat"],
        ["Undo", "Redo"],
    ],
    "format_tags": "p;h3;h4",
    "height": 120,
    "width": "100%",
    # It grows with its text.
    "extraPlugins": "autogrow",
    "autoGrow_minHeight": 120,
    "autoGrow_maxHeight": 640,
    "autoGrow_onStartup": True,
    "resize_enabled": False,
    "linkDefaultProtocol": "https://",
    # Where a link opens is the reader's choice, and its attributes would be thrown away.
    "removeDialogTabs": "link:target;link:advanced",
    # The text looks as readers get it.
    "contentsCss": lazy(static, str)("publication/editor.css"),
    "removePlugins": LEFT_OUT,
    # What the sanitiser keeps and no button makes: pasted or imported text comes out of the editor as it went in.
    "extraAllowedContent": "cite sup sub caption thead; ol[start]; a[title,rel]; th td[scope,colspan,rowspan]",
    "disallowedContent": "script; style; img; *[on*]; *{*}",
    # The browser's own spelling marks.
    "disableNativeSpellChecker": False,
    # Quotation marks stay themselves instead of &lsquo;, so that search and comparison find them.
    "entities": False,
    "basicEntities": True,
}


class EditorWidget(CKEditorWidget):
    """The editor, with our configuration and our rule for pasted headings."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.config = dict(EDITOR)

    @property
    def media(self) -> forms.Media:
        """Its scripts and then ours: in one list, for merging two would not keep their order."""
        theirs = super().media
        return forms.Media(css=theirs._css, js=[*theirs._js, "publication/editor.js"])


class EditorField(RichTextFormField):
    """The form field of rich text."""

    widget = EditorWidget

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether somebody wrote: the editor breaks lines between elements as it likes, and browsers as CR LF."""
        return super().has_changed(one_line_each(initial), one_line_each(data))


def one_line_each(html: Any) -> str:
    """Return HTML without the white space between its elements."""
    return BETWEEN.sub("><", " ".join((html or "").split()))
