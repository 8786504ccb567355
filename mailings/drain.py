"""One worker's share of a mailing, apart from how its connections are driven: what is next, and what is written down.

Whoever drives it takes letters from `stock`, asks for their marks, settles them, and lets rounds be recorded.
"""

import datetime
import random
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from email.utils import parseaddr

from django.db import DatabaseError, InterfaceError

from mailings import breaker, ledger, rounds
from mailings.instants import Clock
from mailings.ledger import Claim
from mailings.letter import letter_of
from mailings.link import Link
from mailings.mime import Reader
from mailings.models import Mailing
from mailings.rounds import RECORD, Round, Settled
from mailings.statements import PATIENCE_BEFORE_WIRE_SECONDS, insisted, is_lost
from mailings.transport import Outcome, Result

# Minutes to wait after each deferral; the last one repeats, with jitter, until the letter is too old.
BACKOFF_MINUTES = (1, 5, 15, 60, 120)
JITTER = 0.2
TROUBLE_PAUSE = datetime.timedelta(seconds=30)
FINAL = {Result.UNKNOWN: "unknown", Result.REFUSED: "failed"}


@dataclass(frozen=True)
class Marked:
    """What came of a round: the letters that may leave now, and whether the mailing was stopped, or a lease lost."""

    letters: frozenset[int]
    is_stopped: bool


class Drain:
    """One worker's turn at a mailing: its leases, the letter ready to be joined, what is to be written down."""

    def __init__(self, mailing: Mailing, clock: Clock) -> None:
        self.mailing = mailing
        self.clock = clock
        self.owner = uuid.uuid4()
        self.letter = letter_of(mailing)
        self.sender = parseaddr(dict(mailing.headers)["From"])[1]
        self.round = Round()
        self.sent = 0
        self.trouble_is_over = False

    def claim(self, limit: int) -> list[Claim]:
        """Take letters that are due."""
        return ledger.claim(self.mailing.pk, self.owner, self.clock.now(), limit)

    def renew(self) -> None:
        """Renew the leases that it holds."""
        ledger.renew(self.owner, self.clock.now())

    def content(self, claimed: Claim) -> list[bytes]:
        """Return a reader's letter in pieces. Raises ValueError for one that cannot be written."""
        return self.letter.pieces_for(Reader(claimed.address or "", claimed.message_id, claimed.token or ""))

    def mark(self, claimed: Claim, relay: str) -> None:
        """Ask for a letter to be marked as leaving by a relay."""
        self.round.marks[claimed.id] = relay

    def unmark(self, claimed: Claim) -> bool:
        """Take the wish for a mark back; False when it is being recorded already."""
        return self.round.marks.pop(claimed.id, None) is not None

    def settle(self, claimed: Claim, outcome: Outcome) -> None:
        """Say what became of a letter."""
        if outcome.result is Result.ACCEPTED:
            self.sent += 1
            self.round.settled.append(Settled(claimed.id, "sent", *outcome.reply))
        else:
            self.round.settled.append(self.settled(claimed, outcome, self.clock.now()))

    def refuse(self, claimed: Claim, error: ValueError) -> None:
        """Say that a letter cannot be written."""
        self.settle(claimed, Outcome(Result.REFUSED, text=f"the letter cannot be written: {error}"))

    def settled(self, claimed: Claim, outcome: Outcome, at: datetime.datetime) -> Settled:
        """Return what is written down of a letter that was not taken."""
        if outcome.result in FINAL:
            return Settled(claimed.id, FINAL[outcome.result], *outcome.reply)
        if outcome.result in (Result.LOGIN, Result.UNTRIED):
            return Settled(claimed.id, "queued", until=at + TROUBLE_PAUSE, attempts=claimed.attempts)
        if at > self.mailing.give_up_at:
            return Settled(claimed.id, "failed", *outcome.reply)
        if outcome.result is Result.DEFERRED:
            until = at + pause_after(claimed.attempts)
            return Settled(claimed.id, "queued", *outcome.reply, until=until, attempts=claimed.attempts + 1)
        # Behind the rest: should it be this letter that breaks connections, they go first.
        return Settled(claimed.id, "queued", until=at + 2 * TROUBLE_PAUSE, attempts=claimed.attempts)

    def next_round(self) -> Round:
        """Hand over what has gathered."""
        round, self.round = self.round, Round()
        return round

    def link(self) -> Link | None:
        """Open what a round may be recorded over without waiting. Raises psycopg2.Error."""
        return Link(RECORD)

    def values(self, round: Round) -> dict:
        """Return what is to be asked over it for a round."""
        return rounds.values_of(self.owner, self.mailing.pk, round, self.clock.now())

    def record(self, round: Round, asked: float | None = None) -> Marked:
        """Write a round down, however long that takes, and look back at it; `asked`: when it was, without an answer."""
        at = self.clock.now()
        return self.looked_back(round, rounds.record(self.owner, self.mailing.pk, round, at, asked), at)

    def deserves_a_look(self, round: Round, marked: frozenset[int]) -> bool:
        """Whether anything came of a round but letters that were taken and others that may leave."""
        if len(marked) < len(round.marks):
            return True
        return any(settled.state != "sent" or not self.trouble_is_over for settled in round.settled)

    def looked_back(self, round: Round, marked: frozenset[int], at: datetime.datetime) -> Marked:
        """Look back at a recorded round; what may leave is told even if the database is lost in that."""
        try:
            stopped = insisted(lambda doubted: self.look_back(round, marked, at), PATIENCE_BEFORE_WIRE_SECONDS)
        except (DatabaseError, InterfaceError) as error:
            if not is_lost(error):
                raise
            stopped = True
        return Marked(marked, stopped)

    def look_back(self, round: Round, marked: frozenset[int], at: datetime.datetime) -> bool:
        """Let the breaker judge a round; tell whether letters may not leave for another reason than their reader's."""
        states = {settled.state for settled in round.settled}
        if "sent" in states and not self.trouble_is_over:
            breaker.end_of_trouble(self.mailing)
            self.trouble_is_over = True
        if "failed" in states:
            breaker.watch_refusals(self.mailing, at)
        refused = round.marks.keys() - marked
        return bool(refused) and self.let_go(refused, at)

    def let_go(self, refused: Collection[int], at: datetime.datetime) -> bool:
        """Skip letters whose reader left; give back others, for the mailing was stopped or a lease ended: tell if any.

        Of a lost lease nothing is left to give back.
        """
        skipped = ledger.skip_gone(refused, self.owner)
        ledger.release(refused, self.owner, at)
        return skipped < len(refused)

    def give_back(self, pause: datetime.timedelta) -> None:
        """Give back every letter that was claimed and not tried."""
        ledger.release_all(self.owner, self.clock.now() + pause)

    def leave(self, outcome: Outcome) -> None:
        """Count that the relay failed us."""
        at = self.clock.now()
        if outcome.result is Result.LOGIN:
            breaker.refused_login(self.mailing, outcome, at)
        else:
            breaker.count_trouble(self.mailing, outcome, at)


def pause_after(attempts: int) -> datetime.timedelta:
    """Return how long a letter waits after its n-th deferral, counted from 0."""
    minutes = BACKOFF_MINUTES[min(attempts, len(BACKOFF_MINUTES) - 1)]
    return datetime.timedelta(minutes=minutes * random.uniform(1 - JITTER, 1 + JITTER))
