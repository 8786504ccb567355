"""What is due: one idempotent look at the tables, which any number of processes may take at once."""

import datetime

from bulletins.approval import lapse_if_changed
from bulletins.models import Bulletin, PublicationDay
from bulletins.schedule import london_date
from mailings import ledger
from mailings.alerts import raise_alert
from mailings.models import Mailing
from mailings.opening import GRACE, due, open_mailing

HELD = "Nothing approved is there to mail. An issue approved until {until:%H:%M} still goes out at once."
MISSED = "It is more than 12 hours late, so nothing is mailed by itself: send it by hand, or skip the day."
LAPSED = "changed after it was approved"


def tick(at: datetime.datetime) -> list[int]:
    """Do all that is due at an instant; return the mailings that have letters to send."""
    PublicationDay.objects.ensure(at)
    for bulletin in Bulletin.objects.upcoming(at):
        lapse_if_changed(bulletin, at, LAPSED)
    for bulletin in due(at):
        open_mailing(bulletin, at)
    for day in PublicationDay.objects.filter(state__in=["open", "held"], date__lte=london_date(at)):
        look_at_day(day, at)
    sweep(at)
    return list(Mailing.objects.filter(state=Mailing.State.SENDING).values_list("pk", flat=True))


def sweep(at: datetime.datetime) -> None:
    """Take back what dead workers held, settle what is unknown, finish what is complete."""
    ledger.sweep_claimed(at)
    ledger.sweep_on_wire(at)
    ledger.resolve_unknown(at)
    ledger.finish(at)


def look_at_day(day: PublicationDay, at: datetime.datetime) -> None:
    """Hold a day whose hour has come with nothing to mail; call it missed once the grace is over."""
    hour = day.publish_at()
    if at < hour or has_its_issue(day, at):
        return
    if at < hour + GRACE:
        until = (hour + GRACE).astimezone(datetime.UTC)
        settle(day, PublicationDay.State.HELD, HELD.format(until=until), at)
    else:
        settle(day, PublicationDay.State.MISSED, MISSED, at)


def has_its_issue(day: PublicationDay, at: datetime.datetime) -> bool:
    """Tell whether a day's issue was mailed, or is approved for a later hour."""
    issues = Bulletin.objects.for_subscribers().filter(month=day.month)
    return issues.filter(mailings__isnull=False).exists() or issues.upcoming(at).exists()


def settle(day: PublicationDay, state: str, words: str, at: datetime.datetime) -> None:
    """Put a day in a state, once, and tell staff."""
    if day.state != state:
        day.state = state
        day.save(update_fields=["state"])
    raise_alert(day, state, f"{day}: {words}", at)
