"""How far a mailing is and how fast it goes, counted a moment ago at most."""

import datetime
from dataclasses import dataclass

from django.db import connection

from mailings import instants
from mailings.kept import Kept
from mailings.models import Mailing
from mailings.reports import Balance, balance, final_balance

MINUTE = datetime.timedelta(minutes=1)
# A pace that was measured for less says nothing yet.
SHORTEST_MEASURE = datetime.timedelta(seconds=3)

kept = Kept()


@dataclass(frozen=True)
class Progress:
    """A mailing's letters at an instant, and how many left in the time just before it."""

    at: datetime.datetime
    balance: Balance
    measured: datetime.timedelta
    lately: int
    put_off: int
    next_try: datetime.datetime | None

    @property
    def a_minute(self) -> int | None:
        """Letters a minute; None while too little time has passed to tell."""
        if self.measured < SHORTEST_MEASURE:
            return None
        return round(self.lately * (MINUTE / self.measured))

    @property
    def due(self) -> int:
        """Letters that could leave now."""
        counts = self.balance.counts
        return counts["queued"] + counts["claimed"] + counts["on_wire"] - self.put_off

    @property
    def left(self) -> datetime.timedelta | None:
        """How long it takes at this pace; None where there is none."""
        return MINUTE * (self.due / self.a_minute) if self.a_minute else None


LATELY = """
    SELECT (SELECT count(*) FROM mailings_delivery
             WHERE mailing_id = %(mailing)s AND state = 'sent' AND sent_at > %(from)s),
           count(*), min(not_before)
      FROM mailings_delivery WHERE mailing_id = %(mailing)s AND state = 'queued' AND not_before > %(at)s
"""


def measure(mailing: Mailing) -> Progress:
    """Count a mailing's letters, by the database's clock, as they are stamped."""
    at = instants.database_now()
    # Before it was opened, or resumed, nothing could leave.
    begin = max(at - MINUTE, min(mailing.watched_from, at))
    with connection.cursor() as cursor:
        cursor.execute(LATELY, {"mailing": mailing.pk, "from": begin, "at": at})
        lately, put_off, next_try = cursor.fetchone()
    return Progress(at, balance(mailing), at - begin, lately, put_off, next_try)


def progress_of(mailing: Mailing) -> Progress:
    """Return a mailing's progress, counted a moment ago at most; once it is over it is counted anew."""
    return kept.get(("progress", mailing.pk, mailing.watched_from, mailing.finished_at), lambda: measure(mailing))


def balance_of(mailing: Mailing) -> Balance:
    """Return a mailing's counts; one that is closed has its own."""
    return final_balance(mailing) or progress_of(mailing).balance
