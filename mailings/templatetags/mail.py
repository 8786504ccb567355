"""Template tags and filters for letters."""

from django import template
from django.template.defaultfilters import stringfilter
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bulletins.composition import SourceBlock
from bulletins.lines import underline, wrapped
from bulletins.plaintext import Links, sourced
from publication.richtext import printed, whole_link

register = template.Library()

# A letter's column without its padding, in pixels.
COLUMN = 536


@register.simple_tag
def mailed(html: str, base: str, top: int = 3) -> SafeString:
    """Print rich text in a letter: links that are relative on the web are made whole, `top` is its highest heading."""
    return printed(sourced(html), base, top)


@register.filter
def whole(link: str, base: str) -> str:
    """Return a link resolved against the address of the issue's page."""
    return whole_link(base, link)


@register.simple_tag
def fitted(width: int, height: int, most: int = COLUMN) -> SafeString:
    """Return the attributes of an image in its proportions, at most `most` pixels wide; Outlook heeds only those."""
    shown = min(width, most)
    size = (shown, max(1, round(height * shown / width)), shown)
    return format_html('width="{}" height="{}" style="width: 100%; max-width: {}px"', *size)


@register.filter
@stringfilter
def entry(words: str, bullet: str) -> str:
    """Write a list entry of the text part; its further lines stand below its words, not below its bullet."""
    return wrapped(words, bullet, " " * len(bullet))


@register.filter
@stringfilter
def numbered(words: str, number: int) -> str:
    """Write an entry of the contents list: its number stands in a column of three."""
    return entry(words, f"{number:3}. ")


@register.filter
@stringfilter
def headline(words: str, number: int) -> str:
    """Write a headline behind its number, both underlined."""
    return underline(entry(words, f"{number}. "), "~")


@register.filter
@stringfilter
def pictured(words: str) -> str:
    """Write an image of the text part in its words."""
    return wrapped(f"[Image: {words}]")


@register.simple_tag
def cited(source: SourceBlock, links: Links) -> str:
    """Write a source of the text part, with the number of its link; its further lines stand below its words."""
    number = f" [{links.number(source.link)}]" if source.link else ""
    return wrapped(f"Source: {source.words}{number}", "", "  ")
