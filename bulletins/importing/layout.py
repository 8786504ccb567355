"""A printed bulletin taken apart: header, body with its headings, closing, list of other bulletins."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from bulletins.importing.blocks import Block, Line, blocks_of
from bulletins.importing.closing import Closing, closing_of, other_bulletins
from bulletins.importing.contents import Contents, contents_of
from bulletins.importing.header import Header, header_of
from bulletins.importing.headings import Heading, headings_of
from bulletins.importing.reading import NotABulletin, normalised

_MOST_HEADINGS = 200


@dataclass(frozen=True)
class Stretch:
    """A heading and the blocks below it, up to the next heading; the list of contents left out."""

    heading: Heading
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Group:
    """A section: its own heading with what stands below it, and its items. Unheaded news has no `opening`."""

    opening: Stretch | None
    items: tuple[Stretch, ...] = ()

    @property
    def takes_items(self) -> bool:
        """Say whether an item printed next belongs here."""
        return self.opening is None or self.opening.heading.kind == "news"

    @property
    def is_empty(self) -> bool:
        """Say whether nothing stands below the heading."""
        return not self.items and self.opening is not None and not self.opening.blocks


@dataclass(frozen=True)
class Layout:
    """The parts of one bulletin. `others` are the lines of the list of other bulletins, its heading first."""

    header: Header
    body: tuple[Block, ...]
    contents: Contents | None
    headings: tuple[Heading, ...]
    closing: Closing
    others: tuple[Line, ...]
    last_line: int

    @property
    def intro(self) -> tuple[Block, ...]:
        """The blocks above the first heading."""
        return self._between(0, self.headings[0].index if self.headings else len(self.body))

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """Everything below the intro, in order."""
        ends = [*(heading.index for heading in self.headings), len(self.body)]
        return tuple(
            Stretch(heading, self._between(start + heading.printed, end))
            for heading, (start, end) in zip(self.headings, pairwise(ends), strict=True)
        )

    @property
    def groups(self) -> tuple[Group, ...]:
        """The sections, in order; items that follow another kind of section are news without a heading."""
        openings: list[Group] = []
        for kind, run in groupby(self.stretches, key=lambda stretch: stretch.heading.kind):
            if kind:
                openings.extend(Group(stretch) for stretch in run)
            elif openings and openings[-1].takes_items:
                openings[-1] = Group(openings[-1].opening, tuple(run))
            else:
                openings.append(Group(None, tuple(run)))
        return tuple(openings)

    @property
    def told(self) -> tuple[Block, ...]:
        """Every block that is stored as text, in order."""
        below = [block for stretch in self.stretches for block in stretch.blocks]
        return (*self.intro, *below, *self.closing.sign_off)

    def _between(self, start: int, end: int) -> tuple[Block, ...]:
        skipped = self.contents.index if self.contents else None
        return tuple(self.body[index] for index in range(start, end) if index != skipped)


def lay_out(text: str) -> Layout:
    """Take a bulletin apart; raises NotABulletin when it has no title, byline or text."""
    lines = [Line(number, line) for number, line in enumerate(normalised(text).split("\n"), 1)]
    header = header_of(lines)
    below = [line for line in lines if line.number > header.line]
    others = other_bulletins(below)
    body, closing = closing_of(blocks_of(_without(below, others)), header.author)
    if not body:
        raise NotABulletin(f"below the byline in line {header.line} stands no text: add the text of the bulletin.")
    contents = contents_of(body)
    headings = headings_of(body, contents, header.author)
    if len(headings) > _MOST_HEADINGS:
        raise NotABulletin(f"it has {len(headings)} headings, which is too many: give the text of one bulletin.")
    last = max(line.number for line in lines if line.text.strip())
    return Layout(header, tuple(body), contents, tuple(headings), closing, tuple(others), last)


def _without(lines: Sequence[Line], left_out: Sequence[Line]) -> list[Line]:
    numbers = {line.number for line in left_out}
    return [Line(line.number, "" if line.number in numbers else line.text) for line in lines]
