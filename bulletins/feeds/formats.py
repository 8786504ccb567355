"""A feed as Atom 1.0 (RFC 4287), RSS 2.0 and JSON Feed 1.1 (jsonfeed.org)."""

import json
from typing import Any

from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed, rfc3339_date

from bulletins.feeds.entries import Channel, Entry

LANGUAGE = "en-GB"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
JSON_FEED = "https://jsonfeed.org/version/1.1"


class FullAtom(Atom1Feed):
    """Atom with the full text beside the summary."""

    def add_root_elements(self, handler: Any) -> None:
        """Add the feed's picture."""
        super().add_root_elements(handler)
        handler.addQuickElement("icon", self.feed["icon"])

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        """Add the full text."""
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["content"], {"type": "html"})


class FullRss(Rss201rev2Feed):
    """RSS with the full text beside the summary, and the day of the last correction, which RSS has no word for."""

    def rss_attributes(self) -> dict[str, str]:
        """Name the dialect of the full text."""
        return {**super().rss_attributes(), "xmlns:content": CONTENT}

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        """Add the full text and when it was last corrected."""
        super().add_item_elements(handler, item)
        handler.addQuickElement("content:encoded", item["content"])
        handler.addQuickElement("atom:updated", rfc3339_date(item["updateddate"]))


def atom(channel: Channel, address: str) -> str:
    """Write a feed as Atom."""
    return written(FullAtom, channel, address)


def rss(channel: Channel, address: str) -> str:
    """Write a feed as RSS."""
    return written(FullRss, channel, address)


def written(dialect: type[SyndicationFeed], channel: Channel, address: str) -> str:
    """Write a feed that is found at an address in a dialect of XML."""
    feed = dialect(
        channel.title,
        channel.page,
        channel.description or channel.title,
        subtitle=channel.description or None,
        language=LANGUAGE,
        feed_url=address,
        feed_guid=address,
        icon=channel.icon,
    )
    for entry in channel.entries:
        add(feed, entry)
    return feed.writeString("utf-8")


def add(feed: SyndicationFeed, entry: Entry) -> None:
    """Add an entry to a feed."""
    feed.add_item(
        entry.title,
        entry.address,
        entry.summary,
        author_name=entry.author,
        pubdate=entry.published,
        updateddate=entry.updated,
        unique_id=entry.key,
        unique_id_is_permalink=False,
        categories=entry.topics,
        content=entry.html,
    )


def json_feed(channel: Channel, address: str) -> str:
    """Write a feed as JSON Feed."""
    feed = {
        "version": JSON_FEED,
        "title": channel.title,
        "home_page_url": channel.page,
        "feed_url": address,
        "description": channel.description,
        "icon": channel.icon,
        "language": LANGUAGE,
        "items": [json_item(entry) for entry in channel.entries],
    }
    return json.dumps({name: value for name, value in feed.items() if value != ""}, ensure_ascii=False)


def json_item(entry: Entry) -> dict[str, Any]:
    """Return an entry as an item of a JSON Feed; what it has none of is left out."""
    item = {
        "id": entry.key,
        "url": entry.address,
        "title": entry.title,
        "summary": entry.summary,
        "content_html": entry.html,
        "image": entry.image,
        "date_published": rfc3339_date(entry.published),
        "date_modified": rfc3339_date(entry.updated),
        "authors": [{"name": entry.author}],
        "tags": list(entry.topics),
    }
    return {name: value for name, value in item.items() if value}


FORMATS = {
    "atom": (atom, FullAtom.content_type),
    "rss": (rss, FullRss.content_type),
    "json": (json_feed, "application/feed+json"),
}
