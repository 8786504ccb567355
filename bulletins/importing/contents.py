"""The printed list of contents: its headlines, and where each of them stands in the body."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bulletins.importing.blocks import Block, Entry, Listing, Paragraph
from bulletins.importing.kinds import kind_of
from bulletins.importing.shapes import begins_with, key, looks_like_heading

# A longer list is no list of contents; it also bounds the search for lost headings.
_MOST_HEADLINES = 50
_LONGEST_HEADLINE = 150


@dataclass(frozen=True)
class Headline:
    """One printed headline; `index` is its heading's block or, that being `lost`, its first paragraph's."""

    line: int
    text: str
    index: int | None
    lost: bool = False


@dataclass(frozen=True)
class Contents:
    """The list at block `index`, the heading directly above it if any, and its headlines in order."""

    index: int
    heading: Paragraph | None
    headlines: tuple[Headline, ...]


def contents_of(body: Sequence[Block]) -> Contents | None:
    """Return the first list most of whose entries are printed again below as headings of their own."""
    places = _lines_by_key(body)
    for index, block in enumerate(body):
        if not isinstance(block, Listing) or len(block.entries) > _MOST_HEADLINES:
            continue
        heading = _heading_above(body, index)
        printed_below = sum(places[entry_key][-1] > index for entry_key in _keys(block) if entry_key in places)
        if _is_enough(printed_below, len(block.entries), heading):
            return Contents(index, heading, tuple(_placed(body, index, places)))
    return None


def _lines_by_key(body: Sequence[Block]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for index, block in enumerate(body):
        if isinstance(block, Paragraph) and block.whole and 0 < len(block.text) <= _LONGEST_HEADLINE:
            places[key(block.text)].append(index)
    places.pop("", None)
    return places


def _heading_above(body: Sequence[Block], index: int) -> Paragraph | None:
    above = body[index - 1] if index else None
    if isinstance(above, Paragraph) and above.whole and (looks_like_heading(above.text) or kind_of(above.text)):
        return above
    return None


def _keys(listing: Listing) -> list[str]:
    return [key(entry.text) for entry in listing.entries]


def _is_enough(found: int, entries: int, heading: Paragraph | None) -> bool:
    needed = 1 if heading and kind_of(heading.text) == "news" else 2
    return found >= needed and 2 * found >= entries


def _placed(body: Sequence[Block], at: int, places: dict[str, list[int]]) -> Iterator[Headline]:
    listing = body[at]
    assert isinstance(listing, Listing)
    waiting = {words: iter([place for place in found if place > at]) for words, found in places.items()}
    printed = [next(waiting.get(key(entry.text), iter(())), None) for entry in listing.entries]
    start = at + 1
    for position, (entry, index) in enumerate(zip(listing.entries, printed, strict=True)):
        if index is not None:
            # The item above keeps at least one paragraph.
            start = max(start, index + 2)
            yield Headline(entry.line, entry.text, index)
            continue
        later = min((place for place in printed[position:] if place is not None and place >= start), default=len(body))
        found = _beginning(body, entry, range(start, later))
        start = start if found is None else found + 1
        yield Headline(entry.line, entry.text, found, lost=True)


def _beginning(body: Sequence[Block], entry: Entry, where: range) -> int | None:
    """Return the first paragraph that begins with the words of a headline, before the next section begins."""
    for index in where:
        block = body[index]
        if not isinstance(block, Paragraph):
            continue
        if block.whole and kind_of(block.text):
            return None
        if begins_with(block.text, entry.text) and not looks_like_heading(block.text):
            return index
    return None
