"""An issue as the ordered blocks that web, letter, text and feeds all render."""

import datetime
import hashlib
import json
from dataclasses import asdict, dataclass

from django.core.serializers.json import DjangoJSONEncoder

from bulletins.models import Bulletin, NewsItem, Section, Source
from bulletins.models.parts import RESERVED_ANCHORS, SectionKind
from bulletins.schedule import london_date
from publication.links import links
from publication.models import PlatformLink, Publication


@dataclass(frozen=True)
class EventBlock:
    """Something with a date. Times are aware instants; `key` is the row's, by which its calendar file is found."""

    key: int
    title: str
    start: datetime.datetime
    end: datetime.datetime | None
    link: str

    def is_over(self, at: datetime.datetime) -> bool:
        """Tell whether it is past at an instant; one whose end is open lasts for its day in London."""
        return self.end <= at if self.end else london_date(self.start) < london_date(at)


@dataclass(frozen=True)
class PlatformBlock:
    """Where the publication's podcasts are to be heard."""

    label: str
    url: str


@dataclass(frozen=True)
class SourceBlock:
    """A publication that an item has it from; `nation` is where it holds."""

    publisher: str
    title: str
    date: datetime.date | None
    nation: str
    link: str

    @property
    def words(self) -> str:
        """It in one line: “The publisher, The title, 3 March 2026 (England)”."""
        return f"{self.publisher}, {self.title}{self.end}"

    @property
    def end(self) -> str:
        """What follows its title: “, 3 March 2026 (England)”."""
        day = f", {self.date.day} {self.date:%B %Y}" if self.date else ""
        return f"{day} ({self.nation})" if self.nation else day


@dataclass(frozen=True)
class ItemBlock:
    """One news item; its anchor is its stored slug, its image a path on this site, measured in pixels.

    What took its place is no part of it: that is said later than the letter, and changes no approval.
    """

    anchor: str
    headline: str
    body: str
    link: str
    image: str
    image_width: int | None
    image_height: int | None
    image_alt: str
    sources: tuple[SourceBlock, ...] = ()
    checked_on: datetime.date | None = None


@dataclass(frozen=True)
class SectionBlock:
    """One section: its own text, where to listen (podcasts only), its events, then its items."""

    anchor: str
    kind: str
    heading: str
    body: str
    platforms: tuple[PlatformBlock, ...]
    events: tuple[EventBlock, ...]
    items: tuple[ItemBlock, ...]


@dataclass(frozen=True)
class Composition:
    """A whole issue with the publication's standing words, in reading order."""

    title: str
    author: str
    role: str
    photo: str
    photo_width: int | None
    photo_height: int | None
    summary: str
    intro: str
    sections: tuple[SectionBlock, ...]
    sign_off: str
    share_words: str
    subscribe_words: str
    link_words: str
    feedback_address: str
    publication: str
    organisation: str
    postal_address: str
    sender: tuple[str, str]
    address: str

    def fingerprint(self) -> str:
        """Return the SHA-256 of all that readers will read: what an approval covers."""
        canonical = json.dumps(asdict(self), cls=DjangoJSONEncoder, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()


def compose(bulletin: Bulletin, words: Publication | None = None) -> Composition:
    """Compose an issue from its rows; empty sections are left out. Five queries, whatever its length.

    Who composes many issues gives the publication's standing words, so that they are read once.
    """
    words, author = words or Publication.objects.current(), bulletin.author
    sections = (compose_section(section, words) for section in bulletin.sections.all())
    return Composition(
        title=bulletin.title,
        author=author.name,
        role=author.role,
        photo=author.photo.url if author.photo else "",
        photo_width=author.photo_width,
        photo_height=author.photo_height,
        summary=bulletin.summary,
        intro=bulletin.intro,
        sections=tuple(block for block in sections if block.body or block.events or block.items),
        sign_off=bulletin.sign_off,
        share_words=words.share_words,
        subscribe_words=words.subscribe_words,
        link_words=words.link_words,
        feedback_address=words.feedback_address,
        publication=words.name,
        organisation=words.organisation,
        postal_address=words.postal_address,
        sender=words.sender,
        address=bulletin.get_absolute_url(),
    )


def compose_section(section: Section, words: Publication) -> SectionBlock:
    """Compose one section from its rows."""
    return SectionBlock(
        anchor=section.anchor,
        kind=section.kind,
        heading=section.heading,
        body=section.body,
        platforms=tuple(PlatformBlock(link.label, link.url) for link in to_listen(section, words)),
        events=tuple(EventBlock(e.pk, e.title, e.start, e.end, e.link) for e in section.events.all()),
        items=tuple(compose_item(item) for item in section.items.all()),
    )


def to_listen(section: Section, words: Publication) -> list[PlatformLink]:
    """Return the podcast platforms that a section of podcasts leads to, but for those that its text links itself."""
    if section.kind != SectionKind.PODCASTS:
        return []
    linked = set(links(section.body))
    podcasts = (link for link in words.links.all() if link.kind == PlatformLink.Kind.PODCAST)
    return [link for link in podcasts if link.url not in linked]


def compose_item(item: NewsItem) -> ItemBlock:
    """Compose one news item."""
    return ItemBlock(
        anchor=item.slug,
        headline=item.headline,
        body=item.body,
        link=item.link,
        image=item.image.url if item.image else "",
        image_width=item.image_width,
        image_height=item.image_height,
        image_alt=item.image_alt,
        sources=tuple(compose_source(source) for source in item.sources.all()),
        checked_on=item.checked_on,
    )


def compose_source(source: Source) -> SourceBlock:
    """Compose one source of an item."""
    return SourceBlock(source.publisher, source.title, source.date, source.nation, source.link)


def dead_ends(issue: Composition) -> list[str]:
    """Return the links to places of an issue that it does not have, such as `#doxing`."""
    items = [item for section in issue.sections for item in section.items]
    places = {section.anchor for section in issue.sections} | {item.anchor for item in items} | RESERVED_ANCHORS
    texts = [issue.intro, issue.sign_off, *(section.body for section in issue.sections), *(item.body for item in items)]
    found = [link for text in texts for link in links(text) if link.startswith("#")]
    return [link for link in dict.fromkeys(found) if link[1:] not in places]
