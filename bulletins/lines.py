"""Lines of plain text: measured in columns, wrapped, underlined, set as a table."""

import re
import unicodedata
from itertools import zip_longest

WIDTH = 72
COLUMN_EDGE = " | "
CROSSING = "-+-"
NARROWEST = 8
# A no-break space is a part of the word that it holds together; beside another blank it holds nothing.
WORD = re.compile(r"(?:\S|(?<=\S)[\xa0\u202f](?=\S))+")
NO_WIDTH = {"Mn", "Me", "Cf"}


def width(text: str) -> int:
    """Return how many columns a text takes: two for a wide letter, none for a combining mark."""
    if text.isascii():
        return len(text)
    shown = [letter for letter in text if unicodedata.category(letter) not in NO_WIDTH]
    return len(shown) + sum(unicodedata.east_asian_width(letter) in "WF" for letter in shown)


def wrapped(text: str, first: str = "", rest: str = "", room: int = WIDTH) -> str:
    """Wrap one paragraph, its first and its further lines behind a prefix each; a word too long is left whole."""
    words = WORD.findall(text)
    lines = [first + "".join(words[:1])]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        if width(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(rest + word)
    return "\n".join(line.rstrip() for line in lines).replace("\xa0", " ").replace("\u202f", " ")


def underline(text: str, stroke: str, indent: str = "") -> str:
    """Underline a text over its longest line, behind the prefix that its lines have."""
    longest = max(map(width, text.split("\n"))) - len(indent)
    return f"{text}\n{indent}{stroke * min(WIDTH - len(indent), longest)}"


def table_lines(rows: list[list[str]], room: int, headed: bool = False) -> list[str]:
    """Return a table as lines, a rule under the first row where that is its head.

    The cells are wrapped in columns, or stand side by side where there are too many for that.
    """
    columns = [max(map(width, cells)) for cells in zip_longest(*rows, fillvalue="")]
    spare = room - len(COLUMN_EDGE) * (len(columns) - 1)
    if sum(min(column, NARROWEST) for column in columns) > spare:
        return [COLUMN_EDGE.join(row) for row in rows]
    while sum(columns) > spare:
        columns[columns.index(max(columns))] -= 1
    blocks = [row_lines(row, columns) for row in rows]
    # Where a row takes several lines, a blank one shows where it ends.
    gap = [""] if sum(map(len, blocks)) > len(blocks) else []
    rule = [CROSSING.join("-" * column for column in columns)] if headed else gap
    between = [[], rule, *[gap] * len(blocks)]
    return [line for before, block in zip(between, blocks, strict=False) for line in before + block]


def row_lines(row: list[str], columns: list[int]) -> list[str]:
    """Return a row of a table as lines, each of its cells wrapped in its column."""
    cells = [wrapped(cell, room=column).split("\n") for cell, column in zip(row, columns, strict=False)]
    return [COLUMN_EDGE.join(map(padded, line, columns)).rstrip() for line in zip_longest(*cells, fillvalue="")]


def padded(text: str, columns: int) -> str:
    """Return a text filled up with blanks."""
    return text + " " * (columns - width(text))
