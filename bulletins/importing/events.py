"""Dates announced in running text: `on Tuesday 4th June at 14:15hrs entitled ...`."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from bulletins.importing.blocks import Block, texts_of
from bulletins.importing.header import MONTHS, month_number
from bulletins.importing.parsed import Finding, ParsedEvent

LONDON = ZoneInfo("Europe/London")
UNTITLED = "Webinar"
_LONGEST_TITLE = 200
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# A date this much before the bulletin's own is meant for the next year.
_LOOKING_BACK = timedelta(days=60)
_WHEN = re.compile(
    rf"(?:\b(?P<weekday>{'|'.join(_WEEKDAYS)}),?\s)?(?:the\s)?"
    rf"\b(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?(?P<month>{'|'.join(MONTHS)})(?:,?\s(?P<year>[0-9]{{4}}))?"
    r",?\s(?:at|from|@)\s(?:(?P<hour>[0-9]{1,2})(?:[:.](?P<minute>[0-9]{2}))?|(?P<together>[0-9]{4}))"
    r"\s?(?P<half>[ap]\.?m\b\.?)?(?P<hours>h(?:ou)?rs?\b)?",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?]\s+(?=[A-Z‘“\"'])")
_TOPIC = re.compile(
    r"\b(?:on the (?:topic|subject|theme) of|entitled|titled|called)\s+(?P<title>[^.!?]{1,300})",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Announcement:
    """A date and hour found in the text; `start` is None when there is no such moment."""

    line: int
    printed: str
    title: str
    start: datetime | None
    weekday_agrees: bool


def announcements(blocks: Iterable[Block], printed_on: date) -> Iterator[Announcement]:
    """Yield each date with an hour; a date without a year is the one next to the bulletin's own date."""
    for line, text in texts_of(blocks):
        for sentence in _sentences(text):
            dates = [found for found in _WHEN.finditer(sentence) if _has_hour(found)]
            title = _title(sentence) if dates else ""
            for found in dates:
                yield _announced(line, title, found, printed_on)


def _has_hour(found: re.Match[str]) -> bool:
    return bool(found["minute"] or found["half"] or (found["together"] and found["hours"]))


def _sentences(text: str) -> Iterator[str]:
    cuts = [0, *(end.end() for end in _SENTENCE_END.finditer(text)), len(text)]
    return (text[start:end] for start, end in pairwise(cuts))


def _announced(line: int, title: str, found: re.Match[str], printed_on: date) -> Announcement:
    wanted = (found["weekday"] or "").casefold()
    starts = [start for year in _years(found, printed_on) if (start := _start(found, year))]
    agreeing = [start for start in starts if wanted in ("", _WEEKDAYS[start.weekday()])]
    ahead = [start for start in agreeing or starts if start.date() >= printed_on - _LOOKING_BACK]
    start = next(iter(ahead or agreeing or starts), None)
    return Announcement(line, found[0].strip(), title, start, bool(agreeing) or not starts)


def _years(found: re.Match[str], printed_on: date) -> tuple[int, ...]:
    near = range(printed_on.year - 1, printed_on.year + 3)
    if found["year"]:
        return tuple(year for year in near if year == int(found["year"]))
    return printed_on.year, printed_on.year + 1


def _start(found: re.Match[str], year: int) -> datetime | None:
    hour, minute = _clock(found)
    try:
        return datetime(year, month_number(found["month"]), int(found["day"]), hour, minute, tzinfo=LONDON)
    except ValueError:
        return None


def _clock(found: re.Match[str]) -> tuple[int, int]:
    if found["together"]:
        return int(found["together"][:2]), int(found["together"][2:])
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if not found["half"]:
        return hour, minute
    if not 1 <= hour <= 12:
        return -1, minute
    return hour % 12 + (12 if found["half"][0] in "pP" else 0), minute


def _title(sentence: str) -> str:
    topic = _TOPIC.search(sentence)
    title = topic["title"].strip(" ,;:‘’“”\"'") if topic else ""
    if len(title) <= _LONGEST_TITLE:
        return title
    return title[: _LONGEST_TITLE - 2].rsplit(" ", 1)[0] + " …"


def events_in(blocks: Iterable[Block], printed_on: date) -> tuple[ParsedEvent, ...]:
    """Return the events that a section announces, in order; each moment and title once."""
    events = (
        ParsedEvent(found.title or UNTITLED, found.start)
        for found in announcements(blocks, printed_on)
        if found.start is not None
    )
    return tuple(dict.fromkeys(events))


def odd_announcements(blocks: Iterable[Block], printed_on: date) -> Iterator[Finding]:
    """Find dates that do not exist, have no title, or fall on another day of the week than printed."""
    for found in announcements(blocks, printed_on):
        if found.start is None:
            yield Finding(found.line, f"“{found.printed}” is no possible date and hour: no event was made of it.")
            continue
        if not found.weekday_agrees:
            meant = f"{found.start:%A} {found.start.day} {found.start:%B %Y}"
            yield Finding(found.line, f"“{found.printed}”: that day is {meant}; check the event.")
        if not found.title:
            yield Finding(found.line, f"“{found.printed}” announces no title: the event is called “{UNTITLED}”.")
