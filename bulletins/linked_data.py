"""An issue and its parts in the words of schema.org, for search engines: JSON-LD.

That something took an item's place is said by its `creativeWorkStatus`, whose terms an organisation sets for itself
(https://schema.org/creativeWorkStatus). By what is not said: schema.org's `supersededBy` is for its own terms only, and
`isBasedOn` would say of the newer item that it was made from the older one.
"""

import datetime
from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from bulletins.addresses import item_page, whole
from bulletins.composition import Composition, EventBlock, ItemBlock, SectionBlock, SourceBlock
from bulletins.models import Bulletin, Correction
from bulletins.models.parts import SectionKind
from bulletins.upkeep.notices import in_short
from publication.richtext import plain_line
from publication.templatetags.richtext import beginning

Node = dict[str, Any]
CONTEXT = {"@context": "https://schema.org"}
LANGUAGE = "en-GB"
ONLINE = "https://schema.org/OnlineEventAttendanceMode"
SCHEDULED = "https://schema.org/EventScheduled"


def issue_nodes(
    bulletin: Bulletin, issue: Composition, corrections: list[Correction], superseded: set[str]
) -> list[Node]:
    """Return an issue, then each of its events; `superseded` has the anchors of items whose place something took."""
    items = [item for section in issue.sections for item in section.items]
    node = {
        **CONTEXT,
        **issue_node(bulletin, issue),
        "description": plain_line(issue.summary or beginning(issue.intro)),
        **dated(bulletin, corrections),
        "author": author(bulletin, issue),
        "publisher": publisher(issue),
        "hasPart": [article(bulletin, item, superseded) for item in items],
        "correction": [comment(correction) for correction in corrections],
    }
    events = ((section, event) for section in issue.sections for event in section.events)
    return [filled(node), *(event_node(bulletin, issue, section, event) for section, event in events)]


def item_nodes(
    bulletin: Bulletin, issue: Composition, item: ItemBlock, corrections: list[Correction], superseded: set[str]
) -> list[Node]:
    """Return an item as a news article of its issue."""
    own = [correction for correction in corrections if correction.anchor == item.anchor]
    section = next(section for section in issue.sections if item in section.items)
    node = {
        **CONTEXT,
        **article(bulletin, item, superseded),
        "mainEntityOfPage": whole(item_page(bulletin, item.anchor)),
        "description": description(item, superseded),
        "articleSection": plain_line(section.heading),
        "image": whole(item.image) if item.image else "",
        "inLanguage": LANGUAGE,
        **dated(bulletin, own),
        "author": author(bulletin, issue),
        "publisher": publisher(issue),
        "isPartOf": issue_node(bulletin, issue),
        "citation": [citation(source) for source in item.sources],
        "correction": [comment(correction) for correction in own],
    }
    return [filled(node)]


def issue_node(bulletin: Bulletin, issue: Composition) -> Node:
    """Return an issue as one of its periodical."""
    address = whole(issue.address)
    return {
        "@type": "PublicationIssue",
        "@id": address,
        "url": address,
        "name": plain_line(issue.title),
        "inLanguage": LANGUAGE,
        "datePublished": instant(bulletin.publish_at),
        "isPartOf": {
            "@type": "Periodical",
            "@id": whole("/#periodical"),
            "name": plain_line(issue.publication),
            "url": whole(reverse("bulletins:home")),
        },
    }


def article(bulletin: Bulletin, item: ItemBlock, superseded: set[str]) -> Node:
    """Return an item's name and place, and whether something took that."""
    address = whole(item_page(bulletin, item.anchor))
    node = {"@type": "NewsArticle", "@id": address, "url": address, "headline": plain_line(item.headline)}
    return {**node, "creativeWorkStatus": "Superseded"} if item.anchor in superseded else node


def description(item: ItemBlock, superseded: set[str]) -> str:
    """Return what a search engine shows of an item's page, in one line."""
    return in_short(plain_line(beginning(item.body) or item.headline), item.anchor in superseded)


def citation(source: SourceBlock) -> Node:
    """Return where an item has it from."""
    node = {
        "@type": "CreativeWork",
        "name": plain_line(source.title),
        "publisher": {"@type": "Organization", "name": plain_line(source.publisher)},
        "datePublished": source.date.isoformat() if source.date else "",
        "url": source.link,
    }
    return filled(node)


def event_node(bulletin: Bulletin, issue: Composition, section: SectionBlock, event: EventBlock) -> Node:
    """Return an event. A webinar is where its link leads; where another event takes place we are not told."""
    page = whole(f"{issue.address}#{section.anchor}")
    node = {
        **CONTEXT,
        "@type": "Event",
        "name": plain_line(event.title),
        "startDate": instant(event.start),
        "endDate": instant(event.end),
        "eventStatus": SCHEDULED,
        "url": event.link or page,
        "organizer": publisher(issue),
    }
    if section.kind == SectionKind.WEBINARS:
        node["eventAttendanceMode"] = ONLINE
        node["location"] = {"@type": "VirtualLocation", "url": event.link or page}
    return filled(node)


def author(bulletin: Bulletin, issue: Composition) -> Node:
    """Return who signs a published issue, and their page."""
    page = whole(bulletin.author.get_absolute_url())
    return filled(
        {"@type": "Person", "name": plain_line(issue.author), "url": page, "jobTitle": plain_line(issue.role)}
    )


def publisher(issue: Composition) -> Node:
    """Return who publishes it: the organisation, else the publication itself."""
    home = whole(reverse("bulletins:home"))
    return {"@type": "Organization", "name": plain_line(issue.organisation or issue.publication), "url": home}


def comment(correction: Correction) -> Node:
    """Return a correction's note and its day."""
    return {"@type": "CorrectionComment", "text": correction.note, "datePublished": instant(correction.at)}


def dated(bulletin: Bulletin, corrections: Iterable[Correction]) -> Node:
    """Return when something was published, and when readers were last told of a change of it."""
    last = max([bulletin.publish_at, *(correction.at for correction in corrections)])  # type: ignore[type-var]
    return {"datePublished": instant(bulletin.publish_at), "dateModified": instant(last)}


def instant(moment: datetime.datetime | None) -> str:
    """Write an instant in UTC (ISO 8601); nothing where there is none."""
    return moment.astimezone(datetime.UTC).isoformat(timespec="seconds") if moment else ""


def filled(node: Node) -> Node:
    """Leave out what is empty."""
    return {name: value for name, value in node.items() if value}
