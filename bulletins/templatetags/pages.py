"""What the public pages and the feeds print beside an issue's own words."""

import datetime
import json
from typing import Any
from urllib.parse import quote, urlencode

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from bulletins.addresses import whole
from bulletins.composition import EventBlock
from bulletins.models import NewsItem
from bulletins.plaintext import sourced
from bulletins.upkeep.notices import newer_of
from publication.richtext import plain_line, printed

register = template.Library()

# The very ones that Django escapes in its own json_script, so that no text ends the element or begins a comment.
IN_SCRIPT = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


@register.simple_tag
def at_address(html: str, address: str, top: int = 3) -> SafeString:
    """Print rich text away from its page, whose address makes its links whole; `top` is its highest heading."""
    return printed(sourced(html), address, top)


@register.filter
def is_over(event: EventBlock, at: datetime.datetime) -> bool:
    """Tell whether an event is past at an instant."""
    return event.is_over(at)


@register.filter
def newer(item: NewsItem) -> NewsItem | None:
    """Return what took an item's place, if readers may see it now."""
    return newer_of(item, timezone.now())


@register.filter
def linked_data(node: dict[str, Any]) -> SafeString:
    """Print a node of schema.org as JSON-LD. It is data, which no browser runs: a content policy lets it be."""
    text = json.dumps(node, ensure_ascii=False).translate(IN_SCRIPT)
    return format_html('<script type="application/ld+json">{}</script>', mark_safe(text))


@register.inclusion_tag("bulletins/_share.html")
def share(title: str, path: str) -> dict[str, str]:
    """Print the ways to pass a page on: plain links, none of which tells anybody anything before it is followed."""
    title, address = plain_line(title), whole(path)
    return {
        "title": title,
        "address": address,
        "mail": "mailto:?" + urlencode({"subject": title, "body": address}, safe="", quote_via=quote),
        "whatsapp": "https://wa.me/?" + urlencode({"text": f"{title} {address}"}, safe="", quote_via=quote),
        "linkedin": "https://www.linkedin.com/sharing/share-offsite/?" + urlencode({"url": address}),
    }
