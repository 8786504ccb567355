"""Each step of a letter: one SQL statement with its condition, so that a stale worker changes nothing.

Every function takes the instant it acts at; leases are compared with that same clock.
"""

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from mailings.models import Mailing
from mailings.statements import PATIENCE_BEFORE_WIRE_SECONDS, column, run, step

BATCH = 50


# The one condition on a subscriber `s` under which a letter may leave.
READS = """s.status = 'active'
           AND NOT EXISTS (SELECT 1 FROM subscribers_suppression x WHERE x.address_hash = s.address_hash)"""

# Who gets a correction letter: those whose copy of the issue was sent.
GOT_THE_ISSUE = """EXISTS (SELECT 1 FROM mailings_delivery got JOIN mailings_mailing issue ON issue.id = got.mailing_id
                  WHERE issue.bulletin_id = %(bulletin)s AND issue.number = 0
                    AND got.subscriber_id = s.id AND got.state = 'sent')"""

# A copy of the database on another host sends nothing until somebody there claims it.
OURS = (
    """COALESCE((SELECT identity FROM publication_senderclaim ORDER BY id DESC LIMIT 1), %(identity)s) = %(identity)s"""
)


@dataclass(frozen=True)
class Claim:
    """A delivery that a worker holds, with what its letter needs."""

    id: int
    attempts: int
    address: str | None
    message_id: str
    token: str | None


def lease_end(at: datetime.datetime) -> datetime.datetime:
    """Return when a lease taken or renewed at an instant runs out."""
    return at + datetime.timedelta(seconds=settings.LEASE_SECONDS)


def audience(number: int) -> str:
    """Return the condition on a subscriber `s` under which a mailing of that number is theirs."""
    return f"{READS} AND {GOT_THE_ISSUE}" if number else READS


def count_audience(bulletin_id: int, number: int) -> int:
    """Count whom a mailing of an issue would reach if it were opened now."""
    sql = f"SELECT count(*) FROM subscribers_subscriber s WHERE {audience(number)}"
    return column(sql, {"bulletin": bulletin_id})[0]


def plan(mailing: Mailing, at: datetime.datetime) -> int:
    """Queue one delivery for each of the mailing's audience who has none; return how many."""
    return run(
        f"""
        INSERT INTO mailings_delivery (mailing_id, subscriber_id, address_hash, state, attempts, not_before,
                                       unknown_retried, smtp_text, message_id)
        SELECT %(mailing)s, s.id, s.address_hash, 'queued', 0, %(at)s, false, '',
               '<b' || %(mailing)s || '.'
               || left(encode(sha256(convert_to(%(mailing)s || ':' || s.address_hash, 'UTF8')), 'hex'), 32)
               || '@' || %(domain)s || '>'
          FROM subscribers_subscriber s
         WHERE {audience(mailing.number)}
        ON CONFLICT DO NOTHING
        """,
        {"mailing": mailing.pk, "bulletin": mailing.bulletin_id, "at": at, "domain": settings.MAIL_DOMAIN},
    )


def claim(mailing_id: int, owner: uuid.UUID, at: datetime.datetime, limit: int = BATCH) -> list[Claim]:
    """Take a batch that is due, or that another worker let its lease run out on before the wire."""
    # MATERIALIZED, for a plan that ran the inner part twice would take more rows than the limit.
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH due AS MATERIALIZED (
                SELECT c.id FROM mailings_delivery c JOIN mailings_mailing m ON m.id = c.mailing_id
                 WHERE c.mailing_id = %(mailing)s AND m.state = 'sending' AND {OURS}
                   AND ((c.state = 'queued' AND c.not_before <= %(at)s)
                        OR (c.state = 'claimed' AND c.lease_until < %(at)s))
                 ORDER BY c.not_before, c.id LIMIT %(limit)s FOR UPDATE OF c SKIP LOCKED
            ), taken AS (
                UPDATE mailings_delivery d
                   SET state = 'claimed', owner = %(owner)s, lease_until = %(lease)s
                  FROM due WHERE d.id = due.id
                RETURNING d.id, d.not_before, d.attempts, d.message_id, d.subscriber_id
            )
            SELECT taken.id, taken.attempts, s.address, taken.message_id, s.letter_token
              FROM taken LEFT JOIN subscribers_subscriber s ON s.id = taken.subscriber_id
             ORDER BY taken.not_before, taken.id
            """,
            {
                "mailing": mailing_id,
                "owner": owner,
                "at": at,
                "lease": lease_end(at),
                "limit": limit,
                "identity": settings.SENDER_IDENTITY,
            },
        )
        return [Claim(*row) for row in cursor.fetchall()]


def renew(owner: uuid.UUID, at: datetime.datetime) -> int:
    """Renew the leases that a worker still holds; never waits for a row that it is just working on."""
    return run(
        """
        UPDATE mailings_delivery SET lease_until = %(lease)s
         WHERE id IN (SELECT id FROM mailings_delivery
                       WHERE owner = %(owner)s AND state IN ('claimed', 'on_wire') AND lease_until >= %(at)s
                         FOR UPDATE SKIP LOCKED)
        """,
        {"owner": owner, "at": at, "lease": lease_end(at)},
    )


def put_on_wire(delivery_id: int, owner: uuid.UUID, at: datetime.datetime, relay: str = "") -> bool:
    """Mark a letter as leaving by a relay; refused once its lease is lost, its reader gone or its mailing stopped."""
    return step(
        f"""
        UPDATE mailings_delivery d
           SET state = 'on_wire', on_wire_at = %(at)s, relay = %(relay)s, attempts = d.attempts + 1,
               lease_until = %(lease)s
          FROM subscribers_subscriber s, mailings_mailing m
         WHERE d.id = %(id)s AND d.owner = %(owner)s AND d.state = 'claimed' AND d.lease_until > %(at)s
           AND s.id = d.subscriber_id AND {READS}
           AND m.id = d.mailing_id AND m.state = 'sending' AND {OURS}
        """,
        {
            "id": delivery_id,
            "owner": owner,
            "at": at,
            "relay": relay,
            "lease": lease_end(at),
            "identity": settings.SENDER_IDENTITY,
        },
        "on_wire",
        PATIENCE_BEFORE_WIRE_SECONDS,
    )


def skip_if_gone(delivery_id: int, owner: uuid.UUID) -> bool:
    """Skip a claimed letter whose reader has left, been suppressed or erased."""
    return step(
        f"""
        UPDATE mailings_delivery d
           SET state = 'skipped', owner = NULL, lease_until = NULL, smtp_text = 'the reader had left'
         WHERE d.id = %(id)s AND d.owner = %(owner)s AND d.state = 'claimed'
           AND NOT EXISTS (SELECT 1 FROM subscribers_subscriber s WHERE s.id = d.subscriber_id AND {READS})
        """,
        {"id": delivery_id, "owner": owner},
        "skipped",
    )


def record_sent(claimed: Claim, owner: uuid.UUID, reply: tuple[int, str], at: datetime.datetime) -> bool:
    """Record the relay's acceptance. A row swept to unknown meanwhile is known now, whoever holds it."""
    return step(
        """
        UPDATE mailings_delivery
           SET state = 'sent', sent_at = %(at)s, owner = NULL, lease_until = NULL,
               smtp_code = %(code)s, smtp_text = %(text)s
         WHERE id = %(id)s AND ((state = 'on_wire' AND owner = %(owner)s) OR state = 'unknown')
        """,
        {"id": claimed.id, "owner": owner, "at": at, "code": reply[0], "text": reply[1][:500]},
        "sent",
    )


def record(claimed: Claim, owner: uuid.UUID, state: str, reply: tuple[int, str], at: datetime.datetime) -> bool:
    """Record that a letter failed for good, or that its answer was lost (unknown)."""
    return step(
        """
        UPDATE mailings_delivery
           SET state = %(state)s, owner = NULL, lease_until = NULL, smtp_code = %(code)s, smtp_text = %(text)s,
               failed_at = CASE WHEN %(state)s = 'failed' THEN %(at)s END
         WHERE id = %(id)s AND owner = %(owner)s
           AND (state = 'on_wire' OR (state = 'claimed' AND %(state)s = 'failed'))
        """,
        {"id": claimed.id, "owner": owner, "state": state, "at": at, "code": reply[0], "text": reply[1][:500]},
        state,
    )


def defer(claimed: Claim, owner: uuid.UUID, reply: tuple[int, str], until: datetime.datetime) -> bool:
    """Queue a letter again that the relay did not take this time, not before an instant."""
    return step(
        """
        UPDATE mailings_delivery
           SET state = 'queued', owner = NULL, lease_until = NULL, not_before = %(until)s,
               attempts = CASE WHEN state = 'claimed' THEN attempts + 1 ELSE attempts END,
               smtp_code = %(code)s, smtp_text = %(text)s
         WHERE id = %(id)s AND owner = %(owner)s AND state IN ('claimed', 'on_wire')
        """,
        {"id": claimed.id, "owner": owner, "until": until, "code": reply[0], "text": reply[1][:500]},
        "queued",
    )


def give_back(claimed: Claim, owner: uuid.UUID, until: datetime.datetime) -> bool:
    """Give back one letter that the connection failed before its final dot, on the wire or not yet."""
    return step(
        """
        UPDATE mailings_delivery
           SET state = 'queued', owner = NULL, lease_until = NULL, not_before = %(until)s,
               attempts = %(attempts)s
         WHERE id = %(id)s AND owner = %(owner)s AND state IN ('claimed', 'on_wire')
        """,
        {"id": claimed.id, "owner": owner, "until": until, "attempts": claimed.attempts},
        "queued",
    )


def release(ids: Iterable[int], owner: uuid.UUID, until: datetime.datetime) -> int:
    """Give claimed letters back untried, attempts unchanged, such as when the relay cannot be reached."""
    return run(
        """
        UPDATE mailings_delivery
           SET state = 'queued', owner = NULL, lease_until = NULL, not_before = %(until)s
         WHERE id = ANY(%(ids)s) AND owner = %(owner)s AND state = 'claimed'
        """,
        {"ids": list(ids), "owner": owner, "until": until},
    )
