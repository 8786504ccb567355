"""What readers may find in the archive at a given moment."""

import datetime
from collections.abc import Iterable

from django.db.models import BooleanField, ExpressionWrapper, Prefetch, Q, prefetch_related_objects

from bulletins.composition import Composition, ItemBlock
from bulletins.models import Bulletin, NewsItem, PublicationDay
from bulletins.models.bulletin import BulletinQuerySet
from bulletins.schedule import instant
from bulletins.upkeep.notices import superseded


def without_texts(bulletins: BulletinQuerySet) -> BulletinQuerySet:
    """Leave the long texts of issues in the table: a list shows none, but says which were corrected."""
    return bulletins.with_last_correction().defer("intro", "sign_off")


def headlines(at: datetime.datetime) -> Prefetch:
    """Return what loads the headlines of issues in reading order, in one query.

    Each says whether something took its item's place (`superseded`), as readers may see at an instant.
    """
    items = NewsItem.objects.order_by("section__position", "section", "position", "pk")
    told = ExpressionWrapper(superseded(at), output_field=BooleanField())
    return Prefetch("items", items.only("bulletin", "headline", "slug").annotate(superseded=told))


def with_headlines(bulletins: BulletinQuerySet, at: datetime.datetime) -> BulletinQuerySet:
    """Load the headlines of each issue, and none of its long texts: two queries."""
    return without_texts(bulletins).prefetch_related(headlines(at))


def load_headlines(bulletins: list[Bulletin], at: datetime.datetime) -> None:
    """Load the headlines of issues that are at hand already: one query."""
    prefetch_related_objects(bulletins, headlines(at))


def by_year(bulletins: Iterable[Bulletin]) -> list[tuple[int, list[Bulletin]]]:
    """Group issues by the year they are for, the newest year first, keeping their order inside it."""
    years: dict[int, list[Bulletin]] = {}
    for bulletin in bulletins:
        years.setdefault(bulletin.month.year, []).append(bulletin)
    return sorted(years.items(), reverse=True)


def counts(years: list[tuple[int, list[Bulletin]]]) -> list[tuple[int, int]]:
    """Return each year with the number of its issues."""
    return [(year, len(bulletins)) for year, bulletins in years]


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


def beside(issue: Composition, item: ItemBlock) -> tuple[ItemBlock | None, ItemBlock | None]:
    """Return the items before and after one of an issue's own, where there are such."""
    items = items_of(issue)
    place = items.index(item)
    return (items[place - 1] if place else None), next(iter(items[place + 1 :]), None)


def items_of(issue: Composition) -> list[ItemBlock]:
    """Return all items of an issue in reading order."""
    return [item for section in issue.sections for item in section.items]


def next_publication(at: datetime.datetime, hour: datetime.time) -> PublicationDay | None:
    """Return the next day on which an issue is due at an hour: not skipped on purpose, its issue not out before it."""
    out = Bulletin.objects.published(at).monthly()
    days = PublicationDay.objects.upcoming(at).exclude(state=PublicationDay.State.SKIPPED)
    days = days.exclude(month__in=out.values("month"))
    return next((day for day in days if instant(day.date, hour) > at), None)
