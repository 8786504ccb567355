"""One clock for all hosts: the database's. Leases, retries and what is due are measured by it."""

import datetime
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

MOST_APART = datetime.timedelta(seconds=30)


def database_now() -> datetime.datetime:
    """Ask the database for its time, even in the middle of a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


@dataclass(frozen=True)
class Clock:
    """The database's time, by this machine's clock and how far it is behind (negative: ahead) when read."""

    behind: datetime.timedelta

    @classmethod
    def read(cls) -> "Clock":
        """Compare the two clocks; the question's own way counts half."""
        asked = timezone.now()
        answer = database_now()
        return cls(answer - asked - (timezone.now() - asked) / 2)

    def now(self) -> datetime.datetime:
        """Return the database's time, without asking again."""
        return datetime.datetime.now(datetime.UTC) + self.behind

    @property
    def is_right(self) -> bool:
        """Whether the clocks agree well enough to say that an hour has come: one of them may be wrong."""
        return abs(self.behind) <= MOST_APART
