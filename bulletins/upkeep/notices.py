"""What readers of an item are told before its text: what took its place, what it replaces, how old it is."""

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from bulletins.models import Bulletin, NewsItem
from bulletins.models.finding import out
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
    return list(notices_of([(bulletin, item) for item in items_of(bulletin)], at).values())


def notices_of(items: Sequence[tuple[Bulletin, NewsItem]], at: datetime.datetime) -> dict[int, Notice]:
    """Return by their keys what is said of items, each given with its issue: two queries, however many they are."""
    keys = [item.pk for _, item in items]
    newer = {item.pk: item for item in visible(at).filter(replaces__in=keys).distinct()}
    older: dict[int | None, list[NewsItem]] = defaultdict(list)
    for item in visible(at).filter(superseded_by__in=keys).order_by("-bulletin__publish_at", "pk"):
        older[item.superseded_by_id].append(item)
    found = (
        (
            item.pk,
            Notice(
                anchor=item.slug,
                superseded_by=newer.get(item.superseded_by_id or 0),
                elsewhere=item.superseded_elsewhere,
                elsewhere_link=item.superseded_link,
                replaces=tuple(older[item.pk]),
                may_be_old=is_old(bulletin, item, at),
            ),
        )
        for bulletin, item in items
    )
    return {key: one for key, one in found if one.is_superseded or one.replaces or one.may_be_old}


def superseded(at: datetime.datetime) -> Q:
    """Return the condition that something took an item's place, as readers may see at an instant."""
    return out(at, "superseded_by__bulletin__") | ~Q(superseded_elsewhere="")


def newer_of(item: NewsItem, at: datetime.datetime) -> NewsItem | None:
    """Return what took an item's place, if readers may see it; both it and its issue are loaded."""
    newer = item.superseded_by
    return newer if newer and newer.bulletin.is_published(at) else None


def superseded_since(notices: dict[int, Notice]) -> dict[int, datetime.datetime]:
    """Return since when readers are told what took items' places, by their keys: of those whose history knows it.

    One query; none where nothing is superseded.
    """
    told = {key: one for key, one in notices.items() if one.is_superseded}
    rows = NewsItem.history.filter(id__in=told).order_by("-history_date", "-pk")
    moments: dict[int, dict[str, datetime.datetime]] = defaultdict(dict)
    for key, newer, elsewhere, at in rows.values_list("id", "superseded_by", "superseded_elsewhere", "history_date"):
        notice = told[key]
        if notice.superseded_by and newer == notice.superseded_by.pk:
            moments[key]["here"] = max(at, notice.superseded_by.bulletin.publish_at or at)
        if notice.elsewhere and elsewhere == notice.elsewhere:
            moments[key]["elsewhere"] = at
    return {key: max(found.values()) for key, found in moments.items()}


def superseded_anchors(notices: Sequence[Notice]) -> set[str]:
    """Return the anchors of the items whose place something took."""
    return {notice.anchor for notice in notices if notice.is_superseded}


def in_short(words: str, is_superseded: bool) -> str:
    """Return the line that describes an item; of one whose place something took, that comes first."""
    return f"Superseded. {words}".strip() if is_superseded else words


def visible(at: datetime.datetime) -> QuerySet[NewsItem]:
    """Return the items that readers may see, without their texts."""
    shown = NewsItem.objects.filter(bulletin__in=Bulletin.objects.published(at)).select_related("bulletin")
    return shown.only("headline", "slug", "superseded_by", "bulletin__month", "bulletin__slug", "bulletin__publish_at")


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
