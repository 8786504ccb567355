"""Template filters for the HTML parts of letters."""

from django import template
from django.utils.safestring import SafeString

from publication.richtext import printed

register = template.Library()


@register.filter
def mailed(html: str, base: str) -> SafeString:
    """Print rich text in a letter: links that are relative on the web are made whole."""
    return printed(html, base)
