"""Each step of a letter: one SQL statement with its condition, so that a stale worker changes nothing.

Every function takes the instant it acts at; leases are compared with that same clock.
"""

import datetime
import uuid
from collections.abc import Iterable
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from mailings.models import Mailing
from mailings.statements import (
    column,
    run,
)

BATCH = 200


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


# A mailing that was not stopped, and is ours to send.
GOES_ON = f"(SELECT m.state FROM mailings_mailing m WHERE m.id = %(mailing)s) = 'sending' AND {OURS}"


class Claim(NamedTuple):
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
    """Queue one delivery for each of the mailing's audience who has none; return how many.

    The caller holds a lock that keeps others from planning the same mailing, and is in a transaction. (ON CONFLICT
    would do without, and look each row up in each unique index once more.)
    """
    # Not reader by reader: where the table was empty a moment ago, PostgreSQL might read it whole for each of them, and
    # it grows by this very statement.
    run("SET LOCAL enable_nestloop = off", {})
    planned = run(
        f"""
        INSERT INTO mailings_delivery (mailing_id, subscriber_id, address_hash, state, attempts, not_before,
                                       unknown_retried, smtp_text, message_id)
        SELECT %(mailing)s, s.id, s.address_hash, 'queued', 0, %(at)s, false, '',
               '<b' || %(mailing)s || '.' || left(s.address_hash, 32) || '@' || %(domain)s || '>'
          FROM subscribers_subscriber s
         WHERE {audience(mailing.number)}
           AND NOT EXISTS (SELECT 1 FROM mailings_delivery d
                            WHERE d.mailing_id = %(mailing)s AND d.subscriber_id = s.id)
           AND NOT EXISTS (SELECT 1 FROM mailings_delivery d
                            WHERE d.mailing_id = %(mailing)s
                              AND left(d.address_hash, 32)::uuid = left(s.address_hash, 32)::uuid)
        """,
        {"mailing": mailing.pk, "bulletin": mailing.bulletin_id, "at": at, "domain": settings.MAIL_DOMAIN},
    )
    run("SET LOCAL enable_nestloop = on", {})
    return planned


def claim(mailing_id: int, owner: uuid.UUID, at: datetime.datetime, limit: int = BATCH) -> list[Claim]:
    """Take a batch that is due, or that another worker let its lease run out on before the wire."""
    # Each half reads the beginning of an index of its own: an OR of the two would sort a whole mailing for each batch.
    # MATERIALIZED, for a plan that ran a part twice would take more rows than the limit; an array, for the rows of a
    # join might be looked for by reading the whole table.
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH lapsed AS MATERIALIZED (
                SELECT c.id FROM mailings_delivery c
                 WHERE c.mailing_id = %(mailing)s AND c.state = 'claimed' AND c.lease_until < %(at)s AND {GOES_ON}
                 ORDER BY c.lease_until LIMIT %(limit)s FOR UPDATE SKIP LOCKED
            ), due AS MATERIALIZED (
                SELECT c.id FROM mailings_delivery c
                 WHERE c.mailing_id = %(mailing)s AND c.state = 'queued' AND c.not_before <= %(at)s AND {GOES_ON}
                 ORDER BY c.not_before LIMIT %(limit)s - (SELECT count(*) FROM lapsed) FOR UPDATE SKIP LOCKED
            ), taken AS (
                UPDATE mailings_delivery d
                   SET state = 'claimed', owner = %(owner)s, lease_until = %(lease)s
                 WHERE d.id = ANY(ARRAY(SELECT id FROM lapsed UNION ALL SELECT id FROM due))
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


def skip_gone(ids: Iterable[int], owner: uuid.UUID) -> int:
    """Skip claimed letters whose reader has left, been suppressed or erased; return how many."""
    return run(
        f"""
        UPDATE mailings_delivery d
           SET state = 'skipped', owner = NULL, lease_until = NULL, smtp_text = 'the reader had left'
         WHERE d.id = ANY(%(ids)s) AND d.owner = %(owner)s AND d.state = 'claimed'
           AND NOT EXISTS (SELECT 1 FROM subscribers_subscriber s WHERE s.id = d.subscriber_id AND {READS})
        """,
        {"ids": list(ids), "owner": owner},
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


def release_all(owner: uuid.UUID, until: datetime.datetime) -> int:
    """Give back all letters that a worker has claimed and not put on the wire; return how many."""
    return run(
        """
        UPDATE mailings_delivery
           SET state = 'queued', owner = NULL, lease_until = NULL, not_before = %(until)s
         WHERE owner = %(owner)s AND state = 'claimed'
        """,
        {"owner": owner, "until": until},
    )
