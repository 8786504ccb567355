"""Which items match, the best first, and how they spread over topics, years and kinds.

Ranking every match of a common word is what costs, so it is done for the newest 2,000 only; all is counted over these.
"""

import datetime
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.contrib.postgres.search import SearchRank
from django.db import OperationalError, connection, transaction
from django.db.models import Count, F
from django.db.models.functions import ExtractYear
from psycopg2.errors import QueryCanceled

from bulletins.models import NewsItem, Topic
from bulletins.models.finding import NewsItemQuerySet
from bulletins.search.asked import Asked

LIMIT = 2_000
# What one statement of a search may take of the database's time.
PATIENCE = datetime.timedelta(seconds=2)


class TooSlow(Exception):
    """The database has not found it in time."""


@dataclass(frozen=True)
class Matches:
    """Keys of items, the best first; numbers of them by topic, year and kind. `more`: there were others, older."""

    keys: list[int]
    topics: list[tuple[Topic, int]]
    years: list[tuple[int, int]]
    kinds: list[tuple[str, int]]
    more: bool


@contextmanager
def in_time() -> Iterator[None]:
    """Let no statement inside take longer; raises TooSlow."""
    milliseconds = round(PATIENCE / datetime.timedelta(milliseconds=1))
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooSlow from error
        raise


def found(asked: Asked, at: datetime.datetime) -> NewsItemQuerySet:
    """Return all items that match."""
    items = NewsItem.objects.published(at).matching(asked.query)
    if asked.topic:
        items = items.filter(topics=asked.topic)
    if asked.year:
        items = items.filter(bulletin__month__year=asked.year)
    return items.filter(section__kind=asked.kind) if asked.kind else items


def matches(asked: Asked, at: datetime.datetime) -> Matches:
    """Return the best of the newest 2,000 items that match: two queries."""
    newest = found(asked, at).newest_first()[: LIMIT + 1]
    ranked = NewsItem.objects.filter(pk__in=newest.values("pk")).newest_first()
    ranked = ranked.annotate(rank=SearchRank(F("words"), asked.query), year=ExtractYear("bulletin__month"))
    rows = list(ranked.values_list("pk", "year", "section__kind", "rank"))
    more, rows = len(rows) > LIMIT, rows[:LIMIT]
    # Python's sort keeps the newest first among those that match as well.
    best = sorted(rows, key=lambda row: -row[3])
    years, kinds = Counter(row[1] for row in rows), Counter(row[2] for row in rows)
    keys = [row[0] for row in best]
    return Matches(keys, topics_of(keys), sorted(years.items(), reverse=True), kinds.most_common(), more)


def topics_of(keys: list[int]) -> list[tuple[Topic, int]]:
    """Return the topics of some items, each with how many of these it has, the commonest first."""
    if not keys:
        return []
    topics = Topic.objects.filter(items__in=keys).annotate(count=Count("items"))
    return [(topic, topic.count) for topic in topics.order_by("-count", "name")]


def holds_a_word(asked: Asked) -> bool:
    """Tell whether there is a word in what was typed: “the” and “%” are none that an index has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT numnode(websearch_to_tsquery('english', %s))", [asked.words.replace("\x00", " ")])
        return bool(cursor.fetchone()[0])
