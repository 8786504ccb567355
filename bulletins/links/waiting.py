"""Links that are to be looked up: asked for when an issue is saved, claimed by one worker each, answered."""

import datetime
import time
from collections.abc import Iterable

from django.db import connection, transaction
from django.db.models import Case, F, When
from django.utils import timezone

from bulletins.links.hosts import to_look_up
from bulletins.links.visit import Answer, look_up
from bulletins.models import LinkCheck

# Claims are taken one after the other, so that two workers do not disturb one host at the same moment.
CLAIMING = "bulletins.links.waiting.claim"


def ask_for(links: Iterable[str], at: datetime.datetime) -> int:
    """Ask for links to be looked up, before those of the round; return how many there are that can be."""
    urls = {url for link in links if (url := to_look_up(link))}
    put_down(urls, at, in_round=False)
    return len(urls)


def put_down(urls: Iterable[str], at: datetime.datetime, in_round: bool) -> None:
    """Write down that addresses are to be looked up."""
    LinkCheck.objects.bulk_create(
        # In one order, so that two who save at once do not wait for each other for ever.
        [LinkCheck(url=url, asked_at=at, in_round=in_round) for url in sorted(urls)],
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["url"],
        update_fields=["asked_at", "in_round"],
    )


@transaction.atomic
def claim(at: datetime.datetime) -> tuple[int, str] | None:
    """Take the link that waits longest, so that no other worker does; return its row's key and address.

    What editors ask for comes first; of the round, nothing of a host that has not rested.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [CLAIMING])
    check = LinkCheck.objects.claimable(at).order_by("in_round", "asked_at", "pk").only("pk", "url").first()
    if check is None:
        return None
    LinkCheck.objects.filter(pk=check.pk).update(looked_up_at=at)
    return check.pk, check.url


def record(pk: int, answer: Answer) -> None:
    """Write down what became of a look-up, and since when it is answered like that."""
    as_before = When(answer=answer.answer, since__isnull=False, then=F("since"))
    LinkCheck.objects.filter(pk=pk).update(
        answer=answer.answer,
        code=answer.code,
        words=answer.words[:200],
        since=Case(as_before, default=F("looked_up_at")),
    )


def look_up_waiting(seconds: float) -> int:
    """Look up what waits, one after the other, for so many seconds; return how many. Not inside a transaction."""
    until, number = time.monotonic() + seconds, 0
    while time.monotonic() < until and (claimed := claim(timezone.now())):
        pk, url = claimed
        record(pk, look_up(url))
        number += 1
    return number
