"""Rules about the text itself: what a sentence, a bracket or a quotation lacks, and what is said twice."""

from collections.abc import Iterator
from itertools import pairwise

from bulletins.importing.blocks import Block, Paragraph, texts_of
from bulletins.importing.layout import Layout
from bulletins.importing.parsed import Finding
from bulletins.importing.shapes import is_unclosed_quotation
from bulletins.prose import (
    around,
    colon_inside,
    ending,
    excerpt,
    is_numbered,
    lost_link,
    opens_quotation,
    stray_bracket,
)
from bulletins.repetitions import repetitions


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
        place = colon_inside(text)
        if place is not None:
            yield Finding(line, f"“{around(text, place, 40)}”: what the colon announces seems to be missing.")


def stray_brackets(layout: Layout) -> Iterator[Finding]:
    """A bracket without its other half."""
    for line, text in texts_of(layout.told):
        place = stray_bracket(text)
        if place is not None:
            yield Finding(line, f"a stray “{text[place]}” in “{around(text, place)}”.")


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
        place = lost_link(text)
        if place is not None:
            yield Finding(line, f"“{around(text, place, 40)}” was a link, and its address is lost.")
