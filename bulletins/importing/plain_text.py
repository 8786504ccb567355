"""The reader of bulletins as plain text: text in, a parsed bulletin out. No Django, no database."""

from datetime import date

from bulletins.importing.blocks import as_html
from bulletins.importing.events import events_in
from bulletins.importing.findings import findings_of
from bulletins.importing.layout import Group, lay_out
from bulletins.importing.parsed import NEWS_HEADING, ParsedBulletin, ParsedItem, ParsedSection


def parse(text: str) -> ParsedBulletin:
    """Return the bulletin that a text prints; raises NotABulletin."""
    layout = lay_out(text)
    header = layout.header
    return ParsedBulletin(
        title=header.title,
        author=header.author,
        role=layout.closing.role,
        date=header.date,
        reading_minutes=header.reading_minutes,
        intro=as_html(layout.intro),
        sections=tuple(_section_of(group, header.date) for group in layout.groups if not group.is_empty),
        sign_off=as_html(layout.closing.sign_off),
        findings=findings_of(layout),
    )


def _section_of(group: Group, printed_on: date) -> ParsedSection:
    items = tuple(ParsedItem(item.heading.text, as_html(item.blocks)) for item in group.items)
    if group.opening is None:
        return ParsedSection("news", NEWS_HEADING, "", items=items)
    heading, blocks = group.opening.heading, group.opening.blocks
    events = events_in(blocks, printed_on) if heading.kind == "webinars" else ()
    return ParsedSection(heading.kind, heading.text, as_html(blocks), events, items)
