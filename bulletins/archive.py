"""What readers may find in the archive at a given moment."""

import datetime
from collections.abc import Iterable

from django.db.models import Prefetch, Q

from bulletins.composition import Composition, ItemBlock
from bulletins.models import Bulletin, NewsItem, PublicationDay
from bulletins.models.bulletin import BulletinQuerySet
from bulletins.schedule import instant


def with_headlines(bulletins: BulletinQuerySet) -> BulletinQuerySet:
    """Load the headlines of each issue in reading order, and none of its long texts: two queries."""
    items = NewsItem.objects.order_by("section__position", "section", "position", "pk")
    headlines = Prefetch("items", items.only("bulletin", "headline", "slug"))
    return bulletins.defer("intro", "sign_off").prefetch_related(headlines)


def by_year(bulletins: Iterable[Bulletin]) -> list[tuple[int, list[Bulletin]]]:
    """Group issues by the year they are for, the newest year first, keeping their order inside it."""
    years: dict[int, list[Bulletin]] = {}
    for bulletin in bulletins:
        years.setdefault(bulletin.month.year, []).append(bulletin)
    return sorted(years.items(), reverse=True)


def ever_published(year: int, slug: str, at: datetime.datetime) -> BulletinQuerySet:
    """Find the issue at an address, if readers may see it or could once."""
    seen = Bulletin.objects.published(at) | Bulletin.objects.withdrawn(at)
    return seen.in_year(year).filter(slug=slug)


def newer_than(bulletin: Bulletin, at: datetime.datetime) -> Bulletin | None:
    """Return the issue published next after another."""
    later = Q(publish_at__gt=bulletin.publish_at) | Q(publish_at=bulletin.publish_at, pk__gt=bulletin.pk)
    return Bulletin.objects.published(at).filter(later).newest_first().last()


def older_than(bulletin: Bulletin, at: datetime.datetime) -> Bulletin | None:
    """Return the issue published last before another."""
    earlier = Q(publish_at__lt=bulletin.publish_at) | Q(publish_at=bulletin.publish_at, pk__lt=bulletin.pk)
    return Bulletin.objects.published(at).filter(earlier).newest_first().first()


def item_in(issue: Composition, slug: str) -> ItemBlock | None:
    """Return the item with a slug, if the issue has one."""
    return next((item for item in items_of(issue) if item.anchor == slug), None)


def items_of(issue: Composition) -> list[ItemBlock]:
    """Return all items of an issue in reading order."""
    return [item for section in issue.sections for item in section.items]


def next_publication(at: datetime.datetime, hour: datetime.time) -> PublicationDay | None:
    """Return the next day on which an issue is due at an hour; days skipped on purpose are none."""
    days = PublicationDay.objects.upcoming(at).exclude(state=PublicationDay.State.SKIPPED)
    return next((day for day in days if instant(day.date, hour) > at), None)
