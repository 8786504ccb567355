"""How news items are found: the words they are known by in the table, and named filters over items and topics."""

import datetime
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector, SearchVectorField
from django.db import models
from django.db.models import Count, Func, Max, Q
from django.db.models.functions import Left

CONFIG = "english"
# What names an issue in a list of items.
ISSUE = ("bulletin__title", "bulletin__month", "bulletin__slug", "bulletin__publish_at")
# What tells readers of a list what took an item's place, and whether they may see that.
NEWER_ISSUE = [f"superseded_by__bulletin__{name}" for name in ("month", "slug", "status", "publish_at")]
NEWER = ("superseded_elsewhere", "superseded_link", "superseded_by__headline", "superseded_by__slug", *NEWER_ISSUE)
# Characters of an item's text that a list may need.
BEGINNING = 400


def out(at: datetime.datetime, path: str = "") -> Q:
    """Return the one rule of what readers may see, for issues or what a path leads to them from."""
    return Q(**{f"{path}status": "approved", f"{path}publish_at__lte": at})


# A tag to its end, whatever its attributes say; those inside a line part no words.
TO_ITS_END = r"""[^>"]*(?:"[^"]*"[^>"]*)*>"""
IN_LINE = rf"</?(?:a|b|i|em|strong|cite|sub|sup)(?:>|\s{TO_ITS_END})"
ANY = rf"<{TO_ITS_END}"


# Stands between two blocks, such as list entries.
BLOCK = "\x1f"
# Marks that part words. Where a database's locale is C, PostgreSQL takes all but ASCII for letters: “group” with its
# quotation marks would be a word of its own. Characters that no text holds stand for them, one for each.
PARTING = "“”„«»‘’‚–—…•·‹›″′\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}‐‑"
PARTED = "\x03\x04\x05\x06\x07\x08\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c"
RESTORED = str.maketrans(PARTED, PARTING)
AS_SQL = "".join(f"\\x{ord(character):02x}" for character in PARTED)


class WithoutTags(Func):
    """The words of clean HTML, at most 200,000 characters of them: a tsvector holds no more than a megabyte."""

    template = (
        f"left(regexp_replace(regexp_replace(%(expressions)s, '{IN_LINE}', '', 'g'), '{ANY}', E' \\x1f ', 'g'), 200000)"
    )
    output_field = models.TextField()


class Parted(Func):
    """A text whose words are parted, whatever the database's locale; `RESTORED` undoes it."""

    template = f"translate(%(expressions)s, '{PARTING}', E'{AS_SQL}')"
    output_field = models.TextField()


class UnreadVectorField(SearchVectorField):
    """A tsvector that stays in the table: wherever a row of it is loaded, nothing comes in its place."""

    def select_format(self, compiler: Any, sql: str, params: Any) -> tuple[str, Any]:
        """Select nothing instead of kilobytes that only the database reads."""
        return "NULL", []


class WordsField(models.GeneratedField):
    """The words of a news item, made by the database: those of its headline weigh most."""

    db_returning = False  # type: ignore[assignment]

    def __init__(self, **options: Any) -> None:
        headline = SearchVector(Parted("headline"), weight="A", config=CONFIG)
        body = SearchVector(Parted(WithoutTags("body")), weight="B", config=CONFIG)
        given = {"expression": headline + body, "output_field": UnreadVectorField(), "db_persist": True}
        super().__init__(**{**given, **options})


class NewsItemQuerySet(models.QuerySet[Any]):
    """Named filters over news items; what depends on time takes it."""

    def published(self, at: datetime.datetime) -> "NewsItemQuerySet":
        """Items of issues that readers may see."""
        return self.filter(out(at, "bulletin__"))

    def matching(self, query: SearchQuery) -> "NewsItemQuerySet":
        """Items that a full-text query finds."""
        return self.filter(words=query)

    def newest_first(self) -> "NewsItemQuerySet":
        """By the publication of their issue, the newest first, and in reading order inside one."""
        return self.order_by(
            "-bulletin__publish_at", "-bulletin_id", "section__position", "section_id", "position", "pk"
        )

    def as_found(self) -> "NewsItemQuerySet":
        """Load with each item its issue's name and date, its kind, its topics and what took its place: two queries."""
        items = self.select_related("bulletin", "section", "superseded_by__bulletin").prefetch_related("topics")
        return items.only("headline", "slug", "section__kind", *ISSUE, *NEWER)

    def as_listed(self) -> "NewsItemQuerySet":
        """Load also how each item begins (`opening`)."""
        return self.as_found().annotate(opening=Left(WithoutTags("body"), BEGINNING))


class TopicQuerySet(models.QuerySet[Any]):
    """Named filters over topics."""

    def in_use(self, at: datetime.datetime) -> "TopicQuerySet":
        """Topics with items that readers may see, each with how many (`count`) and when the last came (`last`)."""
        seen = out(at, "items__bulletin__")
        last = Max("items__bulletin__publish_at", filter=seen)
        return self.annotate(count=Count("items", filter=seen), last=last).filter(count__gt=0)
