"""The links of an editor's text: where they lead, and what a browser or a mail program would make of them."""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError

UNSAFE_LINK = re.compile(r'(<a\b[^>]*\bhref=")http://', re.IGNORECASE)
SHOWN = 80


class Links(HTMLParser):
    """Collects where the links of a text lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link's address."""
        self.found += [(value or "").strip() for name, value in attrs if tag == "a" and name == "href"]


def links(html: str) -> list[str]:
    """Return the addresses of the links of a text, in its order."""
    return Links(html).found


def check_links(html: str) -> None:
    """Refuse links that lead somewhere else in each place they are printed; quote each of them."""
    stray = [link for link in links(html) if leads_nowhere(link)]
    if stray:
        raise ValidationError(
            [
                f"The link “{link[:SHOWN]}” leads nowhere: begin it with https://, or with / on this site."
                for link in stray
            ]
        )


def leads_nowhere(link: str) -> bool:
    """Tell whether a link is no whole address, nor one of this site, nor a place in this text."""
    if link.startswith("//"):
        link = f"https:{link}"
    if link.startswith(("/", "#")) and link != "#":
        return False
    try:
        parts = urlsplit(link)
        return not parts.scheme or (parts.scheme in ("http", "https") and not re.search(r"\w", parts.hostname or ""))
    except ValueError:
        return True


def with_safe_links(html: str) -> str:
    """Return a text whose http links are https ones."""
    return UNSAFE_LINK.sub(r"\1https://", html)
