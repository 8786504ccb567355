"""What is odd in a printed bulletin, or was not placed: one rule, one function."""

from collections.abc import Iterator

from bulletins.importing.blocks import Paragraph, is_bare_heading
from bulletins.importing.contents import Headline
from bulletins.importing.events import odd_announcements
from bulletins.importing.layout import Layout
from bulletins.importing.odd_text import (
    colons_inside,
    colons_without_list,
    lost_links,
    said_twice,
    stray_brackets,
    unclosed_quotations,
)
from bulletins.importing.parsed import NEWS_HEADING, Finding
from bulletins.importing.shapes import key
from bulletins.prose import MAIL_ADDRESS, squeezed


def findings_of(layout: Layout) -> tuple[Finding, ...]:
    """Return what every rule finds, in the order of the lines."""
    return tuple(sorted({finding for rule in RULES for finding in rule(layout)}))


def lost_headings(layout: Layout) -> Iterator[Finding]:
    """A headline of the contents whose heading is missing in the body."""
    for headline in _lost(layout):
        if headline.index is not None:
            line = layout.body[headline.index].line
            yield Finding(
                line,
                f"the heading “{headline.text}” (contents, line {headline.line}) is missing: "
                "the item begins here, at the first paragraph that opens with its words.",
            )


def headlines_without_item(layout: Layout) -> Iterator[Finding]:
    """A headline of the contents of which nothing is found in the body."""
    for headline in _lost(layout):
        if headline.index is None:
            yield Finding(headline.line, f"the contents name “{headline.text}”, but nothing below begins with it.")


def _lost(layout: Layout) -> list[Headline]:
    return [headline for headline in layout.contents.headlines if headline.lost] if layout.contents else []


def contents_out_of_order(layout: Layout) -> Iterator[Finding]:
    """Contents in another order than the items."""
    headlines = layout.contents.headlines if layout.contents else ()
    places = [headline.index for headline in headlines if headline.index is not None]
    if places != sorted(places):
        yield Finding(
            headlines[0].line, "the contents name the items in another order than the text: kept as the text."
        )


def headings_not_in_contents(layout: Layout) -> Iterator[Finding]:
    """An item that the printed contents do not name."""
    if layout.contents is None:
        return
    named = {headline.index for headline in layout.contents.headlines}
    for heading in layout.headings:
        if not heading.kind and heading.index not in named:
            yield Finding(heading.line, f"“{heading.text}” was taken for a news item, but the contents do not name it.")


def news_without_heading(layout: Layout) -> Iterator[Finding]:
    """News items above which no heading of a news section is printed."""
    for group in layout.groups:
        if group.opening is None:
            count, line = len(group.items), group.items[0].heading.line
            yield Finding(
                line, f"no section heading is printed above {count} news item(s): set under “{NEWS_HEADING}”."
            )


def headings_without_text(layout: Layout) -> Iterator[Finding]:
    """A heading with nothing below it."""
    for group in layout.groups:
        if group.is_empty and group.opening:
            heading = group.opening.heading
            yield Finding(heading.line, f"nothing stands below the heading “{heading.text}”: the section was left out.")
        for item in group.items:
            if not item.blocks:
                yield Finding(item.heading.line, f"nothing stands below the heading “{item.heading.text}”.")


def short_lines(layout: Layout) -> Iterator[Finding]:
    """A line like a heading that heads no text and was kept as a paragraph."""
    author = key(layout.header.author)
    for block in layout.told:
        if isinstance(block, Paragraph) and is_bare_heading(block) and key(block.text) != author:
            yield Finding(block.line, f"“{block.text}” looks like a heading without text: kept as a paragraph.")


def feedback_line(layout: Layout) -> Iterator[Finding]:
    """The printed request for feedback, which is not stored, or its absence."""
    instead = "not stored, the page shows the publication's own address"
    for paragraph in layout.closing.feedback:
        lack = "" if MAIL_ADDRESS.search(paragraph.text) else " prints no address:"
        yield Finding(paragraph.line, f"the feedback line “{paragraph.text}”{lack or ' is'} {instead}.")
    if not layout.closing.feedback:
        yield Finding(layout.last_line, "no line asks for feedback; the page shows the publication's own address.")


def signature(layout: Layout) -> Iterator[Finding]:
    """An author who does not sign, or signs without a role."""
    author = layout.header.author
    if not layout.closing.signed:
        yield Finding(layout.last_line, f"{author} does not sign at the end: the role is unknown.")
    elif not layout.closing.role:
        yield Finding(layout.last_line, f"{author} signs without a role.")


def other_bulletins(layout: Layout) -> Iterator[Finding]:
    """The list of other bulletins, which the archive makes by itself."""
    if layout.others:
        heading, *entries = (squeezed(line.text) for line in layout.others)
        listed = ", ".join(entries)
        yield Finding(layout.others[0].number, f"“{heading}” is not stored, the archive makes it: {listed}.")


def odd_events(layout: Layout) -> Iterator[Finding]:
    """Dates in the webinars that are odd or cannot be read."""
    for stretch in layout.stretches:
        if stretch.heading.kind == "webinars":
            yield from odd_announcements(stretch.blocks, layout.header.date)


RULES = (
    lost_headings,
    headlines_without_item,
    contents_out_of_order,
    headings_not_in_contents,
    news_without_heading,
    headings_without_text,
    short_lines,
    colons_without_list,
    colons_inside,
    stray_brackets,
    unclosed_quotations,
    said_twice,
    lost_links,
    feedback_line,
    signature,
    other_bulletins,
    odd_events,
)
