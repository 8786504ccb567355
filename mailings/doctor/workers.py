"""Redis, the workers that listen to it, and the clock that wakes them."""

import datetime
from collections.abc import Iterator
from typing import Any

from celery import current_app
from django.conf import settings
from django.utils.timesince import timesince
from kombu.exceptions import KombuError
from redis import Redis, RedisError

from mailings.doctor.findings import Finding, Level, attention, ok, wrong
from mailings.models import Rhythm

SECONDS = 3
LATE_AFTER = datetime.timedelta(minutes=1)
DEAD_AFTER = datetime.timedelta(minutes=6)


def look_at_broker() -> Iterator[Finding]:
    """Look at Redis, and ask the workers through it where it answers."""
    found = list(look_at_redis())
    yield from found
    if any(finding.level is Level.WRONG for finding in found):
        yield attention("The workers were not asked, for they listen to Redis.", "Mend Redis first.")
    else:
        yield from look_at_workers()


def look_at_redis() -> Iterator[Finding]:
    """Look whether Redis answers, and never drops a key for want of room."""
    wait = {"socket_connect_timeout": SECONDS, "socket_timeout": SECONDS}
    try:
        with Redis.from_url(settings.REDIS_URL, **wait) as redis:
            redis.ping()
            yield ok("Redis answers.")
            yield look_at_policy(redis)
    except (RedisError, OSError, ValueError) as error:
        yield wrong(
            f"Redis cannot be reached: {str(error).rstrip('.')}.", "Look at REDIS_URL, and whether the server runs."
        )


def look_at_policy(redis: Redis) -> Finding:
    """Look at what Redis does when its memory is full; one that is rented may not tell."""
    try:
        answer: Any = redis.config_get("maxmemory-policy")
    except RedisError as error:
        what = f"Redis does not tell its maxmemory-policy ({error})."
        return attention(what, "Make sure that it is noeviction.")
    policy = answer.get("maxmemory-policy", "not known")
    if policy == "noeviction":
        return ok("Redis' maxmemory-policy is noeviction.")
    what = f"Redis' maxmemory-policy is {policy}: with a full memory it forgets nudges and counts of sign-ups."
    return attention(what, "Set maxmemory-policy noeviction.")


def look_at_workers() -> Iterator[Finding]:
    """Ask the workers for a sign of life, and which queues they serve."""
    try:
        served = current_app.control.inspect(timeout=SECONDS).active_queues() or {}
    except (KombuError, RedisError, OSError) as error:
        yield wrong(f"The workers cannot be asked: {str(error).rstrip('.')}.", "Mend Redis first.")
        return
    queues = {queue["name"] for queues in served.values() for queue in queues}
    for name in (queue.name for queue in settings.CELERY_TASK_QUEUES):
        if name in queues:
            yield ok(f"A worker serves the queue {name}.")
        else:
            mend = f"Start celery -A config.celery worker -Q {name}; one that is busy may answer late, so look again."
            yield wrong(f"No worker serves the queue {name}.", mend)


def look_at_clock(at: datetime.datetime) -> Finding:
    """Look when the clock ticked last."""
    last = Rhythm.objects.ticked_at()
    if last is None:
        return wrong("The clock has never ticked.", "Start celery -A config.celery beat, and the worker of its queue.")
    if at - last <= LATE_AFTER:
        return ok(f"The clock ticked {max((at - last).total_seconds(), 0):.0f} s ago.")
    what = f"The clock ticked last {timesince(last, at)} ago."
    mend = "Look at celery beat and the worker of the queue clock; manage.py tick does the same by hand."
    return wrong(what, mend) if at - last > DEAD_AFTER else attention(what, mend)
