"""What else of the site is named by the words that are searched for: topics, issues, authors, pages for parents."""

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from django.db.models import Q, QuerySet

from bulletins.models import Author, Bulletin, Topic
from bulletins.search.asked import Asked
from resources.models import Resource

MOST = 3
# Words that are looked for; what is left out, and `or`, names no place.
WORD = re.compile(r"(?<![\w-])\w{2,}")


class HasPage(Protocol):
    """A row with a page of its own."""

    def get_absolute_url(self) -> str:
        """Return its path."""


@dataclass(frozen=True)
class Place:
    """A page: what kind of page it is, its name, and its path."""

    kind: str
    name: str
    address: str


def places(asked: Asked, at: datetime.datetime) -> list[Place]:
    """Return the pages that have all the words in their names or summaries, a few of each kind: four queries."""
    words = [word for word in WORD.findall(asked.typed) if word.lower() != "or"]
    if not words or asked.narrowed:
        return []
    signed = Author.objects.filter(bulletins__in=Bulletin.objects.published(at)).distinct()
    issues = Bulletin.objects.published(at).newest_first()
    return [
        *as_places("topic", having(Topic.objects.in_use(at), words, "name")),
        *as_places("issue", having(issues, words, "title", "summary")),
        *as_places("author", having(signed, words, "name")),
        *as_places("for parents", having(Resource.objects.all(), words, "title", "summary")),
    ]


def having(rows: QuerySet, words: list[str], *columns: str) -> QuerySet:
    """Return the rows that have each of the words in one of the columns."""
    for word in words:
        anywhere = Q()
        for column in columns:
            anywhere |= Q(**{f"{column}__icontains": word})
        rows = rows.filter(anywhere)
    return rows[:MOST]


def as_places(kind: str, rows: Iterable[HasPage]) -> list[Place]:
    """Return rows as places."""
    return [Place(kind, str(row), row.get_absolute_url()) for row in rows]
