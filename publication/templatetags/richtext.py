"""Template filters over rich text and links."""

from html import unescape
from urllib.parse import urlsplit

from django import template
from django.utils.html import strip_tags
from django.utils.safestring import SafeString

from publication import richtext

register = template.Library()


@register.filter
def printed(html: str) -> SafeString:
    """Print a rich-text field's HTML."""
    return richtext.printed(html)


@register.filter
def says(html: str, sentence: str) -> bool:
    """Tell whether a text holds a sentence already, whatever its case, spacing and last full stop."""
    return plain(sentence).rstrip(".") in plain(html)


@register.filter
def host(address: str) -> str:
    """Return whose site a link leads to, such as `gov.uk`; empty for what is no web address."""
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def plain(html: str) -> str:
    """Return the words of a text in one line of small letters."""
    return " ".join(unescape(strip_tags(html.replace("<", " <"))).split()).casefold()
