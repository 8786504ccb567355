"""Rules about the text itself: what a sentence, a bracket or a quotation lacks, and what is said twice."""

import re
from collections.abc import Iterator
from itertools import pairwise

from bulletins.importing.blocks import Block, Paragraph, texts_of
from bulletins.importing.layout import Layout
from bulletins.importing.parsed import Finding
from bulletins.importing.repetitions import repetitions
from bulletins.importing.shapes import ending, excerpt, is_numbered, is_unclosed_quotation, opens_quotation

_COLON_INSIDE = re.compile(
    r"\b(?:that|following|stating|states|stated|said|says|found|shows|includes?):\s+(?=[A-Z][\w’']*\s)"
)
_BRACKETS = {")": "(", "]": "[", "}": "{"}
_ORDINAL = re.compile(r"\s*\w{1,3}\)")
_LOST_LINK = re.compile(r"\b(?:here|this link|following these (?:simple )?instructions)(?=[.,;!)]|$)", re.IGNORECASE)
_WEB_ADDRESS = re.compile(r"://|www\.")


def colons_without_list(layout: Layout) -> Iterator[Finding]:
    """A paragraph that ends in a colon with neither a list nor a quotation after it."""
    told = {id(block) for block in layout.told}
    for block, follower in pairwise((*layout.body, None)):
        if id(block) not in told or not isinstance(block, Paragraph) or not block.text.endswith(":"):
            continue
        if not _is_announced(follower):
            end = ending(block.text)
            yield Finding(block.line, f"“{end}” announces a list or a quotation, and none follows.")


def _is_announced(follower: Block | None) -> bool:
    if isinstance(follower, Paragraph):
        return opens_quotation(follower.text) or is_numbered(follower.text)
    return follower is not None


def colons_inside(layout: Layout) -> Iterator[Finding]:
    """A colon inside a paragraph that is followed by a new sentence instead of what it announces."""
    for line, text in texts_of(layout.told):
        found = _COLON_INSIDE.search(text)
        if found:
            yield Finding(line, f"“{_around(text, found.start(), 40)}”: what the colon announces seems to be missing.")


def stray_brackets(layout: Layout) -> Iterator[Finding]:
    """A bracket without its other half."""
    for line, text in texts_of(layout.told):
        place = _stray_bracket(text)
        if place is not None:
            yield Finding(line, f"a stray “{text[place]}” in “{_around(text, place)}”.")


def _stray_bracket(text: str) -> int | None:
    ordinal = _ORDINAL.match(text)
    open_places: list[int] = []
    for place in range(ordinal.end() if ordinal else 0, len(text)):
        letter = text[place]
        if letter in _BRACKETS.values():
            open_places.append(place)
        elif letter in _BRACKETS and (not open_places or text[open_places.pop()] != _BRACKETS[letter]):
            return place
    return open_places[0] if open_places else None


def _around(text: str, place: int, reach: int = 25) -> str:
    before, after = max(0, place - reach), place + reach
    start = text.find(" ", before) + 1 if before and " " in text[before:place] else before
    end = text.rfind(" ", place, after) if after < len(text) and " " in text[place + 1 : after] else after
    return ("… " if start else "") + text[start:end].strip() + (" …" if end < len(text) else "")


def unclosed_quotations(layout: Layout) -> Iterator[Finding]:
    """A paragraph that opens with a quotation mark which nothing closes."""
    for block in layout.told:
        if isinstance(block, Paragraph) and is_unclosed_quotation(block.text):
            yield Finding(block.line, f"the quotation “{excerpt(block.text)}” is not closed: kept as a paragraph.")


def said_twice(layout: Layout) -> Iterator[Finding]:
    """Half a sentence that stands in two places."""
    for line, earlier, run in repetitions(texts_of(layout.told)):
        place = "the same line" if line == earlier else f"line {earlier}"
        yield Finding(line, f"“{excerpt(run)}” is said twice, first in {place}.")


def lost_links(layout: Layout) -> Iterator[Finding]:
    """Words that were a link, such as “subscribe here”, in a text that keeps no address."""
    for line, text in texts_of(layout.told):
        found = _LOST_LINK.search(text)
        if found and not _WEB_ADDRESS.search(text):
            yield Finding(line, f"“{_around(text, found.start(), 40)}” was a link, and its address is lost.")
