"""From lines to paragraphs and lists, and from those to HTML."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import groupby
from typing import NamedTuple

from bulletins.importing.shapes import (
    is_marked,
    is_quotation,
    looks_like_heading,
    without_marker,
)
from bulletins.prose import is_numbered, squeezed

# Files with longer lines hold one paragraph per line; in the others, lines are wrapped.
_LONGEST_WRAPPED = 120


class Line(NamedTuple):
    """One line of the source and its number, counted from 1."""

    number: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text; `whole` when it was printed on one line."""

    line: int
    text: str
    whole: bool = True


@dataclass(frozen=True)
class Entry:
    """One entry of a list."""

    line: int
    text: str


@dataclass(frozen=True)
class Listing:
    """A list, never empty."""

    entries: tuple[Entry, ...]

    @property
    def line(self) -> int:
        return self.entries[0].line


Block = Paragraph | Listing


@dataclass
class _Piece:
    marked: bool
    lines: list[Line] = field(default_factory=list)

    @property
    def text(self) -> str:
        return squeezed(" ".join(line.text for line in self.lines))


def blocks_of(lines: Sequence[Line]) -> list[Block]:
    """Return the paragraphs and lists of some lines, in order."""
    longest = max((len(line.text) for line in lines), default=0)
    width = longest if longest <= _LONGEST_WRAPPED else 0
    pieces: list[_Piece] = []
    for printed, run in groupby(lines, key=lambda line: bool(line.text.strip())):
        if printed:
            pieces.extend(_pieces_of(run, width))
    return list(_blocks_from(piece for piece in pieces if piece.text))


def _pieces_of(run: Iterable[Line], width: int) -> list[_Piece]:
    pieces: list[_Piece] = []
    for line in run:
        last = pieces[-1] if pieces else None
        if is_marked(line.text, last.lines[-1].text if last and not last.marked else None):
            pieces.append(_Piece(True, [Line(line.number, without_marker(line.text))]))
        elif last and _continues(line, last, width):
            last.lines.append(line)
        else:
            pieces.append(_Piece(False, [line]))
    return pieces


def _continues(line: Line, piece: _Piece, width: int) -> bool:
    text = line.text.strip()
    if piece.marked:
        indented = line.text[:1].isspace()
        empty = not piece.lines[0].text
        return empty or indented or (width > 0 and text[:1].islower())
    first, last = piece.lines[0].text, piece.lines[-1].text
    if not width or (is_numbered(text) and (is_numbered(first) or last.endswith(":"))):
        return False
    return not _is_heading_above(piece, text, width)


def _is_heading_above(piece: _Piece, text: str, width: int) -> bool:
    """Say whether a line break was meant: the next word would have fitted, so the line above is a heading."""
    if len(piece.lines) > 1 or text[:1].islower() or not looks_like_heading(piece.text):
        return False
    return len(piece.text) + 1 + len(text.split()[0]) <= width


def _blocks_from(pieces: Iterable[_Piece]) -> Iterator[Block]:
    for marked, run in groupby(pieces, key=lambda piece: piece.marked):
        if marked:
            yield Listing(tuple(Entry(piece.lines[0].number, piece.text) for piece in run))
        else:
            yield from (Paragraph(p.lines[0].number, p.text, len(p.lines) == 1) for p in run)


def is_bare_heading(block: Block) -> bool:
    """Say whether a block is a line with the shape of a heading."""
    return isinstance(block, Paragraph) and block.whole and looks_like_heading(block.text)


def texts_of(blocks: Iterable[Block]) -> Iterator[tuple[int, str]]:
    """Yield line number and text of every paragraph and every list entry."""
    for block in blocks:
        for part in block.entries if isinstance(block, Listing) else (block,):
            yield part.line, part.text


def as_html(blocks: Iterable[Block]) -> str:
    """Return blocks as HTML made of p, ul, li and blockquote only, all text escaped."""
    return "\n".join(_html_of(block) for block in blocks)


def _html_of(block: Block) -> str:
    if isinstance(block, Listing):
        return "<ul>" + "".join(f"<li>{escape(entry.text)}</li>" for entry in block.entries) + "</ul>"
    paragraph = f"<p>{escape(block.text)}</p>"
    return f"<blockquote>{paragraph}</blockquote>" if is_quotation(block.text) else paragraph
