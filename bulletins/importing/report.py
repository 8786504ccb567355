"""What an import prints: what was read, what was odd, and what became of it."""

from collections.abc import Iterator

from bulletins.importing.parsed import ParsedBulletin, ParsedEvent, ParsedSection
from bulletins.importing.storing import Stored


def lines_of(parsed: ParsedBulletin, stored: Stored) -> Iterator[str]:
    """Yield the report on one bulletin, line by line."""
    yield f"“{parsed.title}”"
    role = f", {parsed.role}" if parsed.role else ""
    day = f"{parsed.date.day} {parsed.date:%B %Y}"
    quotations = counted(parsed.quotations, "quotation")
    yield f"{parsed.author}{role}; {day}; {counted(parsed.reading_minutes, 'minute')}; {quotations}"
    for section in parsed.sections:
        yield from _section_lines(section)
    yield from _findings(parsed)
    yield from _outcome(stored)


def _section_lines(section: ParsedSection) -> Iterator[str]:
    entries = section.body.count("<li>")
    listed = f", {entries} list entries" if entries else ""
    yield f"section “{section.heading}” ({section.kind}){listed}"
    yield from (f"    event: {_moment(event)}, {event.title}" for event in section.events)
    yield from (f"    {number}. {item.headline}" for number, item in enumerate(section.items, 1))


def _moment(event: ParsedEvent) -> str:
    return f"{event.start.day} {event.start:%B %Y %H:%M}"


def _findings(parsed: ParsedBulletin) -> Iterator[str]:
    if not parsed.findings:
        yield "nothing odd"
        return
    yield f"{counted(len(parsed.findings), 'finding')}, for you to check:"
    yield from (f"    line {finding.line}: {finding.sentence}" for finding in parsed.findings)


def _outcome(stored: Stored) -> Iterator[str]:
    yield from stored.notes
    bulletin = stored.bulletin
    if not stored.created:
        yield f"unchanged: this text is stored as {stored.address} already."
    else:
        yield f"stored as {stored.address}."
    if stored.approved:
        yield "approved now."
    if bulletin.audience == bulletin.Audience.ARCHIVE_ONLY:
        yield f"{bulletin.status}; archive only: it will never be mailed."


def counted(number: int, thing: str) -> str:
    """Return `1 finding`, `2 findings`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
