"""Claim, drive, record: one worker's share of a mailing over one SMTP connection."""

import datetime
import logging
import random
import signal
import threading
import uuid
from collections.abc import Callable, Iterator
from email.utils import parseaddr
from types import FrameType, TracebackType
from typing import NoReturn

from django.conf import settings
from django.db import DatabaseError, Error, InterfaceError, connection

from mailings import breaker, ledger, sweeps
from mailings.instants import Clock
from mailings.ledger import Claim
from mailings.letter import letter_of
from mailings.mime import Reader
from mailings.models import Mailing
from mailings.pace import Pace
from mailings.statements import is_lost, one_line
from mailings.transport import Outcome, Relay, Result
from publication.models import SenderClaim

log = logging.getLogger(__name__)

# Minutes to wait after each deferral; the last one repeats, with jitter, until the letter is too old.
BACKOFF_MINUTES = (1, 5, 15, 60, 120)
JITTER = 0.2
TROUBLE_PAUSE = datetime.timedelta(seconds=30)


class Renewal:
    """Renews a drain's leases from a thread of its own: a relay may take minutes to answer a final dot."""

    def __init__(self, owner: uuid.UUID, clock: Clock) -> None:
        self.owner = owner
        self.clock = clock
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *exception: object) -> None:
        self.over.set()
        self.thread.join()

    def _run(self) -> None:
        while not self.over.wait(settings.LEASE_RENEWAL_SECONDS):
            try:
                ledger.renew(self.owner, self.clock.now())
            except Error as error:
                log.warning("leases could not be renewed: %s", one_line(error))
                connection.close()
        connection.close()


class PoliteStop:
    """Turns the first SIGTERM into a wish to stop after the letter at hand; only the main thread can."""

    def __init__(self) -> None:
        self.wished = False
        self.before: Callable | int | None = None

    def __enter__(self) -> "PoliteStop":
        if threading.current_thread() is threading.main_thread():
            self.before = signal.signal(signal.SIGTERM, self._wish)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.before is None:
            return
        signal.signal(signal.SIGTERM, self.before)
        if self.wished:
            signal.raise_signal(signal.SIGTERM)

    def _wish(self, number: int, frame: FrameType | None) -> None:
        self.wished = True


class Drain:
    """One worker's turn at a mailing: its leases, its connection, the letter ready to be joined."""

    def __init__(self, mailing: Mailing, relay: Relay, clock: Clock) -> None:
        self.mailing = mailing
        self.relay = relay
        self.clock = clock
        self.owner = uuid.uuid4()
        self.pace = Pace()
        self.letter = letter_of(mailing)
        self.sender = parseaddr(dict(mailing.headers)["From"])[1]

    def send_batch(self, batch: list[Claim], stop: PoliteStop) -> int:
        """Send a batch one by one; return how many left. What is not tried goes back untouched.

        Raises ConnectionError when the relay is not to be tried again now.
        """
        results: list[Result] = []
        for place, claimed in enumerate(batch):
            self.pace.wait(lambda: stop.wished)
            if stop.wished:
                self.give_back(batch[place:], datetime.timedelta())
                break
            outcome = self.send_one(claimed)
            if outcome is None:
                continue
            results.append(outcome.result)
            if outcome.result in (Result.TROUBLE, Result.LOGIN):
                self.give_back(batch[place + 1 :], TROUBLE_PAUSE)
                self.leave(outcome, Result.ACCEPTED in results)
        self.look_back(results)
        return results.count(Result.ACCEPTED)

    def give_back(self, batch: list[Claim], pause: datetime.timedelta) -> None:
        """Give back letters that were not tried."""
        ledger.release([claimed.id for claimed in batch], self.owner, self.clock.now() + pause)

    def leave(self, outcome: Outcome, after_letters: bool) -> NoReturn:
        """Leave a relay that failed us, and count it. Raises ConnectionError."""
        if after_letters:
            breaker.end_of_trouble(self.mailing)
        if outcome.result is Result.LOGIN:
            breaker.refused_login(self.mailing, outcome, self.clock.now())
        else:
            breaker.count_trouble(self.mailing, outcome, self.clock.now())
        raise ConnectionError(outcome.text)

    def look_back(self, results: list[Result]) -> None:
        """Let the breaker judge what has just been done."""
        if Result.ACCEPTED in results:
            breaker.end_of_trouble(self.mailing)
        if Result.REFUSED in results:
            breaker.watch_refusals(self.mailing, self.clock.now())

    def send_one(self, claimed: Claim) -> Outcome | None:
        """Send one letter; None when its reader is gone or the lease was lost."""
        if claimed.address is None or claimed.token is None:
            ledger.skip_if_gone(claimed.id, self.owner)
            return None
        outcome = self.driven(claimed, Reader(claimed.address, claimed.message_id, claimed.token))
        if outcome is not None:
            self.record(claimed, outcome, self.clock.now())
        return outcome

    def driven(self, claimed: Claim, reader: Reader) -> Outcome | None:
        """Join a letter and drive it through SMTP; None when it may not leave."""
        try:
            letter = self.letter.for_reader(reader)
        except ValueError as error:
            return Outcome(Result.REFUSED, text=f"the letter cannot be written: {error}")
        outcome = self.relay.offer(self.sender, reader.address)
        if outcome.result is not Result.ACCEPTED:
            return outcome
        if not ledger.put_on_wire(claimed.id, self.owner, self.clock.now(), self.relay.name):
            self.let_go(claimed)
            return None
        return self.relay.send(letter)

    def let_go(self, claimed: Claim) -> None:
        """Take back the envelope of a letter that may not leave: its reader left, or its mailing stopped."""
        self.relay.reset()
        ledger.skip_if_gone(claimed.id, self.owner)
        self.give_back([claimed], datetime.timedelta())

    def record(self, claimed: Claim, outcome: Outcome, at: datetime.datetime) -> None:
        """Write down what became of a letter."""
        if outcome.result is Result.ACCEPTED:
            ledger.record_sent(claimed, self.owner, outcome.reply, at)
        elif outcome.result is Result.UNKNOWN:
            ledger.record(claimed, self.owner, "unknown", outcome.reply, at)
        elif outcome.result is Result.REFUSED or (at > self.mailing.give_up_at and outcome.result is not Result.LOGIN):
            ledger.record(claimed, self.owner, "failed", outcome.reply, at)
        elif outcome.result is Result.DEFERRED:
            ledger.defer(claimed, self.owner, outcome.reply, at + pause_after(claimed.attempts))
        else:
            # Behind the rest of its batch: should it be this letter that breaks connections, they go first.
            ledger.give_back(claimed, self.owner, at + 2 * TROUBLE_PAUSE)


def pause_after(attempts: int) -> datetime.timedelta:
    """Return how long a letter waits after its n-th deferral, counted from 0."""
    minutes = BACKOFF_MINUTES[min(attempts, len(BACKOFF_MINUTES) - 1)]
    return datetime.timedelta(minutes=minutes * random.uniform(1 - JITTER, 1 + JITTER))


def drain(mailing_id: int, seconds: float) -> int:
    """Send letters of a mailing for a while; return how many were accepted.

    It ends early when none is due, the worker is to stop, or the relay or the database cannot be reached; at once
    where another installation sends from this database.
    """
    if not SenderClaim.objects.is_ours():
        return 0
    mailing = Mailing.objects.select_related("bulletin").get(pk=mailing_id)
    clock = Clock.read()
    breaker.look_again(mailing, clock.now())
    until = clock.now() + datetime.timedelta(seconds=seconds)
    with PoliteStop() as stop, Relay() as relay:
        turn = Drain(mailing, relay, clock)
        with Renewal(turn.owner, clock):
            sent = sum(batches(turn, until, stop))
    sweeps.finish(clock.now())
    return sent


def batches(turn: Drain, until: datetime.datetime, stop: PoliteStop) -> Iterator[int]:
    """Send batch after batch; yield how many of each left."""
    try:
        while turn.clock.now() < until and not stop.wished:
            batch = ledger.claim(turn.mailing.pk, turn.owner, turn.clock.now())
            if not batch:
                return
            yield turn.send_batch(batch, stop)
    except ConnectionError as error:
        log.warning("the relay cannot be reached: %s", error)
    except (DatabaseError, InterfaceError) as error:
        if not is_lost(error):
            raise
        # What is claimed comes back when its lease ends.
        log.warning("the database cannot be reached: %s", one_line(error))
        connection.close()
