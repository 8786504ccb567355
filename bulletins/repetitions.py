"""Runs of words that one bulletin says twice."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bulletins.prose import word_matches

RUN = 8


class _Said(NamedTuple):
    number: int
    text: str
    keys: list[str]
    spans: list[tuple[int, int]]

    def printed(self, place: int, length: int) -> str:
        return self.text[self.spans[place][0] : self.spans[place + length - 1][1]]


def repetitions(texts: Iterable[tuple[int, str]]) -> Iterator[tuple[int, int, str]]:
    """Yield number, earlier number and words of each run of 8 or more equal words; a run stays in one numbered text."""
    first_seen: dict[tuple[str, ...], tuple[_Said, int]] = {}
    for number, text in texts:
        found = word_matches(text)
        said = _Said(number, text, [match[0].casefold() for match in found], [match.span() for match in found])
        place = 0
        while place + RUN <= len(said.keys):
            known, start = first_seen.setdefault(tuple(said.keys[place : place + RUN]), (said, place))
            if known is said and place < start + RUN:
                place += 1
                continue
            end = place if known is said else len(known.keys)
            length = _equal(known.keys, range(start, end), said.keys, place)
            yield number, known.number, said.printed(place, length)
            place += length


def _equal(known: list[str], where: range, said: list[str], place: int) -> int:
    pairs = zip(where, range(place, len(said)), strict=False)
    differs = (length for length, (one, other) in enumerate(pairs) if known[one] != said[other])
    return next(differs, min(len(where), len(said) - place))
