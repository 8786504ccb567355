"""What staff are warned of in time: a day without its issue, a bank holiday, a mailing that falls behind.

Each warning is an alert of the publication day it is about, and so is given once.
"""

import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from bulletins.bank_holidays import bank_holiday
from bulletins.models import Bulletin, PublicationDay
from bulletins.models.bulletin import BulletinQuerySet
from bulletins.models.days import PublicationDayQuerySet
from bulletins.schedule import london_date
from mailings.alerts import link_to, raise_alert
from mailings.models import AlertSent, Delivery, Mailing
from mailings.opening import GRACE, day_of, due
from mailings.preflight import checklist
from publication.models import LONDON

HOLIDAY_AHEAD = datetime.timedelta(days=30)
DRAFT_AHEAD = datetime.timedelta(days=7)
APPROVAL_AHEAD = datetime.timedelta(days=2)
PREFLIGHT_AHEAD = datetime.timedelta(hours=2)
BEHIND_AFTER = datetime.timedelta(minutes=30)

HOLIDAY = (
    "{day} is {holiday}. The issue for {month:%B} goes out on it all the same. If that is not meant, move the day "
    "inside its month and say why."
)
NO_DRAFT = (
    "There is no issue for {month:%B %Y} yet. It is to go out on {hour}. Start it at the desk, or skip the day and "
    "say why: without an approved issue nothing is mailed."
)
UNAPPROVED = (
    "“{title}” is not approved yet. It is to go out on {hour}. Have it approved before, or nothing is mailed at its "
    "hour; approved up to 12 hours late it still goes out at once."
)
UNCLEAN = (
    "“{title}” is approved, but its checklist is not clean any more. {words} It goes out on {hour} all the same. Look "
    "at the checklist, and mend it or take the approval back before."
)
NOBODY_WROTE = (
    "There is no issue for {month:%B %Y} to approve. It is to go out on {hour}. Write it and have it approved, or "
    "skip the day and say why."
)
BEHIND = (
    "The mailing of “{title}” is behind. It goes since {since:%H:%M}, and some of its letters were not tried once in "
    "the {minutes:,} minutes that should have been enough. Run manage.py doctor: it says whether workers, relay and "
    "rate keep up."
)
UNKNOWN = (
    "The relay's log does not settle letters of “{title}”. Their answer was lost, and MAIL_LEDGER cannot be read or "
    "does not tell of their time; they are listed as perhaps delivered after 48 hours. Run manage.py doctor: it says "
    "what is wrong with the log. Once it is mended they are settled by themselves."
)
UNOPENED = (
    "The mailing of “{title}” has not begun. It was due at {hour:%H:%M}, 30 minutes ago or more. Run manage.py "
    "doctor and look into the log of the clock; once that is mended it goes out by itself until {until:%H:%M}."
)


def warn(at: datetime.datetime) -> None:
    """Raise the warnings that are due."""
    for day in coming(at):
        warn_of_holiday(day, at)
        warn_of_issue(day, at)
    for bulletin in soon_out(at):
        warn_of_preflight(bulletin, at)
    for mailing in behind(at):
        tell_behind(mailing, at)
    for bulletin in unopened(at):
        tell_unopened(bulletin, at)
    for mailing in left_unknown(at):
        tell_unknown(mailing, at)


def unmailed(days: PublicationDayQuerySet) -> PublicationDayQuerySet:
    """Return the days for whose month no issue was mailed; a special one settles no day."""
    return days.filter(~Exists(Mailing.objects.filter(bulletin__month=OuterRef("month"), bulletin__special=False)))


def coming(at: datetime.datetime) -> PublicationDayQuerySet:
    """Return the days that are on and near enough for a warning."""
    near = PublicationDay.objects.upcoming(at).filter(date__lte=london_date(at) + HOLIDAY_AHEAD)
    return unmailed(near.filter(state=PublicationDay.State.OPEN))


def warn_of_holiday(day: PublicationDay, at: datetime.datetime) -> None:
    """Say that a day is a bank holiday; one that is moved onto another is told anew."""
    if holiday := bank_holiday(day.date):
        words = HOLIDAY.format(day=day, holiday=holiday, month=day.month)
        raise_alert(day, f"holiday {day.date}", words, at, link_to(day))


def warn_of_issue(day: PublicationDay, at: datetime.datetime) -> None:
    """Say that a day has no issue seven days before its hour, or none that is approved two days before."""
    issues = Bulletin.objects.monthly().filter(month=day.month)
    issues = issues.exclude(status=Bulletin.Status.WITHDRAWN).order_by("-status", "pk")
    if any(issue.status == Bulletin.Status.APPROVED for issue in issues):
        return
    draft = issues.first()
    hour = (draft and draft.publish_at) or day.publish_at()
    if hour - APPROVAL_AHEAD <= at < hour:
        words = UNAPPROVED if draft else NOBODY_WROTE
        words = words.format(title=draft, month=day.month, hour=in_words(hour))
        raise_alert(day, "unapproved", words, at, link_to(draft or day))
    elif draft is None and hour - DRAFT_AHEAD <= at < hour:
        words = NO_DRAFT.format(month=day.month, hour=in_words(hour))
        raise_alert(day, "no draft", words, at, link_to(day))


def soon_out(at: datetime.datetime) -> BulletinQuerySet:
    """Return the approved issues that are mailed within two hours, and of which nothing was said yet."""
    told = AlertSent.objects.filter(kind="preflight", day__month=OuterRef("month"))
    near = Bulletin.objects.for_subscribers().upcoming(at).filter(publish_at__lte=at + PREFLIGHT_AHEAD)
    return near.filter(~Exists(told))


def warn_of_preflight(bulletin: Bulletin, at: datetime.datetime) -> None:
    """Say that an approved issue's checklist is not clean: a link died, a setting or a helpline changed."""
    looked = checklist(bulletin, at)
    if looked.is_clean or bulletin.publish_at is None:
        return
    words = UNCLEAN.format(title=bulletin, words=looked.words, hour=in_words(bulletin.publish_at))
    link = settings.SITE_URL + reverse("mailings:check", args=[bulletin.pk])
    raise_alert(day_of(bulletin, at), "preflight", words, at, link)


def in_words(hour: datetime.datetime) -> str:
    """Write an hour as London's clocks show it."""
    local = hour.astimezone(LONDON)
    return f"{local:%A} {local.day} {local:%B %Y} at {local:%H:%M}"


def patience(mailing: Mailing) -> datetime.timedelta:
    """Return how long every letter of a mailing may take until it is tried once."""
    rate = settings.MAIL_RATE_PER_SECOND
    return BEHIND_AFTER + datetime.timedelta(seconds=mailing.planned / rate if rate else 0)


def behind(at: datetime.datetime) -> list[Mailing]:
    """Return the mailings with letters that were never tried although there was time for all of them."""
    long_under_way = Mailing.objects.filter(state=Mailing.State.SENDING, watched_from__lte=at - BEHIND_AFTER)
    untried = Delivery.objects.filter(mailing=OuterRef("pk"), state=Delivery.State.QUEUED, attempts=0)
    late = long_under_way.filter(Exists(untried)).select_related("bulletin").defer("html", "text")
    return [mailing for mailing in late if mailing.watched_from + patience(mailing) <= at]


def tell_behind(mailing: Mailing, at: datetime.datetime) -> None:
    """Tell staff that a mailing is behind."""
    since = mailing.watched_from.astimezone(LONDON)
    minutes = patience(mailing) // datetime.timedelta(minutes=1)
    words = BEHIND.format(title=mailing.called, since=since, minutes=minutes)
    raise_alert(day_of(mailing.bulletin, at), f"behind {mailing.pk}", words, at, link_to(mailing))


def unopened(at: datetime.datetime) -> BulletinQuerySet:
    """Return the issues that are due for long, without a mailing and without an alert that says why."""
    told = PublicationDay.objects.filter(state=PublicationDay.State.HELD)
    return due(at).filter(publish_at__lte=at - BEHIND_AFTER).exclude(month__in=told.values("month"))


def tell_unopened(bulletin: Bulletin, at: datetime.datetime) -> None:
    """Tell staff that an issue's mailing did not begin."""
    assert bulletin.publish_at is not None
    hour = bulletin.publish_at.astimezone(LONDON)
    words = UNOPENED.format(title=bulletin, hour=hour, until=hour + GRACE)
    raise_alert(day_of(bulletin, at), f"unopened {bulletin.pk}", words, at, link_to(bulletin))


def left_unknown(at: datetime.datetime) -> QuerySet[Mailing]:
    """Return the mailings with letters that the relay's log should have settled by now."""
    if settings.MAIL_LEDGER is None:
        return Mailing.objects.none()
    since = at - 2 * datetime.timedelta(seconds=settings.RELAY_IDLE_SECONDS)
    unknown = Delivery.objects.filter(mailing=OuterRef("pk"), state=Delivery.State.UNKNOWN, on_wire_at__lt=since)
    return Mailing.objects.filter(Exists(unknown)).select_related("bulletin").defer("html", "text")


def tell_unknown(mailing: Mailing, at: datetime.datetime) -> None:
    """Tell staff that lost answers stay lost."""
    words = UNKNOWN.format(title=mailing.called)
    raise_alert(day_of(mailing.bulletin, at), f"unknown {mailing.pk}", words, at, link_to(mailing))
