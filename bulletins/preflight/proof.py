"""An issue as it is proofread: every text in blocks that know their place, and what rules compare them with."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from django.conf import settings
from django.db import transaction

from bulletins.composition import Composition, compose
from bulletins.links.hosts import host_of, to_look_up
from bulletins.links.waiting import ask_for
from bulletins.models import Bulletin, Event, LinkCheck, NewsItem, Section
from bulletins.preflight.blocks import Block, Link
from bulletins.preflight.copies import Copy, copies_of
from bulletins.preflight.findings import Place
from bulletins.tasks import nudge
from publication.models import Publication
from resources.models import Helpline


@dataclass(frozen=True)
class Proof:
    """An issue at an instant, with all that the rules look at; its bulletin has its parts loaded."""

    bulletin: Bulletin
    publication: Publication
    at: datetime.datetime
    helplines: tuple[Helpline, ...] = ()
    checks: dict[str, LinkCheck] = field(default_factory=dict)

    @cached_property
    def composition(self) -> Composition:
        """What readers will read."""
        return compose(self.bulletin)

    @cached_property
    def sections(self) -> list[Section]:
        """Its sections in order."""
        return list(self.bulletin.sections.all())

    @cached_property
    def items(self) -> list[NewsItem]:
        """Its items in order."""
        return [item for section in self.sections for item in section.items.all()]

    @cached_property
    def events(self) -> list[Event]:
        """Its events in order."""
        return [event for section in self.sections for event in section.events.all()]

    @cached_property
    def copies(self) -> list[Copy]:
        """All its texts, in the order of the page."""
        return list(copies_of(self.bulletin, self.sections))

    @property
    def bodies(self) -> list[Copy]:
        """Its rich texts."""
        return [copy for copy in self.copies if copy.is_body]

    @property
    def blocks(self) -> Iterator[tuple[Copy, Block]]:
        """Every block that holds text, with the text it belongs to."""
        return ((copy, block) for copy in self.copies for block in copy.blocks if block.text)

    @property
    def links(self) -> Iterator[tuple[Place, Link]]:
        """Every link, with its place."""
        return ((copy.place, link) for copy in self.copies for link in copy.links)

    @cached_property
    def own_hosts(self) -> set[str]:
        """The hosts that are ours: the site's, and the domain that our letters come from."""
        return {host_of(settings.SITE_URL), self.publication.sender_address.rpartition("@")[2].lower()} - {""}

    def check_of(self, link: Link) -> LinkCheck | None:
        """Return what was looked up about a link."""
        return self.checks.get(to_look_up(link.href) or "")

    @cached_property
    def addresses(self) -> set[str]:
        """The addresses that are looked up."""
        return {url for _, link in self.links if (url := to_look_up(link.href))}

    @property
    def pending(self) -> int:
        """How many of them have no answer yet."""
        return sum(check.is_pending(self.at) for check in self.checks.values())


def proof_of(bulletin: Bulletin, at: datetime.datetime) -> Proof:
    """Load all that the rules look at: a fixed number of queries, for a bulletin with its parts."""
    publication = Publication.objects.current()
    proof = Proof(bulletin, publication, at, tuple(Helpline.objects.all()))
    proof.checks.update({check.url: check for check in LinkCheck.objects.filter(url__in=proof.addresses)})
    return proof


def ask_for_links(bulletin: Bulletin, at: datetime.datetime) -> int:
    """Ask for an issue's links to be looked up, once this transaction is over; return how many there are."""
    fresh = Bulletin.objects.with_parts().get(pk=bulletin.pk)
    links = [link.href for copy in copies_of(fresh, list(fresh.sections.all())) for link in copy.links]
    transaction.on_commit(nudge)
    return ask_for(links, at)
