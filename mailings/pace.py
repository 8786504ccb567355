"""MAIL_RATE_PER_SECOND over all workers on all hosts: each reserves moments in one row of the database.

It is kept in PostgreSQL, not in Redis, so that a flushed Redis lets no burst through. The row says when the
next letter may leave (the virtual scheduling algorithm of ITU-T I.371, without a burst).
"""

import time
from collections import deque
from collections.abc import Callable

from django.conf import settings
from django.db import connection

STEP_SECONDS = 0.5
MOST_AT_ONCE = 50

RESERVE = """
    INSERT INTO mailings_rhythm AS r (id, next_letter_at) VALUES (1, clock_timestamp() + %(seconds)s * interval '1 s')
    ON CONFLICT (id) DO UPDATE
       SET next_letter_at = GREATEST(r.next_letter_at, clock_timestamp()) + %(seconds)s * interval '1 s'
    RETURNING extract(epoch FROM next_letter_at - %(seconds)s * interval '1 s' - clock_timestamp())
"""


class Pace:
    """The moments that one drain has reserved for its next letters."""

    def __init__(self) -> None:
        self.rate: float | None = settings.MAIL_RATE_PER_SECOND
        self.moments: deque[float] = deque()

    def wait(self, stopped: Callable[[], bool]) -> None:
        """Wait until the next letter may leave, or until it is to stop."""
        if self.rate is None:
            return
        if not self.moments:
            self.moments.extend(self._reserved(self.rate))
        moment = self.moments.popleft()
        while (left := moment - time.monotonic()) > 0 and not stopped():
            time.sleep(min(left, STEP_SECONDS))

    def _reserved(self, rate: float) -> list[float]:
        """Reserve a second's moments, for a worker that dies takes what it reserved with it."""
        number = min(max(int(rate), 1), MOST_AT_ONCE)
        with connection.cursor() as cursor:
            cursor.execute(RESERVE, {"seconds": number / rate})
            first = time.monotonic() + float(cursor.fetchone()[0])
        return [first + place / rate for place in range(number)]
