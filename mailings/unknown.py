"""Letters whose answer was lost: settled by the relay's own log, by one more try, or only listed.

One more try bears the same Message-ID. A log tells that a letter was not taken only if it is that of the very relay
the letter was given to, and goes from before the letter until after the relay had its time to write.
"""

import datetime
import logging
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path

from django.conf import settings
from django.db import connection

from mailings.logfiles import Unreadable
from mailings.relaylog import RelayLog, Seen
from mailings.statements import run
from mailings.transport import name_of_relay

log = logging.getLogger(__name__)

UNDER_WAY = "SELECT id FROM mailings_mailing WHERE state = 'sending'"
AT_ONCE = 1000
# What a letter's age is divided by to wait for the next look, for a long log is not to be read at each tick.
PATIENCE = 10
# How far the relay's clock may be off, as a part of the idle time (a minute of 15).
CLOCKS_APART = 1 / 15


@dataclass(frozen=True)
class Lost:
    """A letter whose answer was lost: when it went on the wire, and to which relay."""

    message_id: str
    on_wire_at: datetime.datetime
    relay: str


def resolve_unknown(at: datetime.datetime) -> int:
    """Settle what can be settled now; return how many letters."""
    if settings.MAIL_LEDGER is not None:
        return by_log(settings.MAIL_LEDGER, at) + abandon_old(at)
    return abandon_old(at) + (listed() if settings.MAIL_AT_MOST_ONCE else tried_once_more(at))


def abandon_old(at: datetime.datetime) -> int:
    """Call abandoned what could not be settled in its time, or belongs to a cancelled mailing without a log."""
    return run(
        """
        UPDATE mailings_delivery SET state = 'abandoned'
         WHERE id IN (SELECT u.id FROM mailings_delivery u JOIN mailings_mailing m ON m.id = u.mailing_id
                       WHERE u.state = 'unknown'
                         AND (m.give_up_at < %(at)s OR (m.state = 'cancelled' AND NOT %(logged)s))
                         FOR UPDATE OF u SKIP LOCKED)
        """,
        {"at": at, "logged": settings.MAIL_LEDGER is not None},
    )


def tried_once_more(at: datetime.datetime) -> int:
    """Queue a letter again the first time its answer is lost; the second time only list it."""
    return run(
        f"""
        UPDATE mailings_delivery
           SET state = CASE WHEN unknown_retried THEN 'abandoned' ELSE 'queued' END,
               not_before = CASE WHEN unknown_retried THEN not_before ELSE %(at)s END,
               unknown_retried = true
         WHERE id IN (SELECT id FROM mailings_delivery
                       WHERE state = 'unknown' AND mailing_id IN ({UNDER_WAY}) FOR UPDATE SKIP LOCKED)
        """,
        {"at": at},
    )


def listed() -> int:
    """Never send again what perhaps arrived: staff find it in the report."""
    return run(
        """
        UPDATE mailings_delivery SET state = 'abandoned'
         WHERE id IN (SELECT id FROM mailings_delivery WHERE state = 'unknown' FOR UPDATE SKIP LOCKED)
        """,
        {},
    )


def by_log(path: Path, at: datetime.datetime) -> int:
    """Settle by the relay's log: what it took is sent; what it did not, once it would know, is queued again."""
    lost = lost_letters(at)
    if not lost:
        return 0
    look_again_later(lost, at)
    # The relay is asked first: its log then has a line of now, and one that is written no more is told by that.
    relay = name_of_relay() if any(letter.on_wire_at < idle_since(at) for letter in lost) else ""
    try:
        seen = RelayLog(path, at).look_for(
            [letter.message_id for letter in lost], min(letter.on_wire_at for letter in lost) - clocks_apart()
        )
    except Unreadable as error:
        log.error("%s", error)
        return 0
    settled = sum(starmap(found, seen.taken.items()))
    return settled + not_taken([letter.message_id for letter in lost if is_missing(letter, seen, relay, at)], at)


def lost_letters(at: datetime.datetime) -> list[Lost]:
    """Return the letters to look for now; while a letter is unknown, `not_before` says when to look for it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT message_id, on_wire_at, relay FROM mailings_delivery
             WHERE state = 'unknown' AND not_before <= %(at)s ORDER BY not_before, id LIMIT %(limit)s
            """,
            {"at": at, "limit": AT_ONCE},
        )
        return [Lost(*row) for row in cursor.fetchall()]


def look_again_later(lost: list[Lost], at: datetime.datetime) -> None:
    """Look for letters again after a while, the longer the older they are."""
    run(
        """
        UPDATE mailings_delivery SET not_before = %(at)s + (%(at)s - on_wire_at) / %(patience)s
         WHERE message_id = ANY(%(ids)s) AND state = 'unknown' AND on_wire_at <= %(at)s
        """,
        {"ids": [letter.message_id for letter in lost], "at": at, "patience": PATIENCE},
    )


def idle_since(at: datetime.datetime) -> datetime.datetime:
    """Return the moment before which a relay has ended every connection that fell silent."""
    return at - datetime.timedelta(seconds=settings.RELAY_IDLE_SECONDS)


def clocks_apart() -> datetime.timedelta:
    """Return how far the relay's clock is allowed to be off."""
    return datetime.timedelta(seconds=settings.RELAY_IDLE_SECONDS) * CLOCKS_APART


def is_missing(letter: Lost, seen: Seen, relay: str, at: datetime.datetime) -> bool:
    """Tell whether a log that would know a letter does not: then the relay surely has not taken it."""
    if letter.message_id in seen.taken or letter.message_id in seen.doubtful or seen.ends_at is None:
        return False
    if not relay or letter.relay != relay:
        return False
    begun = seen.begins_at + clocks_apart() <= letter.on_wire_at
    return begun and letter.on_wire_at <= idle_since(min(seen.ends_at, at)) - clocks_apart()


def found(message_id: str, queue_id: str) -> int:
    """Record a letter as sent that the log shows to be taken."""
    return run(
        """
        UPDATE mailings_delivery SET state = 'sent', sent_at = on_wire_at, smtp_code = 250, smtp_text = %(text)s
         WHERE message_id = %(id)s AND state = 'unknown'
        """,
        {"id": message_id, "text": f"found in the relay's log as {queue_id}"},
    )


def not_taken(message_ids: list[str], at: datetime.datetime) -> int:
    """Queue letters again that the relay has not taken, unless their mailing's time is over."""
    return run(
        """
        UPDATE mailings_delivery d SET state = 'queued', not_before = %(at)s
          FROM mailings_mailing m
         WHERE d.message_id = ANY(%(ids)s) AND d.state = 'unknown' AND d.on_wire_at <= %(idle)s
           AND m.id = d.mailing_id AND m.give_up_at >= %(at)s
        """,
        {"ids": message_ids, "at": at, "idle": idle_since(at)},
    )
