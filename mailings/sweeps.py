"""What no worker settles any more: leases that ran out, mailings that were cancelled or are complete.

Each is one SQL statement that any number of processes may run at once; none waits for a row in use.
"""

import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from mailings.models import Delivery, Mailing
from mailings.statements import column, run

OPEN_STATES = ("queued", "claimed", "on_wire", "unknown")
CANCEL_BATCH = 10_000
# Each state is looked for in its own partial index: a list of states would be looked for in the whole table.
LEFT_TO_DO = "({})".format(
    " OR ".join(
        f"EXISTS (SELECT 1 FROM mailings_delivery d WHERE d.mailing_id = o.id AND d.state = '{state}')"
        for state in OPEN_STATES
    )
)


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


def sweep_cancelled() -> int:
    """Skip what a cancelled mailing has not sent, a batch at a time; return how many letters."""
    skipped = 0
    while changed := run(
        """
        UPDATE mailings_delivery SET state = 'skipped', smtp_text = 'the mailing was cancelled'
         WHERE id IN (SELECT d.id FROM mailings_delivery d JOIN mailings_mailing m ON m.id = d.mailing_id
                       WHERE m.state = 'cancelled' AND m.finished_at IS NULL AND d.state = 'queued'
                       LIMIT %(limit)s FOR UPDATE OF d SKIP LOCKED)
        """,
        {"limit": CANCEL_BATCH},
    ):
        skipped += changed
    return skipped


@transaction.atomic
def finish(at: datetime.datetime) -> int:
    """Finish each mailing with no letter left to do and whose counts balance; return how many.

    A cancelled one stays cancelled, with its counts. It is locked before it is counted, for a person may just be
    queueing its failed letters again: a count from before that would end it with letters waiting.
    """
    ids = column(
        f"""
        SELECT o.id FROM mailings_mailing o
         WHERE (o.state = 'sending' OR (o.state = 'cancelled' AND o.finished_at IS NULL))
           AND NOT {LEFT_TO_DO}
           FOR NO KEY UPDATE OF o SKIP LOCKED
        """,
        {},
    )
    return finish_locked(ids, at) if ids else 0


def finish_locked(ids: list[int], at: datetime.datetime) -> int:
    """Finish those of some locked mailings that still have no letter left to do, and balance."""
    return run(
        """
        UPDATE mailings_mailing m
           SET state = CASE m.state WHEN 'sending' THEN 'finished' ELSE m.state END, finished_at = %(at)s,
               sent = t.sent, skipped = t.skipped, failed = t.failed, abandoned = t.abandoned
          FROM mailings_mailing done
          JOIN LATERAL (SELECT count(*) AS letters,
                               count(*) FILTER (WHERE state = 'sent') AS sent,
                               count(*) FILTER (WHERE state = 'skipped') AS skipped,
                               count(*) FILTER (WHERE state = 'failed') AS failed,
                               count(*) FILTER (WHERE state = 'abandoned') AS abandoned
                          FROM mailings_delivery WHERE mailing_id = done.id) t ON true
         WHERE done.id = ANY(%(ids)s) AND m.id = done.id
           AND (m.state = 'sending' OR (m.state = 'cancelled' AND m.finished_at IS NULL))
           AND m.planned = t.letters AND t.letters = t.sent + t.skipped + t.failed + t.abandoned
        """,
        {"ids": ids, "at": at},
    )


def unbalanced() -> list[Mailing]:
    """Return the mailings that have no letter left to do and still could not be finished."""
    left = Delivery.objects.filter(mailing=OuterRef("pk"), state__in=OPEN_STATES)
    return list(Mailing.objects.filter(~Exists(left), state=Mailing.State.SENDING).select_related("bulletin"))
