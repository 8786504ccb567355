"""Whether this site does its work: its database and broker answer, its clock ticks, no letter is left lying.

A probe may ask often: nothing is counted, and each question stops at the first row.
"""

import datetime

from django.conf import settings
from django.db import Error
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import Redis, RedisError

from mailings.clock import unattended
from mailings.instants import Clock
from mailings.models import Delivery, Mailing, Rhythm
from publication.models import SenderClaim
from subscribers.models import OutgoingLetter

MINUTE = datetime.timedelta(minutes=1)
BROKER_SECONDS = 2
# One tick may come by cron alone, every five minutes.
SILENT_FOR = datetime.timedelta(minutes=6)
LYING_FOR = datetime.timedelta(minutes=10)


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 where all is well, else 503; a line for each thing looked at, with nothing secret in it."""
    faults = look()
    lines = [f"{name}: {fault or 'ok'}\n" for name, fault in faults.items()]
    return HttpResponse(lines, content_type="text/plain; charset=utf-8", status=503 if any(faults.values()) else 200)


def look() -> dict[str, str]:
    """Return what is wrong with each thing; an empty word where it is well."""
    faults = {"broker": fault_of_broker()}
    try:
        at = Clock.read().now()
        return {"database": "", **faults, "clock": fault_of_clock(at), "letters": fault_of_letters(at)}
    except Error:
        return {"database": "cannot be reached", **faults}


def fault_of_broker() -> str:
    """Ask Redis for a sign of life."""
    wait = {"socket_connect_timeout": BROKER_SECONDS, "socket_timeout": BROKER_SECONDS}
    try:
        with Redis.from_url(settings.REDIS_URL, **wait) as redis:
            redis.ping()
    except (RedisError, OSError):
        return "cannot be reached"
    return ""


def fault_of_clock(at: datetime.datetime) -> str:
    """Say when the clock has not ticked for long."""
    last = Rhythm.objects.ticked_at()
    if last is None:
        return "never ticked"
    return f"ticked {(at - last) // MINUTE:,} minutes ago" if last < at - SILENT_FOR else ""


def fault_of_letters(at: datetime.datetime) -> str:
    """Say that letters are due for long and nobody sends any."""
    if not SenderClaim.objects.is_ours():
        return ""
    if lying(at).exists() or OutgoingLetter.objects.filter(sent=None, due__lt=at - LYING_FOR).exists():
        return f"due for more than {LYING_FOR // MINUTE} minutes, and none leaves"
    return ""


def lying(at: datetime.datetime) -> QuerySet[Mailing]:
    """Return the mailings with letters due for long while for as long none left, failed or was in a worker's hands."""
    since = at - LYING_FOR
    letters = Delivery.objects.filter(mailing=OuterRef("pk"))
    left = letters.filter(state=Delivery.State.SENT, sent_at__gte=since)
    failed = letters.filter(state=Delivery.State.FAILED, failed_at__gte=since)
    return unattended(at, LYING_FOR).filter(~Exists(left), ~Exists(failed), watched_from__lt=since)
