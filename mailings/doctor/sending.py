"""Who sends, how fast, what tells of lost answers, who is told when something is wrong, and which day is next."""

import datetime
from collections.abc import Iterator

from django.conf import settings
from django.utils import timezone

from bulletins.bank_holidays import bank_holiday
from bulletins.models import PublicationDay
from mailings.desk import span_in_words
from mailings.doctor.findings import Finding, attention, ok, wrong
from mailings.logfiles import Unreadable
from mailings.models import Mailing
from mailings.rehearsal import readers
from mailings.relaylog import RelayLog
from publication.letters import staff_addresses
from publication.models import SenderClaim

# A log that is rotated at night must still tell of the evening before.
REACHES_BACK = datetime.timedelta(hours=24)
LONG = datetime.timedelta(hours=4)
RESUME = "Its page at the desk says what to do, and resumes it."


def look_at_sender() -> Finding:
    """Say whether this installation may send."""
    sender = SenderClaim.objects.in_force()
    if sender is None:
        return ok(f"Nobody has sent from this database yet; {settings.SENDER_IDENTITY} begins at the first tick.")
    if sender.identity == settings.SENDER_IDENTITY:
        return ok(f"{sender} sends from this database, which is this installation.")
    what = f"{sender} sends from this database; {settings.SENDER_IDENTITY}, this installation, sends nothing."
    return wrong(what, "Give it its SENDER_IDENTITY back, or claim the sending: manage.py claim_sender.")


def look_at_ledger(at: datetime.datetime) -> Finding:
    """Look at the relay's log, where there is one."""
    path = settings.MAIL_LEDGER
    if path is None:
        once = "is only listed" if settings.MAIL_AT_MOST_ONCE else "is sent once more, with the same Message-ID"
        return ok(f"There is no MAIL_LEDGER: a letter whose answer was lost {once}.")
    try:
        seen = RelayLog(path, at).look_for([], at - REACHES_BACK)
    except Unreadable as error:
        return wrong(str(error), "Until then letters whose answer was lost stay unknown.")
    begins = f"{timezone.localtime(seen.begins_at):%d %B %Y %H:%M}"
    if seen.ends_at is None:
        what = f"MAIL_LEDGER {path} has no line of Postfix's smtpd, which takes letters in."
        return attention(what, "If none was sent through it lately that is no fault; else point it at mail.log.")
    if seen.begins_at > at - REACHES_BACK:
        mend = "A new log is no fault; else keep more of it: what rotation leaves should hold a day at least."
        return attention(f"MAIL_LEDGER {path} reaches back only to {begins}.", mend)
    return ok(f"MAIL_LEDGER {path} can be read and reaches back to {begins}.")


def look_at_staff() -> Finding:
    """Count those who are told when something needs a person."""
    number = len(staff_addresses())
    if number == 0:
        mend = "Give an active member of staff an address, under Staff at the desk."
        return wrong("Nobody is told when something goes wrong.", mend)
    if number == 1:
        mend = "Give another member of staff an address: one may be on holiday."
        return attention("Only one person is told when something goes wrong.", mend)
    return ok(f"{number} people are told when something goes wrong.")


def look_at_mailings() -> Iterator[Finding]:
    """Name each mailing that stands still until a person acts, or that is under way."""
    stopped = Mailing.objects.filter(state__in=[Mailing.State.PAUSED, Mailing.State.SENDING])
    for mailing in stopped.select_related("bulletin").defer("headers", "html", "text"):
        if mailing.state == Mailing.State.SENDING:
            yield ok(f"The mailing of {mailing.bulletin} is under way.")
        else:
            yield attention(
                f"The mailing of {mailing.bulletin} is paused: {mailing.get_pause_cause_display()}.", RESUME
            )


def look_at_rate() -> Finding:
    """Say how long a mailing to all readers takes at the set rate."""
    number, rate = readers(), settings.MAIL_RATE_PER_SECOND
    if rate is None:
        return ok(f"There is no MAIL_RATE_PER_SECOND: {number:,} readers get it as fast as the relay takes it.")
    takes = datetime.timedelta(seconds=round(number / rate))
    what = f"{number:,} readers at {rate:g} letters a second take {span_in_words(takes)}."
    if takes > LONG:
        return attention(what, "Raise MAIL_RATE_PER_SECOND if the relay allows it: some get it the next day.")
    return ok(what)


def look_at_days(at: datetime.datetime) -> Iterator[Finding]:
    """Name the next publication day, and each of the coming ones that is a bank holiday."""
    upcoming = PublicationDay.objects.upcoming(at)
    days = [day for day in upcoming if day.state != PublicationDay.State.SKIPPED and day.publish_at() > at]
    if not days:
        yield attention("No publication day is to come.", "The clock makes them at its first tick.")
        return
    hour = timezone.localtime(days[0].publish_at())
    yield ok(f"The next publication day is {days[0]}, {hour:%H:%M} in London.")
    for day in days:
        if holiday := bank_holiday(day.date):
            yield attention(f"{day} is {holiday}.", "If that is not meant, move the day inside its month and say why.")
