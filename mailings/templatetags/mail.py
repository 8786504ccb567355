"""Template filters for letters."""

from django import template
from django.template.defaultfilters import stringfilter
from django.utils.safestring import SafeString

from bulletins.plaintext import wrapped
from publication.richtext import printed

register = template.Library()


@register.filter
def mailed(html: str, base: str) -> SafeString:
    """Print rich text in a letter: links that are relative on the web are made whole."""
    return printed(html, base)


@register.filter
@stringfilter
def entry(words: str, bullet: str) -> str:
    """Write a list entry of the text part; its further lines stand below its words, not below its bullet."""
    return wrapped(words, bullet, " " * len(bullet))
