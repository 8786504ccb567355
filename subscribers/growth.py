"""How the readers grew: who joined and who left in each month, counted from what they said and what came back."""

import datetime
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from publication.chart import Box, column, fine_scale
from subscribers.models import Subscriber

MONTHS = 24
# The heights of the two drawings: those who read, and under it those who came and went.
ACTIVE_HEIGHT, MOVED_HEIGHT = 140, 45

# Joining is a confirmation, an import with proof, or coming back; leaving is unsubscribing, a hard bounce or a
# complaint of somebody whose last word before was one of those. Who was erased is in none of it.
MOVED = """
    WITH gone AS MATERIALIZED (
        SELECT subscriber_id, at, id FROM subscribers_consentevent
         WHERE at >= %(since)s AND what = 'unsubscribed'
        UNION ALL
        SELECT person.id, barred.at, NULL FROM subscribers_suppression AS barred
          JOIN subscribers_subscriber AS person USING (address_hash)
         WHERE barred.at >= %(since)s AND barred.reason IN ('hard bounce', 'complaint')
    ), moved AS (
        SELECT at, TRUE AS joined FROM subscribers_consentevent
         WHERE at >= %(since)s AND what IN ('confirmed', 'imported', 'returned')
        UNION ALL
        SELECT gone.at, FALSE FROM gone CROSS JOIN LATERAL (
            SELECT what FROM subscribers_consentevent AS before
             WHERE before.subscriber_id = gone.subscriber_id AND before.at <= gone.at
               AND before.id IS DISTINCT FROM gone.id
             ORDER BY before.at DESC, before.id DESC LIMIT 1
        ) AS last WHERE last.what IN ('confirmed', 'imported', 'returned')
    )
    SELECT width_bucket(at, %(firsts)s), count(*) FILTER (WHERE joined), count(*) FILTER (WHERE NOT joined)
      FROM moved GROUP BY 1
"""


@dataclass(frozen=True)
class Month:
    """One month: its first day, how many joined and left in it, and how many read at its end."""

    first: datetime.date
    joined: int
    left: int
    active: int


@dataclass(frozen=True)
class Growth:
    """The months, the oldest first; the last one is not over. Two drawings of them, each with the top of its scale."""

    months: list[Month]

    @property
    def newest(self) -> Month:
        """The month that it is now."""
        return self.months[-1]

    @property
    def before(self) -> Month:
        """The first month that is shown."""
        return self.months[0]

    @property
    def latest_first(self) -> list[Month]:
        """The months as a table has them."""
        return self.months[::-1]

    @property
    def active_top(self) -> int:
        """The top of the scale of those who read."""
        return fine_scale(max(1, *(month.active for month in self.months)))

    @property
    def moved_top(self) -> int:
        """The top of the scale of those who came and went."""
        return fine_scale(max(1, *(max(month.joined, month.left) for month in self.months)))

    @property
    def active_boxes(self) -> list[Box]:
        """The columns of those who read."""
        return self.boxes([month.active / self.active_top for month in self.months], ACTIVE_HEIGHT)

    @property
    def joined_boxes(self) -> list[Box]:
        """The columns of those who joined, which stand on the line."""
        return self.boxes([month.joined / self.moved_top for month in self.months], MOVED_HEIGHT)

    @property
    def left_boxes(self) -> list[Box]:
        """The columns of those who left, which hang from the line."""
        upright = self.boxes([month.left / self.moved_top for month in self.months], MOVED_HEIGHT)
        return [(x, MOVED_HEIGHT, width, height) for x, _, width, height in upright]

    def boxes(self, shares: list[float], height: float) -> list[Box]:
        """Return a column for each month."""
        return [column(place, len(shares), share, height) for place, share in enumerate(shares)]


def growth(at: datetime.datetime) -> Growth | None:
    """Return the last two years month by month, from the first in which anybody read; None before that.

    How many read at the end of a month is reckoned backwards from now: less who joined since, and more who left.
    """
    firsts = last_months(at)
    moved, active = moved_in(firsts), Subscriber.objects.active().count()
    months: list[Month] = []
    for place in reversed(range(len(firsts))):
        joined, left = moved.get(place, (0, 0))
        months.insert(0, Month(firsts[place], joined, left, max(active, 0)))
        active += left - joined
    while months and not (months[0].joined or months[0].left or months[0].active):
        months.pop(0)
    return Growth(months) if months else None


def last_months(at: datetime.datetime) -> list[datetime.date]:
    """Return the first days of the last months, of London's calendar, the present one last."""
    today = timezone.localdate(at)
    number = today.year * 12 + today.month - 1
    return [datetime.date(one // 12, one % 12 + 1, 1) for one in range(number - MONTHS + 1, number + 1)]


def moved_in(firsts: list[datetime.date]) -> dict[int, tuple[int, int]]:
    """Return how many joined and left in each of some months that follow each other, by its place, if anybody did."""
    zone = timezone.get_default_timezone()
    begins = [datetime.datetime.combine(first, datetime.time(), zone) for first in firsts]
    with connection.cursor() as cursor:
        cursor.execute(MOVED, {"since": begins[0], "firsts": begins})
        return {bucket - 1: (joined, left) for bucket, joined, left in cursor.fetchall()}
