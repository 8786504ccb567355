"""The one rich-text field: its editor and its sanitiser, so that either can be swapped in one place."""

import re
from functools import partial
from html import unescape
from typing import Any
from urllib.parse import urljoin

import nh3
from ckeditor.fields import RichTextField as CKEditorField
from django.db import models
from django.utils.safestring import SafeString, mark_safe

from publication.editor import EditorField, EditorWidget
from publication.links import check_links

TAGS = {
    "p",
    "br",
    "h3",
    "h4",
    "strong",
    "em",
    "b",
    "i",
    "ul",
    "ol",
    "li",
    "blockquote",
    "cite",
    "a",
    "sup",
    "sub",
}
TAGS |= {"table", "caption", "thead", "tbody", "tr", "th", "td"}
ATTRIBUTES = {
    "a": {"href", "title"},
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
    "ol": {"start"},
}
URL_SCHEMES = {"http", "https", "mailto", "tel"}

CLEANINGS = 10

# Control characters say nothing to a reader, PostgreSQL refuses NUL, and bidirectional overrides mislead.
INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff]")
# What no XML document may hold (XML 1.0, 2.2), and so neither what is read as one.
NONCHARACTERS = re.compile("[\ud800-\udfff\ufffe\uffff]")
INVISIBLE_REFERENCE = re.compile(r"&#(?:x0*([0-9a-f]{1,6})|0*([0-9]{1,7}));?", re.IGNORECASE)
TOP_HEADING = re.compile(r"<(/?)h[12](?=[\s>/])", re.IGNORECASE)
EMPTY_PARAGRAPH = re.compile(r"<p>(?:\s|\u00a0|&nbsp;|<br>)*</p>\s*")
HEADING = re.compile("<(?P<end>/?)h(?P<level>[34])>")


def without_invisible(text: str) -> str:
    """Drop control and bidirectional characters, written raw or as numeric references."""

    def keep(match: re.Match[str]) -> str:
        return "" if INVISIBLE.match(unescape(match[0]) or "\x00") else match[0]

    return INVISIBLE_REFERENCE.sub(keep, INVISIBLE.sub("", text))


def plain_line(text: str) -> str:
    """Return words in one line of characters that every format can hold: XML, iCalendar, a page's head."""
    return " ".join(NONCHARACTERS.sub("", INVISIBLE.sub("", text)).split())


def absolute_link(tag: str, attribute: str, value: str, base: str = "") -> str:
    """Give a protocol-relative link its scheme, and with a base make every relative one whole."""
    if attribute != "href":
        return value
    if value.startswith("//"):
        return "https:" + value
    return whole_link(base, value)


def whole_link(base: str, link: str) -> str:
    """Resolve a link against the address of its page; without a base, or when malformed, it stays as it is."""
    try:
        return urljoin(base, link) if base else link
    except ValueError:
        return link


def clean_html(html: str, base: str = "") -> str:
    """Return editor HTML with only the tags, attributes and link schemes we print; cleaning twice equals once."""
    # Misnested markup, such as a link around a table with a link, reads differently once written out.
    for _ in range(CLEANINGS):
        html, before = cleaned_once(html or "", base), html
        if html == before:
            break
    return html


def cleaned_once(html: str, base: str) -> str:
    """Return HTML after one pass of the sanitiser."""
    # A headline is a field of its own, so pasted top headings become the first level inside a text.
    lowered = TOP_HEADING.sub(r"<\1h3", without_invisible(html))
    cleaned = nh3.clean(
        lowered,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=URL_SCHEMES,
        attribute_filter=partial(absolute_link, base=base),
        link_rel="noopener noreferrer",
    )
    return EMPTY_PARAGRAPH.sub("", without_invisible(cleaned)).strip()


class RichTextField(CKEditorField):
    """A text column that holds clean HTML, whatever door it comes in by, edited with CKEditor."""

    default_validators = [check_links]

    def formfield(self, **kwargs: Any) -> Any:
        """Edit with our editor, also in the admin, which would put its own text area here."""
        return super().formfield(**{**kwargs, "form_class": EditorField, "widget": EditorWidget})

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """Clean the instance's own value, so that memory and table agree."""
        value = clean_html(getattr(model_instance, self.attname))
        setattr(model_instance, self.attname, value)
        return value

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Clean what comes by QuerySet.update(), which passes no instance."""
        if isinstance(value, str):
            value = clean_html(value)
        return super().get_db_prep_save(value, connection)


def printed(html: str, base: str = "", top: int = 3) -> SafeString:
    """Mark the HTML of a RichTextField for printing: the one place where stored HTML is trusted.

    In a letter there is no page to be relative to: `base` is the address that links are resolved against.
    `top` (2 to 5) is the level that the text's highest heading gets: one more than the heading it stands under.
    """
    return mark_safe(with_headings_from(top, clean_html(html, base)))


def with_headings_from(top: int, html: str) -> str:
    """Move the headings of clean HTML so that `top` is the highest, the first one has it, and none skips a level."""
    under = False
    opened: list[int] = []

    def moved(tag: re.Match[str]) -> str:
        nonlocal under
        if tag["end"]:
            return f"</h{opened.pop()}>"
        opened.append(top + (under and tag["level"] == "4"))
        under = under or tag["level"] == "3"
        return f"<h{opened[-1]}>"

    return HEADING.sub(moved, html)
