"""Which items match, the best first, and how they spread over topics, years and kinds.

Ranking every match of a common word is what costs, so it is done for the newest 2,000 only; all is counted over these.
"""

import datetime
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import OperationalError, connection, transaction
from psycopg2.errors import QueryCanceled

from bulletins.models import Bulletin, NewsItem, Topic
from bulletins.models.finding import NewsItemQuerySet
from bulletins.search.asked import Asked

LIMIT = 2_000
# What one statement of a search may take of the database's time.
PATIENCE = datetime.timedelta(seconds=2)

# Issues by age, then items by the index alone, then the newest of these; no other's vector is read, to be ranked.
MATCHES = """
    WITH issue AS MATERIALIZED (
        SELECT id, month, row_number() OVER (ORDER BY publish_at DESC, id DESC) AS age FROM ({issues}) AS seen
    ),
    hit AS MATERIALIZED (
        SELECT id, bulletin_id, section_id, words FROM bulletins_newsitem
         WHERE words @@ websearch_to_tsquery('english', %s)
    ),
    newest AS MATERIALIZED (
        SELECT hit.id, hit.words, issue.month, issue.age, section.kind
          FROM hit
          JOIN issue ON issue.id = hit.bulletin_id
          JOIN bulletins_section section ON section.id = hit.section_id
         WHERE (%s IS NULL OR EXISTS (SELECT 1 FROM bulletins_newsitem_topics tagged
                                       WHERE tagged.newsitem_id = hit.id AND tagged.topic_id = %s))
           AND (%s = '' OR section.kind = %s)
         ORDER BY issue.age, hit.id
         LIMIT %s
    )
    SELECT id, month, kind,
           ARRAY(SELECT topic_id FROM bulletins_newsitem_topics tagged WHERE tagged.newsitem_id = newest.id)
      FROM newest
     ORDER BY ts_rank(words, websearch_to_tsquery('english', %s)) DESC, age, id
"""


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
def by_index() -> Iterator[None]:
    """Have the index asked inside, in a transaction: the planner does not know what reading a vector costs."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan TO DEFAULT")


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
    """Return the best of the newest 2,000 items that match: a statement, and one for the topics' names."""
    issues = Bulletin.objects.published(at).order_by()
    issues = issues.in_year(asked.year) if asked.year else issues
    sql, values = issues.values("id", "month", "publish_at").query.sql_with_params()
    topic = asked.topic.pk if asked.topic else None
    given = [*values, asked.typed, topic, topic, asked.kind, asked.kind, LIMIT + 1, asked.typed]
    with by_index(), connection.cursor() as cursor:
        cursor.execute(MATCHES.format(issues=sql), given)
        ranked = cursor.fetchall()
    rows = ranked[:LIMIT]
    years, kinds = Counter(row[1].year for row in rows), Counter(row[2] for row in rows)
    return Matches(
        keys=[row[0] for row in rows],
        topics=named(Counter(topic for row in rows for topic in row[3])),
        years=sorted(years.items(), reverse=True),
        kinds=kinds.most_common(),
        more=len(ranked) > LIMIT,
    )


def named(counts: Counter[int]) -> list[tuple[Topic, int]]:
    """Return topics instead of their keys, the commonest first."""
    topics = [(topic, counts[topic.pk]) for topic in Topic.objects.filter(pk__in=list(counts))]
    return sorted(topics, key=lambda pair: (-pair[1], pair[0].name))


def holds_a_word(asked: Asked) -> bool:
    """Tell whether there is a word to look for: “the” is in no index, and “-phones” only says what not to find."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT querytree(websearch_to_tsquery('english', %s))", [asked.typed])
        return cursor.fetchone()[0] not in ("", "T")
