"""The round through the archive: every link that readers may follow, once a week, a night's share at a time.

What was done is in the table alone, so that a round that was cut off goes on where it ended.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from celery.schedules import crontab
from django.conf import settings
from django.db import models, transaction

from bulletins.links.hosts import host_of, to_look_up
from bulletins.links.waiting import put_down
from bulletins.models import Bulletin, LinkCheck
from bulletins.preflight.copies import copies_of
from publication.links import links
from resources.models import Resource

EVERY = datetime.timedelta(days=7)
A_NIGHT = 2000
OF_ONE_HOST = 200
# How long the answer about a link is kept that nobody uses any more.
KEPT_FOR = datetime.timedelta(days=60)
ISSUES_AT_ONCE = 50


@dataclass
class Uses:
    """The keys of the issues and of the resources that link to an address."""

    issues: set[int] = field(default_factory=set)
    resources: set[int] = field(default_factory=set)


def next_round(at: datetime.datetime) -> datetime.datetime | None:
    """Return when the round goes on by the clock; None where it is left out, as in a demonstration."""
    entry = settings.CELERY_BEAT_SCHEDULE.get("links-of-the-archive")
    if entry is None:
        return None
    nightly: crontab = entry["schedule"]
    last, until, _ = nightly.remaining_delta(at)
    return last + until


def ask_for_archive(at: datetime.datetime) -> int:
    """Ask for a night's share of the archive's links; return how many. No host is asked here."""
    found = links_that_are_out(at)
    urls = share(found, at)
    put_down(urls, at, in_round=True)
    note_uses(found)
    unused = LinkCheck.objects.filter(issues=None, resources=None, asked_at__lt=at - KEPT_FOR)
    LinkCheck.objects.filter(pk__in=unused.values("pk")).delete()
    return len(urls)


def links_that_are_out(at: datetime.datetime) -> dict[str, Uses]:
    """Return every address that is looked up, of published issues and of the pages for parents."""
    found: dict[str, Uses] = defaultdict(Uses)
    for bulletin in Bulletin.objects.published(at).with_parts().iterator(chunk_size=ISSUES_AT_ONCE):
        for url in urls_of(bulletin):
            found[url].issues.add(bulletin.pk)
    for resource in Resource.objects.only("body").iterator():
        for url in filter(None, map(to_look_up, links(resource.body))):
            found[url].resources.add(resource.pk)
    return found


def urls_of(bulletin: Bulletin) -> Iterator[str]:
    """Yield the addresses that are looked up for an issue with its parts."""
    copies = copies_of(bulletin, list(bulletin.sections.all()))
    return (url for copy in copies for link in copy.links if (url := to_look_up(link.href)))


def share(found: dict[str, Uses], at: datetime.datetime) -> list[str]:
    """Return which addresses are due, those longest ago first: so many of one host, and so many with what waits."""
    never = datetime.datetime.min.replace(tzinfo=datetime.UTC)
    last = {url: looked_up_at or never for url, looked_up_at in LinkCheck.objects.values_list("url", "looked_up_at")}
    waiting = set(LinkCheck.objects.waiting(at).values_list("url", flat=True))
    due = [url for url in found if url not in waiting and last.get(url, never) <= at - EVERY]
    hosts: Counter[str] = Counter()
    chosen = []
    for url in sorted(due, key=lambda url: (last.get(url, never), url)):
        hosts[host_of(url)] += 1
        if hosts[host_of(url)] <= OF_ONE_HOST:
            chosen.append(url)
    return chosen[: max(0, A_NIGHT - len(waiting))]


def note_uses(found: dict[str, Uses]) -> None:
    """Write down which issues and resources link to each address that was ever asked for."""
    keys = dict(LinkCheck.objects.values_list("url", "pk"))
    known = {keys[url]: uses for url, uses in found.items() if url in keys}
    issues = {(pk, key) for pk, uses in known.items() for key in uses.issues}
    resources = {(pk, key) for pk, uses in known.items() for key in uses.resources}
    replace(LinkCheck.issues.through, "bulletin_id", issues)
    replace(LinkCheck.resources.through, "resource_id", resources)


@transaction.atomic
def replace(table: type[models.Model], column: str, pairs: set[tuple[int, int]]) -> None:
    """Make a table hold these pairs of a look-up and what uses it, and write only what differs."""
    rows: Any = table._default_manager
    stored = {(check, used): pk for pk, check, used in rows.values_list("pk", "linkcheck_id", column)}
    rows.filter(pk__in=[pk for pair, pk in stored.items() if pair not in pairs]).delete()
    fresh = [table(**{"linkcheck_id": check, column: used}) for check, used in sorted(pairs - stored.keys())]
    rows.bulk_create(fresh, batch_size=1000, ignore_conflicts=True)
