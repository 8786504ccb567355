"""Links that are to be looked up: asked for when an issue is saved, claimed by one worker each, answered."""

import datetime
import time
from collections.abc import Iterable

from django.db import connection
from django.utils import timezone

from bulletins.links.hosts import to_look_up
from bulletins.links.visit import Answer, look_up
from bulletins.models import LinkCheck
from bulletins.models.checks import LOOKED_UP_EVERY


def ask_for(links: Iterable[str], at: datetime.datetime) -> int:
    """Ask for links to be looked up; return how many there are that can be."""
    urls = {url for link in links if (url := to_look_up(link))}
    LinkCheck.objects.bulk_create(
        # In one order, so that two who save at once do not wait for each other for ever.
        [LinkCheck(url=url, asked_at=at) for url in sorted(urls)],
        update_conflicts=True,
        unique_fields=["url"],
        update_fields=["asked_at"],
    )
    return len(urls)


def claim(at: datetime.datetime) -> tuple[int, str] | None:
    """Take the link that waits longest, so that no other worker does; return its row's key and address."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE bulletins_linkcheck SET looked_up_at = %(at)s
             WHERE id = (SELECT id FROM bulletins_linkcheck
                          WHERE looked_up_at IS NULL OR (looked_up_at <= %(day_ago)s AND asked_at > looked_up_at)
                          ORDER BY asked_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING id, url
            """,
            {"at": at, "day_ago": at - LOOKED_UP_EVERY},
        )
        return cursor.fetchone()


def record(pk: int, answer: Answer) -> None:
    """Write down what became of a look-up."""
    LinkCheck.objects.filter(pk=pk).update(answer=answer.answer, code=answer.code, words=answer.words[:200])


def look_up_waiting(seconds: float) -> int:
    """Look up what waits, one after the other, for so many seconds; return how many. Not inside a transaction."""
    until, number = time.monotonic() + seconds, 0
    while time.monotonic() < until and (claimed := claim(timezone.now())):
        pk, url = claimed
        record(pk, look_up(url))
        number += 1
    return number
