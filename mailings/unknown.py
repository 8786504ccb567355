"""Letters whose answer was lost: settled by the relay's own log, by one more try, or only listed.

One more try bears the same Message-ID. Nothing is concluded from a log before the relay had its time to write.
"""

import datetime
import logging
from itertools import starmap
from pathlib import Path

from django.conf import settings

from mailings.relaylog import RelayLog, Unreadable
from mailings.statements import column, run

log = logging.getLogger(__name__)

UNDER_WAY = "SELECT id FROM mailings_mailing WHERE state = 'sending'"


def resolve_unknown(at: datetime.datetime) -> int:
    """Settle what can be settled now; return how many letters."""
    settled = abandon_old(at)
    if settings.MAIL_LEDGER is not None:
        return settled + by_log(settings.MAIL_LEDGER, at)
    return settled + (listed() if settings.MAIL_AT_MOST_ONCE else tried_once_more(at))


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
    waiting = column("SELECT message_id FROM mailings_delivery WHERE state = 'unknown' ORDER BY id LIMIT 1000", {})
    if not waiting:
        return 0
    try:
        relay_log = RelayLog(path)
        taken = relay_log.taken(waiting)
    except Unreadable as error:
        log.error("%s", error)
        return 0
    left = [message_id for message_id in waiting if message_id not in taken]
    return sum(starmap(found, taken.items())) + not_taken(left, relay_log.begins_at, at)


def found(message_id: str, queue_id: str) -> int:
    """Record a letter as sent that the log shows to be taken."""
    return run(
        """
        UPDATE mailings_delivery SET state = 'sent', sent_at = on_wire_at, smtp_code = 250, smtp_text = %(text)s
         WHERE message_id = %(id)s AND state = 'unknown'
        """,
        {"id": message_id, "text": f"found in the relay's log as {queue_id}"},
    )


def not_taken(message_ids: list[str], begins_at: datetime.datetime, at: datetime.datetime) -> int:
    """Queue letters again that a log which covers their time does not know."""
    return run(
        """
        UPDATE mailings_delivery SET state = 'queued', not_before = %(at)s
         WHERE message_id = ANY(%(ids)s) AND state = 'unknown' AND on_wire_at BETWEEN %(begin)s AND %(idle)s
        """,
        {
            "ids": message_ids,
            "at": at,
            "begin": begins_at,
            "idle": at - datetime.timedelta(seconds=settings.RELAY_IDLE_SECONDS),
        },
    )
