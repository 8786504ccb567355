"""Template filters over rich text and links."""

import textwrap
from html import unescape
from urllib.parse import urlsplit

from django import template
from django.utils.html import strip_tags
from django.utils.safestring import SafeString

from publication import richtext

register = template.Library()


@register.filter
def printed(html: str, top: int = 3) -> SafeString:
    """Print a rich-text field's HTML, its highest heading at level `top`: 4 for a text that stands under an h3."""
    return richtext.printed(html, top=top)


@register.filter(is_safe=True)
def one_line(words: object) -> str:
    """Print words in one line, without characters that a program may not take."""
    return richtext.plain_line(str(words))


@register.filter
def says(html: str, sentence: str) -> bool:
    """Tell whether a text holds a sentence already, whatever its case, spacing and last full stop."""
    return plain(sentence).rstrip(".") in plain(html)


@register.filter
def beginning(html: str, characters: int = 155) -> str:
    """Return the first words of a text, by default as many as a search engine shows of a page's description."""
    return textwrap.shorten(words(html), characters, placeholder=" …")


@register.filter
def host(address: str) -> str:
    """Return whose site a link leads to, such as `gov.uk`; empty for what is no web address."""
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def plain(html: str) -> str:
    """Return the words of a text in small letters."""
    return words(html).casefold()


def words(html: str) -> str:
    """Return the words of a text in one line."""
    return " ".join(unescape(strip_tags(html.replace("<", " <"))).split())
