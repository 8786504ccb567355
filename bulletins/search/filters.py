"""What a search can be narrowed to: each topic, year and kind of its matches with their number."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bulletins.models import SectionKind
from bulletins.search.asked import Asked
from bulletins.search.matches import Matches

MANY, SEEN = 10, 8


@dataclass(frozen=True)
class Choice:
    """One value of a filter: its words, how many matches have it, and where it leads."""

    words: str
    count: int
    address: str


@dataclass(frozen=True)
class Filter:
    """A filter: what may be chosen; or what was chosen, and the address of the search without it."""

    name: str
    choices: tuple[Choice, ...]
    chosen: str = ""
    without: str = ""

    @property
    def first(self) -> tuple[Choice, ...]:
        """The choices that are seen at once: all, unless they are many."""
        return self.choices[:SEEN] if len(self.choices) > MANY else self.choices

    @property
    def rest(self) -> tuple[Choice, ...]:
        """The choices that are folded away."""
        return self.choices[len(self.first) :]


def filters(asked: Asked, matched: Matches) -> list[Filter]:
    """Return the filters of a search; one that cannot narrow it is left out."""
    kinds = ((value, SectionKind(value).label.capitalize(), count) for value, count in matched.kinds)
    years = ((year, str(year), count) for year, count in matched.years)
    topics = ((topic, topic.name, count) for topic, count in matched.topics)
    kind = SectionKind(asked.kind).label.capitalize() if asked.kind else ""
    found = [
        filter_of(asked, "topic", topics, str(asked.topic or "")),
        filter_of(asked, "year", years, str(asked.year or "")),
        filter_of(asked, "kind", kinds, kind),
    ]
    return [one for one in found if one.chosen or any(choice.count < len(matched.keys) for choice in one.choices)]


def filter_of(asked: Asked, name: str, values: Iterable[tuple[Any, str, int]], chosen: str) -> Filter:
    """Return one filter; what is chosen already is not offered again."""
    if chosen:
        return Filter(name, (), chosen, asked.but(**{name: None if name != "kind" else ""}).address)
    choices = (Choice(words, count, asked.but(**{name: value}).address) for value, words, count in values)
    return Filter(name, tuple(choices))
