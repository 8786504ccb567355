"""The first two printed lines: the title, then who wrote it, when, and how long it takes to read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bulletins.importing.blocks import Line
from bulletins.importing.reading import NotABulletin
from bulletins.prose import squeezed

MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
LONGEST_TITLE = 150
_LONGEST_BYLINE = 200
_LONGEST_READ = 120
_YEARS = range(1990, 2100)
_BYLINE = re.compile(
    r"(?P<author>\S.{0,98}?)[\s,|·•–-]{1,5}"
    r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?\s(?P<month>[^\W\d_]{3,12})\s(?P<year>[0-9]{4})[\s,|·•–-]{1,5}"
    r"(?P<minutes>[1-9][0-9]{0,2})\s?min(?:ute)?s?\sread",
    re.IGNORECASE,
)
_EXAMPLE = "‘AUTHOR 5 June 2024 3 min read’"


@dataclass(frozen=True)
class Header:
    """Title and byline as printed; `line` is the number of the byline."""

    title: str
    author: str
    date: date
    reading_minutes: int
    line: int


def header_of(lines: Sequence[Line]) -> Header:
    """Return the header of a bulletin; raises NotABulletin when title or byline is missing or impossible."""
    printed = [Line(line.number, squeezed(line.text)) for line in lines if line.text.strip()][:2]
    if not printed:
        raise NotABulletin("it is empty: give the plain text of one bulletin.")
    title = printed[0]
    if _byline(title):
        raise NotABulletin(f"line {title.number} is the byline and no title stands above it: print the title first.")
    if len(title.text) > LONGEST_TITLE:
        raise NotABulletin(f"line {title.number} is too long for a title: begin with a title line of its own.")
    found = _byline(printed[-1])
    if len(printed) < 2 or not found:
        raise NotABulletin(f"line {printed[-1].number} is no byline: below the title write a line like {_EXAMPLE}.")
    if int(found["minutes"]) > _LONGEST_READ:
        raise NotABulletin(f"line {printed[1].number} prints more than {_LONGEST_READ} minutes: correct the minutes.")
    day = _date_of(found, printed[1].number)
    return Header(title.text, found["author"].strip(), day, int(found["minutes"]), printed[1].number)


def _byline(line: Line) -> re.Match[str] | None:
    return _BYLINE.fullmatch(line.text) if len(line.text) <= _LONGEST_BYLINE else None


def _date_of(byline: re.Match[str], line: int) -> date:
    printed = f"{byline['day']} {byline['month']} {byline['year']}"
    year, month = int(byline["year"]), month_number(byline["month"])
    try:
        if month and year in _YEARS:
            return date(year, month, int(byline["day"]))
    except ValueError:
        pass
    raise NotABulletin(f"line {line} prints an impossible date ({printed}): correct the day, month or year.")


def month_number(name: str) -> int:
    """Return 1 to 12 for an English month, whole or its first three letters; 0 for any other word."""
    wanted = name.casefold()
    return next((n for n, month in enumerate(MONTHS, 1) if wanted in (month, month[:3])), 0)
