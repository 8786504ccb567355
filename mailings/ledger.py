"""Each step of a mailing and its deliveries: one SQL statement with its condition, so that a stale worker changes nothing.

Every function takes the instant it acts at; leases are compared with that same clock.
"""

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from mailings.models import Mailing

BATCH = 50


@dataclass(frozen=True)
class Claim:
    """A delivery that a worker holds, with what its letter needs."""

    id: int
    attempts: int
    address: str | None
    message_id: str
    token: str | None


def run(sql: str, values: dict) -> int:
    """Run one statement; return how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount


def lease_end(at: datetime.datetime) -> datetime.datetime:
    """Return when a lease taken or renewed at an instant runs out."""
    return at + datetime.timedelta(seconds=settings.LEASE_SECONDS)


def plan(mailing: Mailing, at: datetime.datetime) -> int:
    """Queue one delivery for each active subscriber who is not suppressed; return how many."""
    return run(
        """
        INSERT INTO mailings_delivery (mailing_id, subscriber_id, address_hash, state, attempts, not_before,
                                       unknown_retried, smtp_text, message_id)
        SELECT %(mailing)s, s.id, s.address_hash, 'queued', 0, %(at)s, false, '',
               '<b' || %(mailing)s || '.'
               || left(encode(sha256(convert_to(%(mailing)s || ':' || s.address_hash, 'UTF8')), 'hex'), 32)
               || '@' || %(domain)s || '>'
          FROM subscribers_subscriber s
         WHERE s.status = 'active'
           AND NOT EXISTS (SELECT 1 FROM subscribers_suppression x WHERE x.address_hash = s.address_hash)
        ON CONFLICT DO NOTHING
        """,
        {"mailing": mailing.pk, "at": at, "domain": settings.MAIL_DOMAIN},
    )


def claim(mailing_id: int, owner: uuid.UUID, at: datetime.datetime, limit: int = BATCH) -> list[Claim]:
    """Take a batch that is due, or whose worker let its lease run out before the wire; return what was taken."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE mailings_delivery d
               SET state = 'claimed', owner = %(owner)s, lease_until = %(lease)s
              FROM (SELECT c.id FROM mailings_delivery c JOIN mailings_mailing m ON m.id = c.mailing_id
                     WHERE c.mailing_id = %(mailing)s AND m.state = 'sending'
                       AND ((c.state = 'queued' AND c.not_before <= %(at)s)
                            OR (c.state = 'claimed' AND c.lease_until < %(at)s))
                     ORDER BY c.not_before, c.id LIMIT %(limit)s FOR UPDATE OF c SKIP LOCKED) due
              LEFT JOIN LATERAL (SELECT s.address, s.letter_token
                                   FROM mailings_delivery own JOIN subscribers_subscriber s ON s.id = own.subscriber_id
                                  WHERE own.id = due.id) reader ON true
             WHERE d.id = due.id
            RETURNING d.id, d.attempts, reader.address, d.message_id, reader.letter_token
            """,
            {"mailing": mailing_id, "owner": owner, "at": at, "lease": lease_end(at), "limit": limit},
        )
        return [Claim(*row) for row in cursor.fetchall()]


def renew(owner: uuid.UUID, at: datetime.datetime) -> int:
    """Renew the leases that a worker still holds."""
    return run(
        """
        UPDATE mailings_delivery SET lease_until = %(lease)s
         WHERE owner = %(owner)s AND state IN ('claimed', 'on_wire') AND lease_until >= %(at)s
        """,
        {"owner": owner, "at": at, "lease": lease_end(at)},
    )


def put_on_wire(delivery_id: int, owner: uuid.UUID, at: datetime.datetime) -> bool:
    """Mark a letter as leaving, before its final dot; refused once the lease is lost, the reader gone or the
    mailing stopped."""
    changed = run(
        """
        UPDATE mailings_delivery d
           SET state = 'on_wire', on_wire_at = %(at)s, attempts = d.attempts + 1, lease_until = %(lease)s
          FROM subscribers_subscriber s, mailings_mailing m
         WHERE d.id = %(id)s AND d.owner = %(owner)s AND d.state = 'claimed' AND d.lease_until > %(at)s
           AND s.id = d.subscriber_id AND s.status = 'active'
           AND m.id = d.mailing_id AND m.state = 'sending'
        """,
        {"id": delivery_id, "owner": owner, "at": at, "lease": lease_end(at)},
    )
    return changed == 1


def skip_if_gone(delivery_id: int, owner: uuid.UUID) -> bool:
    """Skip a claimed letter whose reader has left or been erased."""
    changed = run(
        """
        UPDATE mailings_delivery d
           SET state = 'skipped', owner = NULL, lease_until = NULL, smtp_text = 'the reader had left'
         WHERE d.id = %(id)s AND d.owner = %(owner)s AND d.state = 'claimed'
           AND NOT EXISTS (SELECT 1 FROM subscribers_subscriber s
                            WHERE s.id = d.subscriber_id AND s.status = 'active')
        """,
        {"id": delivery_id, "owner": owner},
    )
    return changed == 1


def record_sent(claimed: Claim, owner: uuid.UUID, reply: tuple[int, str], at: datetime.datetime) -> bool:
    """Record the relay's acceptance. A row swept to unknown meanwhile is known now, whoever holds it."""
    changed = run(
        """
        UPDATE mailings_delivery
           SET state = 'sent', sent_at = %(at)s, owner = NULL, lease_until = NULL,
               smtp_code = %(code)s, smtp_text = %(text)s
         WHERE id = %(id)s AND ((state = 'on_wire' AND owner = %(owner)s) OR state = 'unknown')
        """,
        {"id": claimed.id, "owner": owner, "at": at, "code": reply[0], "text": reply[1][:500]},
    )
    return changed == 1


def record(claimed: Claim, owner: uuid.UUID, state: str, reply: tuple[int, str]) -> bool:
    """Record that a letter failed for good, or that its answer was lost (unknown)."""
    changed = run(
        """
        UPDATE mailings_delivery
           SET state = %(state)s, owner = NULL, lease_until = NULL, smtp_code = %(code)s, smtp_text = %(text)s
         WHERE id = %(id)s AND owner = %(owner)s
           AND (state = 'on_wire' OR (state = 'claimed' AND %(state)s = 'failed'))
        """,
        {"id": claimed.id, "owner": owner, "state": state, "code": reply[0], "text": reply[1][:500]},
    )
    return changed == 1


def defer(claimed: Claim, owner: uuid.UUID, reply: tuple[int, str], until: datetime.datetime) -> bool:
    """Queue a letter again that the relay did not take this time, not before an instant."""
    changed = run(
        """
        UPDATE mailings_delivery
           SET state = 'queued', owner = NULL, lease_until = NULL, not_before = %(until)s,
               attempts = CASE WHEN state = 'claimed' THEN attempts + 1 ELSE attempts END,
               smtp_code = %(code)s, smtp_text = %(text)s
         WHERE id = %(id)s AND owner = %(owner)s AND state IN ('claimed', 'on_wire')
        """,
        {"id": claimed.id, "owner": owner, "until": until, "code": reply[0], "text": reply[1][:500]},
    )
    return changed == 1


def give_back(claimed: Claim, owner: uuid.UUID, until: datetime.datetime) -> bool:
    """Give back one letter that the connection failed before its final dot, on the wire or not yet."""
    changed = run(
        """
        UPDATE mailings_delivery SET state = 'queued', owner = NULL, lease_until = NULL, not_before = %(until)s,
               attempts = %(attempts)s
         WHERE id = %(id)s AND owner = %(owner)s AND state IN ('claimed', 'on_wire')
        """,
        {"id": claimed.id, "owner": owner, "until": until, "attempts": claimed.attempts},
    )
    return changed == 1


def release(ids: Iterable[int], owner: uuid.UUID, until: datetime.datetime) -> int:
    """Give claimed letters back untried, attempts unchanged, such as when the relay cannot be reached."""
    return run(
        """
        UPDATE mailings_delivery SET state = 'queued', owner = NULL, lease_until = NULL, not_before = %(until)s
         WHERE id = ANY(%(ids)s) AND owner = %(owner)s AND state = 'claimed'
        """,
        {"ids": list(ids), "owner": owner, "until": until},
    )


def sweep_claimed(at: datetime.datetime) -> int:
    """Queue again what workers claimed and let go of: it never reached the wire."""
    return run(
        """
        UPDATE mailings_delivery SET state = 'queued', owner = NULL, lease_until = NULL
         WHERE state = 'claimed' AND lease_until < %(at)s
        """,
        {"at": at},
    )


def sweep_on_wire(at: datetime.datetime) -> int:
    """Call unknown what was on the wire when its worker died, once the relay has dropped the old connection."""
    return run(
        """
        UPDATE mailings_delivery
           SET state = 'unknown', owner = NULL, lease_until = NULL, smtp_text = 'the worker stopped before the answer'
         WHERE state = 'on_wire' AND lease_until < %(at)s AND on_wire_at < %(idle)s
        """,
        {"at": at, "idle": at - datetime.timedelta(seconds=settings.RELAY_IDLE_SECONDS)},
    )


def resolve_unknown(at: datetime.datetime) -> int:
    """Retry what is unknown once, with the same Message-ID; a second time it is abandoned, for a person to see."""
    return run(
        """
        UPDATE mailings_delivery d
           SET state = CASE WHEN unknown_retried THEN 'abandoned' ELSE 'queued' END,
               not_before = CASE WHEN unknown_retried THEN not_before ELSE %(at)s END,
               unknown_retried = true
          FROM mailings_mailing m
         WHERE d.state = 'unknown' AND m.id = d.mailing_id AND m.state = 'sending'
        """,
        {"at": at},
    )


def finish(at: datetime.datetime) -> int:
    """Finish each mailing with no letter left to do, with its final counts; the table checks that they balance."""
    return run(
        """
        UPDATE mailings_mailing m
           SET state = 'finished', finished_at = %(at)s,
               sent = t.sent, skipped = t.skipped, failed = t.failed, abandoned = t.abandoned
          FROM mailings_mailing open
          JOIN LATERAL (SELECT count(*) FILTER (WHERE state = 'sent') AS sent,
                               count(*) FILTER (WHERE state = 'skipped') AS skipped,
                               count(*) FILTER (WHERE state = 'failed') AS failed,
                               count(*) FILTER (WHERE state = 'abandoned') AS abandoned
                          FROM mailings_delivery WHERE mailing_id = open.id) t ON true
         WHERE m.id = open.id AND open.state = 'sending'
           AND NOT EXISTS (SELECT 1 FROM mailings_delivery d
                            WHERE d.mailing_id = open.id AND d.state IN ('queued', 'claimed', 'on_wire', 'unknown'))
        """,
        {"at": at},
    )
