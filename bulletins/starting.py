"""Start an issue: its month gives title, address and day, which it follows; the standing sections are copied in."""

import datetime
from itertools import chain, count

from django.db import transaction

from bulletins.approval import lapse
from bulletins.models import Bulletin, PublicationDay, Section, StandingSection
from bulletins.models.slugs import free_slug
from bulletins.schedule import first_of_month, first_wednesday, instant
from publication.models import Publication


def next_to_write(at: datetime.datetime) -> PublicationDay | None:
    """Return the next publication day that is on and has no issue yet."""
    written = Bulletin.objects.monthly().values("month")
    days = PublicationDay.objects.upcoming(at).exclude(state=PublicationDay.State.SKIPPED)
    return days.exclude(month__in=written).first()


def last_issue() -> Bulletin | None:
    """Return the issue which the next one may take its structure from: the newest that was approved, else a draft."""
    newest = Bulletin.objects.order_by("-month", "special", "-publish_at", "-pk")
    return newest.filter(status=Bulletin.Status.APPROVED).first() or newest.filter(status=Bulletin.Status.DRAFT).first()


@transaction.atomic
def start_issue(bulletin: Bulletin, at: datetime.datetime, like: Bulletin | None = None) -> None:
    """Fill in what follows from a new issue's month, save it, and give it its sections: standing, or another's.

    A special issue goes out beside the month's own, so its day is for a person to choose.
    """
    bulletin.month = first_of_month(bulletin.month)
    words = Publication.objects.current()
    bulletin.title = bulletin.title or free_title(words.name, bulletin.month, bulletin.special)
    if bulletin.special:
        taken = Bulletin.objects.in_year(bulletin.month.year).values_list("slug", flat=True)
        bulletin.slug = bulletin.slug or free_slug(f"{bulletin.month:%B} special", set(taken))
    elif bulletin.publish_at is None:
        set_day(bulletin, words.publication_hour, at)
    if like and not bulletin.sign_off:
        bulletin.sign_off = like.sign_off
    bulletin.save()
    for section in sections_of(like) if like else standing_sections():
        section.bulletin = bulletin
        section.save()


def standing_sections() -> list[Section]:
    """Return a new section for each standing one, with its standing text."""
    standing = StandingSection.objects.all()
    return [Section(kind=s.kind, heading=s.heading, body=s.intro, position=s.position) for s in standing]


def sections_of(like: Bulletin) -> list[Section]:
    """Return a new section for each of another issue, empty but for what stands there every month."""
    standing = {(section.kind, section.heading): section.intro for section in StandingSection.objects.all()}
    return [
        Section(kind=s.kind, heading=s.heading, body=standing.get((s.kind, s.heading), ""), position=s.position)
        for s in like.sections.all()
    ]


def free_title(name: str, month: datetime.date, special: bool = False) -> str:
    """Propose a title that no issue of a month has: “Example March 2026”, then “Example special March 2026”."""
    taken = set(Bulletin.objects.filter(month=month).values_list("title", flat=True))
    kinds = chain([" special"] if special else ["", " special"], (f" special {number}" for number in count(2)))
    return next(title for kind in kinds if (title := f"{name}{kind} {month:%B %Y}") not in taken)


def set_day(bulletin: Bulletin, hour: datetime.time, at: datetime.datetime) -> None:
    """Put the issue on its month's publication day; a month that is past gets no day, for a person to choose."""
    day = PublicationDay.objects.filter(month=bulletin.month).first()
    date = day.date if day else first_wednesday(bulletin.month.year, bulletin.month.month)
    moment = instant(date, hour)
    if moment > at:
        bulletin.publish_at = moment
        bulletin.publish_reason = day.reason if day else ""


@transaction.atomic
def follow_day(day: PublicationDay, before: datetime.datetime, at: datetime.datetime) -> list[str]:
    """Let the issues that were set for a day's former hour follow it; return a sentence about each.

    An approval lapses: it was for another day. On a skipped day it lapses too, so that nothing is mailed.
    """
    issues = Bulletin.objects.select_for_update().filter(month=day.month, special=False)
    issues = issues.filter(publish_at=before, publish_at__gt=at)
    skipped = day.state == PublicationDay.State.SKIPPED
    return [follow(bulletin, day, at) for bulletin in issues if skipped or day.publish_at() != before]


def follow(bulletin: Bulletin, day: PublicationDay, at: datetime.datetime) -> str:
    """Take one issue along with its day."""
    was_approved = bulletin.status == Bulletin.Status.APPROVED
    if was_approved:
        lapse(bulletin, at, f"its publication day changed: {day.reason}"[:200])
    if day.state != PublicationDay.State.SKIPPED:
        bulletin.publish_at, bulletin.publish_reason = day.publish_at(), day.reason
        bulletin.save(update_fields=["publish_at", "publish_reason", "updated_at"])
    lapsed = " and must be approved again" if was_approved else ""
    return f"{bulletin} follows its day{lapsed}: {day}{', which is skipped' if day.state == 'skipped' else ''}."
