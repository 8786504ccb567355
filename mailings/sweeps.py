"""What no worker settles any more: leases that ran out, answers that never came, mailings that are complete.

Each is one SQL statement that any number of processes may run at once; none waits for a row in use.
"""

import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef

from mailings.ledger import run
from mailings.models import Delivery, Mailing

OPEN_STATES = ("queued", "claimed", "on_wire", "unknown")


def sweep_claimed(at: datetime.datetime) -> int:
    """Queue again what a dead worker had claimed and let go of: it never reached the wire."""
    return run(
        """
        UPDATE mailings_delivery SET state = 'queued', owner = NULL, lease_until = NULL
         WHERE id IN (SELECT id FROM mailings_delivery
                       WHERE state = 'claimed' AND lease_until < %(at)s FOR UPDATE SKIP LOCKED)
        """,
        {"at": at},
    )


def sweep_on_wire(at: datetime.datetime) -> int:
    """Call unknown what was on the wire when its worker died, once the relay has dropped the connection."""
    return run(
        """
        UPDATE mailings_delivery
           SET state = 'unknown', owner = NULL, lease_until = NULL,
               smtp_code = NULL, smtp_text = 'the worker stopped before the answer'
         WHERE id IN (SELECT id FROM mailings_delivery
                       WHERE state = 'on_wire' AND lease_until < %(at)s AND on_wire_at < %(idle)s
                         FOR UPDATE SKIP LOCKED)
        """,
        {"at": at, "idle": at - datetime.timedelta(seconds=settings.RELAY_IDLE_SECONDS)},
    )


def resolve_unknown(at: datetime.datetime) -> int:
    """Retry what is unknown once, with the same Message-ID; a second time abandon it, for a person to see."""
    return run(
        """
        UPDATE mailings_delivery d
           SET state = CASE WHEN unknown_retried THEN 'abandoned' ELSE 'queued' END,
               not_before = CASE WHEN unknown_retried THEN not_before ELSE %(at)s END,
               unknown_retried = true
         WHERE id IN (SELECT u.id FROM mailings_delivery u JOIN mailings_mailing m ON m.id = u.mailing_id
                       WHERE u.state = 'unknown' AND m.state = 'sending' FOR UPDATE OF u SKIP LOCKED)
        """,
        {"at": at},
    )


def finish(at: datetime.datetime) -> int:
    """Finish each mailing with no letter left to do and whose counts balance; return how many."""
    return run(
        """
        WITH done AS MATERIALIZED (
            SELECT o.id FROM mailings_mailing o
             WHERE o.state = 'sending'
               AND NOT EXISTS (SELECT 1 FROM mailings_delivery d
                                WHERE d.mailing_id = o.id AND d.state = ANY(%(open)s))
        )
        UPDATE mailings_mailing m
           SET state = 'finished', finished_at = %(at)s,
               sent = t.sent, skipped = t.skipped, failed = t.failed, abandoned = t.abandoned
          FROM done
          JOIN LATERAL (SELECT count(*) FILTER (WHERE state = 'sent') AS sent,
                               count(*) FILTER (WHERE state = 'skipped') AS skipped,
                               count(*) FILTER (WHERE state = 'failed') AS failed,
                               count(*) FILTER (WHERE state = 'abandoned') AS abandoned
                          FROM mailings_delivery WHERE mailing_id = done.id) t ON true
         WHERE m.id = done.id AND m.state = 'sending'
           AND m.planned = t.sent + t.skipped + t.failed + t.abandoned
        """,
        {"at": at, "open": list(OPEN_STATES)},
    )


def unbalanced() -> list[Mailing]:
    """Return the mailings that have no letter left to do and still could not be finished."""
    left = Delivery.objects.filter(mailing=OuterRef("pk"), state__in=OPEN_STATES)
    return list(Mailing.objects.filter(~Exists(left), state=Mailing.State.SENDING).select_related("bulletin"))
