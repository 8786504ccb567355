"""The texts of an issue, field by field: what is proofread, and where its links stand."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bulletins.links.hosts import host_of
from bulletins.models import Bulletin, NewsItem, Section
from bulletins.preflight.blocks import Block, Link, blocks_of, line
from bulletins.preflight.findings import Place


@dataclass(frozen=True)
class Copy:
    """The text of one field.

    A body is rich text; `leads_on` says that the page prints something right below it which it may announce.
    """

    place: Place
    blocks: tuple[Block, ...]
    is_body: bool = False
    leads_on: bool = False

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(block.text for block in self.blocks)

    @property
    def links(self) -> list[Link]:
        """Its links."""
        return [link for block in self.blocks for link in block.links]

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to read in it."""
        return not self.text.strip()


def copies_of(bulletin: Bulletin, sections: list[Section]) -> Iterator[Copy]:
    """Yield the texts of an issue, in the order of the page."""
    yield row(bulletin.title, Place("issue", None, "title", "Title"))
    yield row(bulletin.summary, Place("issue", None, "summary", "Summary"))
    yield body(bulletin.intro, Place("issue", None, "intro", "Intro"), bool(sections))
    for section in sections:
        yield from copies_of_section(section)
    yield body(bulletin.sign_off, Place("issue", None, "sign_off", "Sign-off"))


def copies_of_section(section: Section) -> Iterator[Copy]:
    """Yield the texts of a section with its events and items."""
    words = f"Section “{section.heading}”"
    events, items = list(section.events.all()), list(section.items.all())
    yield row(section.heading, Place("section", section.pk, "heading", words))
    yield body(section.body, Place("section", section.pk, "body", words), bool(events or items))
    for event in events:
        place = Place("event", event.pk, "title", f"Event “{event.title}”")
        yield row(event.title, place)
        yield from address(event.link, place._replace(field="link"))
    for item in items:
        yield from copies_of_item(item)


def copies_of_item(item: NewsItem) -> Iterator[Copy]:
    """Yield the texts of an item, and the addresses of its sources: their titles are others' words."""
    place = Place("item", item.pk, "headline", f"Item “{item.headline.strip() or 'without headline'}”")
    yield row(item.headline, place)
    yield row(item.image_alt, place._replace(field="image_alt"))
    yield body(item.body, place._replace(field="body"), bool(item.link))
    yield from address(item.link, place._replace(field="link"))
    upkeep = Place("upkeep", item.pk, "sources", f"Sources of “{item.headline}”")
    for source in item.sources.all():
        yield from address(source.link, upkeep)
    yield from address(item.superseded_link, upkeep._replace(field="superseded_link"))


def row(text: str, place: Place) -> Copy:
    """Return a field of one line."""
    return Copy(place, (line(text),))


def body(html: str, place: Place, leads_on: bool = False) -> Copy:
    """Return a field of rich text."""
    return Copy(place, blocks_of(html), is_body=True, leads_on=leads_on)


def address(link: str, place: Place) -> Iterable[Copy]:
    """Return a field that holds an address, which the page prints in words of its own."""
    return [Copy(place, (Block("", links=(Link(link, f"Read more at {host_of(link)}"),)),))] if link else []
