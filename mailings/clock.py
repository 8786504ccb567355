"""What is due: one idempotent look at the tables, which any number of processes may take at once."""

import datetime
import logging

from django.db import Error
from django.db.models import Exists, OuterRef, Q, QuerySet

from bulletins.approval import lapse_if_changed
from bulletins.models import Bulletin, PublicationDay
from bulletins.models.days import PublicationDayQuerySet
from bulletins.schedule import london_date
from mailings import sweeps
from mailings.alerts import link_to, raise_alert
from mailings.forecast import unmailed, warn
from mailings.instants import MOST_APART, Clock
from mailings.models import Delivery, Mailing, Rhythm
from mailings.opening import GRACE, due, hold, open_mailing, tell
from mailings.reports import balance
from mailings.unknown import resolve_unknown
from publication.models import LONDON, SenderClaim

log = logging.getLogger(__name__)

HELD = (
    "Nothing approved is there to mail. An issue approved until {until:%H:%M} still goes out at once; if there is "
    "to be none this month, skip the day and say why."
)
MISSED = "It is more than 12 hours late, so nothing is mailed by itself: send it by hand, or skip the day."
LAPSED = "changed after it was approved"
DRAFT_AGAIN = "changed after it was approved, so it is a draft again: look at it and approve it again."
APART = (
    f"The clocks of this machine and of the database are more than {MOST_APART.seconds} seconds apart, so no "
    "mailing is opened. Set them by NTP; it then goes on by itself."
)
STALLED_AFTER = datetime.timedelta(seconds=60)
UNBALANCED = (
    "The ledger of {title} does not balance. {balance}. No letter is sent because of it and none is stopped; it shows "
    "a fault of the program: keep the database as it is, and have the mailing's letters looked at."
)
UNWRITABLE = "cannot be written as a letter ({error}). Nothing was mailed; it goes out once that is mended."


def tick_now() -> list[int]:
    """Do all that is due by the database's clock; return the mailings that have letters to send."""
    clock = Clock.read()
    return tick(clock.now(), clock.is_right)


def tick(at: datetime.datetime, clocks_agree: bool = True) -> list[int]:
    """Do all that is due at an instant; return the mailings that have letters to send.

    Nothing is opened while the clocks of this machine and of the database are apart, for either may be wrong.
    """
    Rhythm.objects.beat(at)
    if not SenderClaim.objects.is_ours():
        log.warning("%s sends from this database, so nothing is sent from here.", SenderClaim.objects.in_force())
        return []
    SenderClaim.objects.begin(at)
    PublicationDay.objects.ensure(at)
    if clocks_agree:
        open_due(at)
    else:
        clocks_apart(at)
    sweep(at)
    warn(at)
    return list(work(at).values_list("pk", flat=True))


def open_due(at: datetime.datetime) -> None:
    """Open the mailings whose hour has come, and settle the days that have nothing to mail."""
    for bulletin in Bulletin.objects.upcoming(at):
        lapse(bulletin, at)
    for bulletin in due(at):
        open_one(bulletin, at)
    for day in unsettled(at):
        look_at_day(day, at)


def clocks_apart(at: datetime.datetime) -> None:
    """Say in the log, and to staff once for each publication day, why nothing is opened."""
    log.error(APART)
    raise_alert(PublicationDay.objects.upcoming(at)[0], "clocks", APART, at)


def work(at: datetime.datetime) -> QuerySet[Mailing]:
    """Return the mailings that have letters to send, or whose relay is to be tried again."""
    again = Q(state=Mailing.State.PAUSED, look_again_at__lte=at)
    return Mailing.objects.filter(Q(state=Mailing.State.SENDING) | again)


def unattended(at: datetime.datetime, after: datetime.timedelta) -> QuerySet[Mailing]:
    """Return the mailings with letters due for longer than `after`, and no lease of any worker."""
    letters = Delivery.objects.filter(mailing=OuterRef("pk"))
    due_for_long = letters.filter(state=Delivery.State.QUEUED, not_before__lt=at - after)
    held = letters.filter(state__in=["claimed", "on_wire"], lease_until__gte=at)
    return Mailing.objects.filter(Exists(due_for_long), ~Exists(held), state=Mailing.State.SENDING)


def stalled(at: datetime.datetime) -> list[int]:
    """Return the mailings that nobody sends."""
    return list(unattended(at, STALLED_AFTER).values_list("pk", flat=True))


def lapse(bulletin: Bulletin, at: datetime.datetime) -> None:
    """Make an issue a draft again that changed by a door that does not do so itself, and tell staff."""
    if lapse_if_changed(bulletin, at, LAPSED):
        tell(bulletin, "lapsed", f"{bulletin.title} was {DRAFT_AGAIN}", at)


def open_one(bulletin: Bulletin, at: datetime.datetime) -> None:
    """Open one issue's mailing; one that cannot be written is held, and stops nothing else."""
    try:
        open_mailing(bulletin, at)
    except Error:
        raise
    except Exception as error:
        log.exception("the mailing of %s could not be opened", bulletin)
        hold(bulletin, "unwritable", f"{bulletin.title} {UNWRITABLE.format(error=error)}", at)


def sweep(at: datetime.datetime) -> None:
    """Take back what dead workers held, settle what is unknown, finish what is complete."""
    sweeps.sweep_claimed(at)
    sweeps.sweep_on_wire(at)
    resolve_unknown(at)
    sweeps.sweep_cancelled()
    sweeps.finish(at)
    for mailing in sweeps.unbalanced():
        words = UNBALANCED.format(title=mailing.called, balance=balance(mailing))
        tell(mailing.bulletin, f"unbalanced{mailing.number or ''}", words, at)


def unsettled(at: datetime.datetime) -> PublicationDayQuerySet:
    """Return the days that have come, whose issue was not mailed and which nobody has settled."""
    return unmailed(PublicationDay.objects.filter(state__in=["open", "held"], date__lte=london_date(at)))


def look_at_day(day: PublicationDay, at: datetime.datetime) -> None:
    """Hold a day whose hour has come with nothing to mail; call it missed once the grace is over."""
    hour = day.publish_at()
    if at < hour or awaits_its_issue(day, at):
        return
    if at < hour + GRACE:
        until = (hour + GRACE).astimezone(LONDON)
        settle(day, PublicationDay.State.HELD, HELD.format(until=until), at)
    else:
        settle(day, PublicationDay.State.MISSED, MISSED, at)


def awaits_its_issue(day: PublicationDay, at: datetime.datetime) -> bool:
    """Tell whether a day's issue is approved for a later hour, or due but held with an alert of its own."""
    upcoming = Bulletin.objects.monthly().upcoming(at)
    return upcoming.filter(month=day.month).exists() or due(at).filter(month=day.month, special=False).exists()


def settle(day: PublicationDay, state: str, words: str, at: datetime.datetime) -> None:
    """Put a day in a state and tell staff, once; one that somebody settled meanwhile is left alone."""
    same = PublicationDay.objects.filter(pk=day.pk, state=day.state)
    if day.state == state or same.update(state=state):
        raise_alert(day, state, f"{day}: {words}", at, link_to(day))
