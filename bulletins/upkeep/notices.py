"""What readers of an item are told before its text: what took its place, what it replaces, how old it is."""

import datetime
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import QuerySet

from bulletins.models import Bulletin, NewsItem
from bulletins.schedule import london_date

# Eighteen months: guidance for schools is renewed about once a year.
HOLDS_FOR = datetime.timedelta(days=548)


@dataclass(frozen=True)
class Notice:
    """What is said of one item, by its anchor; the items named have their issue loaded, and readers may see them."""

    anchor: str
    superseded_by: NewsItem | None
    elsewhere: str
    elsewhere_link: str
    replaces: tuple[NewsItem, ...]
    may_be_old: bool

    @property
    def is_superseded(self) -> bool:
        """Tell whether something took its place."""
        return self.superseded_by is not None or bool(self.elsewhere)


def notices(bulletin: Bulletin, at: datetime.datetime) -> list[Notice]:
    """Return what is said of an issue's items at an instant, of those that have something: two queries.

    The bulletin has its parts loaded.
    """
    items = items_of(bulletin)
    newer = {item.pk: item for item in visible(at).filter(replaces__bulletin=bulletin).distinct()}
    older: dict[int | None, list[NewsItem]] = defaultdict(list)
    for item in visible(at).filter(superseded_by__bulletin=bulletin).order_by("-bulletin__publish_at", "pk"):
        older[item.superseded_by_id].append(item)
    found = (
        Notice(
            anchor=item.slug,
            superseded_by=newer.get(item.superseded_by_id or 0),
            elsewhere=item.superseded_elsewhere,
            elsewhere_link=item.superseded_link,
            replaces=tuple(older[item.pk]),
            may_be_old=is_old(bulletin, item, at),
        )
        for item in items
    )
    return [one for one in found if one.is_superseded or one.replaces or one.may_be_old]


def visible(at: datetime.datetime) -> QuerySet[NewsItem]:
    """Return the items that readers may see, without their texts."""
    shown = NewsItem.objects.filter(bulletin__in=Bulletin.objects.published(at)).select_related("bulletin")
    return shown.only("headline", "slug", "superseded_by", "bulletin__month", "bulletin__slug")


def is_old(bulletin: Bulletin, item: NewsItem | None, at: datetime.datetime) -> bool:
    """Tell whether an item was neither published nor checked in the last eighteen months; without one, its issue."""
    days = [day for day in (bulletin.date, item.checked_on if item else None) if day]
    return bool(days) and max(days) < london_date(at) - HOLDS_FOR


def issue_may_be_old(bulletin: Bulletin, at: datetime.datetime) -> bool:
    """Tell whether an issue is old, and not all of its items were checked since."""
    items = items_of(bulletin)
    return is_old(bulletin, None, at) and (not items or any(is_old(bulletin, item, at) for item in items))


def items_of(bulletin: Bulletin) -> list[NewsItem]:
    """Return an issue's items as they are loaded, in reading order."""
    return [item for section in bulletin.sections.all() for item in section.items.all()]
