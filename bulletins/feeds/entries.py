"""The entries of a feed, whatever its format: from the same composition as the page and the letter.

Every address in them is whole, and none comes from the request: it is the site's own.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Prefetch
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse

from bulletins.addresses import item_page, whole
from bulletins.composition import compose, compose_item
from bulletins.models import Bulletin, Correction, NewsItem, Topic
from bulletins.upkeep.notices import (
    Notice,
    in_short,
    issue_may_be_old,
    items_of,
    notices_of,
    superseded_since,
)
from publication.models import Publication
from publication.richtext import NONCHARACTERS, plain_line, without_invisible
from publication.templatetags.richtext import beginning

NEWEST = 20


@dataclass(frozen=True)
class Entry:
    """One issue or item. Its `key` never changes.

    `updated` is when readers were last told of a change of it, or that something took the place of an item; where they
    never were, when it was published.
    """

    key: str
    address: str
    title: str
    author: str
    summary: str
    html: str
    image: str
    topics: tuple[str, ...]
    published: datetime.datetime
    updated: datetime.datetime


@dataclass(frozen=True)
class Channel:
    """A feed: what it is about, the page that it stands for, and its entries, the newest first."""

    title: str
    description: str
    page: str
    icon: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Told:
    """What readers of some items are told before their texts at an instant, by the items' keys, and since when."""

    at: datetime.datetime
    notices: dict[int, Notice]
    since: dict[int, datetime.datetime]

    def about(self, items: Sequence[NewsItem]) -> list[Notice]:
        """Return what is said of some of them."""
        return [self.notices[item.pk] for item in items if item.pk in self.notices]

    def moments(self, items: Sequence[NewsItem]) -> list[datetime.datetime]:
        """Return since when it is said of some of them what took their place."""
        return [self.since[item.pk] for item in items if item.pk in self.since]


def told(items: Sequence[tuple[Bulletin, NewsItem]], at: datetime.datetime) -> Told:
    """Return what readers of items are told, each given with its issue: three queries, however many they are."""
    notices = notices_of(items, at)
    return Told(at, notices, superseded_since(notices))


def of_issues(at: datetime.datetime) -> Channel:
    """Return the newest published issues, each whole: ten queries."""
    words = Publication.objects.current()
    issues = list(Bulletin.objects.published(at).newest_first().with_parts().prefetch_related(noted())[:NEWEST])
    said = told([(bulletin, item) for bulletin in issues for item in items_of(bulletin)], at)
    return Channel(
        title=plain_line(words.name),
        description=plain_line(words.strapline),
        page=whole(reverse("bulletins:archive")),
        icon=whole(static("apple-touch-icon.png")),
        entries=tuple(issue_entry(bulletin, words, said) for bulletin in issues),
    )


def of_topic(topic: Topic, at: datetime.datetime) -> Channel:
    """Return the newest published items about a topic: ten queries."""
    words = Publication.objects.current()
    items = NewsItem.objects.filter(topics=topic, bulletin__in=Bulletin.objects.published(at))
    items = items.select_related("bulletin__author").prefetch_related("corrections", "sources", "topics")
    items = items.order_by("-bulletin__publish_at", "-bulletin", "section__position", "section", "position", "pk")
    newest = list(items[:NEWEST])
    said = told([(item.bulletin, item) for item in newest], at)
    return Channel(
        title=plain_line(f"{topic.name}: {words.name}"),
        description=plain_line(f"What {words.name} said about {topic.name}."),
        page=whole(topic.get_absolute_url()),
        icon=whole(static("apple-touch-icon.png")),
        entries=tuple(item_entry(item, said) for item in newest),
    )


def noted() -> Prefetch:
    """Return what loads the correction notes of issues, each with its item: one query."""
    return Prefetch("corrections", Correction.objects.select_related("item"))


def issue_entry(bulletin: Bulletin, words: Publication, said: Told) -> Entry:
    """Return an issue as an entry."""
    issue, corrections, items = compose(bulletin, words), list(bulletin.corrections.all()), items_of(bulletin)
    address = whole(bulletin.get_absolute_url())
    context = {"bulletin": bulletin, "issue": issue, "corrections": corrections, "address": address}
    context |= {"notices": said.about(items), "may_be_old": issue_may_be_old(bulletin, said.at)}
    return Entry(
        key=tag_uri(bulletin, f"issue-{bulletin.pk}"),
        address=address,
        title=plain_line(issue.title),
        author=plain_line(issue.author),
        summary=plain_line(issue.summary or beginning(issue.intro)),
        html=full_text("issue", context),
        image="",
        topics=(),
        **dates(bulletin, corrections, said.moments(items)),
    )


def item_entry(item: NewsItem, said: Told) -> Entry:
    """Return an item as an entry of its own."""
    bulletin, block, corrections = item.bulletin, compose_item(item), list(item.corrections.all())
    address = whole(item_page(bulletin, item.slug))
    notices = said.about([item])
    context = {"bulletin": bulletin, "item": block, "corrections": corrections, "address": address, "notices": notices}
    return Entry(
        key=tag_uri(bulletin, f"item-{item.pk}"),
        address=address,
        title=plain_line(item.headline),
        author=plain_line(bulletin.author.name),
        summary=in_short(plain_line(beginning(item.body)), any(notice.is_superseded for notice in notices)),
        html=full_text("item", context),
        image=whole(block.image) if block.image else "",
        topics=tuple(plain_line(topic.name) for topic in item.topics.all()),
        **dates(bulletin, corrections, said.moments([item])),
    )


def dates(
    bulletin: Bulletin, corrections: list[Correction], superseded: list[datetime.datetime]
) -> dict[str, datetime.datetime]:
    """Return when what an entry holds was published, and when readers were last told of a change of it."""
    published = bulletin.publish_at
    assert published is not None, "what is published has its hour"
    return {"published": published, "updated": max([published, *(note.at for note in corrections), *superseded])}


def full_text(kind: str, context: dict) -> str:
    """Return the text of an entry as HTML that stands by itself, with whole addresses."""
    html = render_to_string(f"bulletins/feeds/{kind}.html", {**context, "site_url": settings.SITE_URL})
    return NONCHARACTERS.sub("", without_invisible(html)).strip()


def tag_uri(bulletin: Bulletin, name: str) -> str:
    """Return a name that outlives every change of slug, headline and day (RFC 4151): dated by the row's beginning."""
    return f"tag:{settings.MAIL_DOMAIN},{bulletin.created_at:%Y-%m-%d}:{name}"
