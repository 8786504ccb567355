"""MAIL_RATE_PER_SECOND over all workers on all hosts: each reserves moments in one row of the database.

It is kept in PostgreSQL, not in Redis, so that a flushed Redis lets no burst through. The row says when the
next letter may leave (the virtual scheduling algorithm of ITU-T I.371, without a burst).
"""

import time

from django.conf import settings
from django.db import connection

MOST_AT_ONCE = 50

RESERVE = """
    INSERT INTO mailings_rhythm AS r (id, next_letter_at) VALUES (1, clock_timestamp() + %(seconds)s * interval '1 s')
    ON CONFLICT (id) DO UPDATE
       SET next_letter_at = GREATEST(r.next_letter_at, clock_timestamp()) + %(seconds)s * interval '1 s'
    RETURNING extract(epoch FROM next_letter_at - %(seconds)s * interval '1 s' - clock_timestamp())
"""


def at_once(number: int) -> int:
    """Return how many of so many letters to reserve moments for: a worker that dies takes a second's with it."""
    rate: float | None = settings.MAIL_RATE_PER_SECOND
    return number if rate is None else min(number, max(int(rate), 1), MOST_AT_ONCE)


def in_hand(number: int) -> int:
    """Return at how few letters in hand to claim more, where so many are claimed at a time: at a rate, at none."""
    return number // 2 if settings.MAIL_RATE_PER_SECOND is None else 0


def moments(number: int) -> list[float]:
    """Reserve moments for so many letters, by the monotonic clock: none may leave before its own."""
    rate: float | None = settings.MAIL_RATE_PER_SECOND
    if rate is None or number == 0:
        return [0.0] * number
    with connection.cursor() as cursor:
        cursor.execute(RESERVE, {"seconds": number / rate})
        first = time.monotonic() + float(cursor.fetchone()[0])
    return [first + place / rate for place in range(number)]
