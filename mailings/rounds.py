"""A round: what became of a worker's letters, and which are to leave next, written down in one statement."""

import datetime
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import NamedTuple

from django.conf import settings

from mailings.ledger import GOES_ON, READS, lease_end
from mailings.statements import PATIENCE_BEFORE_WIRE_SECONDS, PATIENCE_SECONDS, Prepared, column, insisted


class Settled(NamedTuple):
    """What became of a letter: its state, the relay's reply, and if queued again from when.

    `attempts` are what it has had if it is queued again; a reply of None leaves the one that it had before.
    """

    id: int
    state: str
    code: int | None = None
    text: str | None = None
    until: datetime.datetime | None = None
    attempts: int | None = None

    def said(self) -> dict:
        """Return it as RECORD reads it; of most letters there is not more to say than what the relay replied."""
        if self.until is None and self.attempts is None:
            return {"id": self.id, "state": self.state, "code": self.code, "text": self.text}
        return self._asdict()


@dataclass
class Round:
    """What a worker has to write down: what became of letters, and which are to leave, each by a relay's name."""

    settled: list[Settled] = field(default_factory=list)
    marks: dict[int, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.settled or self.marks)


# One UPDATE for both, for each brings its table's constraints and triggers with it. It finds its rows by number: the
# range of all numbers tells the planner that they are few, and states are only compared in pairs, for by one alone it
# might read the partial index of all leases instead.
RECORD = Prepared(
    "mailings_record",
    f"""
    UPDATE mailings_delivery d
       SET state = u.state,
           owner = CASE u.state WHEN 'on_wire' THEN d.owner END,
           lease_until = CASE u.state WHEN 'on_wire' THEN %(lease)s END,
           on_wire_at = CASE u.state WHEN 'on_wire' THEN %(at)s ELSE d.on_wire_at END,
           relay = COALESCE(u.relay, d.relay),
           attempts = CASE u.state WHEN 'on_wire' THEN d.attempts + 1 ELSE COALESCE(u.attempts, d.attempts) END,
           sent_at = CASE u.state WHEN 'sent' THEN %(at)s END,
           failed_at = CASE u.state WHEN 'failed' THEN %(at)s END,
           not_before = COALESCE(u.until, d.not_before),
           smtp_code = COALESCE(u.code, d.smtp_code),
           smtp_text = COALESCE(left(u.text, 500), d.smtp_text)
      FROM json_to_recordset(%(letters)s) AS u (id bigint, state text, code smallint, text text, until timestamptz,
                                                attempts smallint, relay text)
     WHERE u.id BETWEEN 1 AND {2**63 - 1} AND d.id = u.id
       AND CASE d.state || ' ' || u.state
           WHEN 'claimed on_wire' THEN
                d.owner = %(owner)s AND d.lease_until > %(at)s AND {GOES_ON}
                AND EXISTS (SELECT 1 FROM subscribers_subscriber s WHERE s.id = d.subscriber_id AND {READS})
           WHEN 'on_wire sent' THEN d.owner = %(owner)s
           WHEN 'on_wire failed' THEN d.owner = %(owner)s
           WHEN 'on_wire unknown' THEN d.owner = %(owner)s
           WHEN 'on_wire queued' THEN d.owner = %(owner)s
           WHEN 'claimed failed' THEN d.owner = %(owner)s
           WHEN 'claimed queued' THEN d.owner = %(owner)s
           WHEN 'unknown sent' THEN true
           ELSE false END
    RETURNING CASE d.state WHEN 'on_wire' THEN d.id END
    """,
    letters="json",
    at="timestamptz",
    lease="timestamptz",
    owner="uuid",
    mailing="bigint",
    identity="text",
)


def values_of(owner: uuid.UUID, mailing_id: int, round: Round, at: datetime.datetime) -> dict:
    """Return a round as the values of RECORD."""
    letters: list[dict] = [letter.said() for letter in round.settled]
    letters += [{"id": pk, "state": "on_wire", "relay": relay} for pk, relay in round.marks.items()]
    return {
        "letters": json.dumps(letters, default=str),
        "at": at,
        "lease": lease_end(at),
        "owner": str(owner),
        "mailing": mailing_id,
        "identity": settings.SENDER_IDENTITY,
    }


def record(
    owner: uuid.UUID, mailing_id: int, round: Round, at: datetime.datetime, asked: float | None = None
) -> frozenset[int]:
    """Write down what became of letters, and mark the next ones as leaving, in one statement; return the marked.

    A letter is marked while its lease lasts, its reader reads and its mailing goes on. One whose answer came after it
    was swept to unknown is known now, whoever holds it. Whatever else is not as its worker believes stays as it is.
    `asked`: when it was asked before, without an answer (of the monotonic clock, in seconds).
    """
    values = values_of(owner, mailing_id, round, at)
    until = (time.monotonic() if asked is None else asked) + PATIENCE_BEFORE_WIRE_SECONDS

    def once(doubted: bool) -> frozenset[int]:
        """Run it; a mark that an earlier try has made is ours too."""
        if time.monotonic() > until:
            # What is to be marked has waited too long, whether an earlier try has marked it or not: it does not leave.
            return marked_of(RECORD.column(values_of(owner, mailing_id, Round(round.settled), at)))
        marked = marked_of(RECORD.column(values))
        return marked | set(marked_already(owner, list(round.marks))) if doubted else marked

    return insisted(once, PATIENCE_SECONDS if round.settled else PATIENCE_BEFORE_WIRE_SECONDS, asked is not None)


def marked_of(answer: list) -> frozenset[int]:
    """Return which letters were marked, of what RECORD answers."""
    return frozenset(pk for pk in answer if pk is not None)


def marked_already(owner: uuid.UUID, ids: list[int]) -> list[int]:
    """Return which letters a worker has on the wire."""
    sql = "SELECT id FROM mailings_delivery WHERE id = ANY(%(ids)s) AND state = 'on_wire' AND owner = %(owner)s"
    return column(sql, {"ids": ids, "owner": owner})
