"""Template filters for the text parts of letters."""

from django import template
from django.template.defaultfilters import stringfilter

from bulletins.lines import underline, wrapped
from bulletins.plaintext import Links, plain_text

register = template.Library()


@register.filter
@stringfilter
def plain(html: str, links: Links) -> str:
    """Write rich text as plain text and number its links."""
    return plain_text(html, links)


@register.filter
@stringfilter
def wrap(text: str, indent: str = "") -> str:
    """Wrap one paragraph at 72 columns."""
    return wrapped(text, indent, indent)


@register.filter
@stringfilter
def underlined(words: str, stroke: str = "-") -> str:
    """Underline a heading over its longest line."""
    return underline(wrapped(words), stroke)


@register.filter
def number(links: Links, target: str) -> int:
    """Number a link target."""
    return links.number(target)
