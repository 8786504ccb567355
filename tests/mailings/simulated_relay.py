"""The relay of the mailing in miniature: its time, its log and what it took. It hangs up on whoever falls silent."""

import datetime
from collections import Counter
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from mailings.transport import Outcome, Result
from tests.factories import MARCH

# A relay hangs up on a client that is silent for so long, and takes a letter at most so long after its dot:
# together they must stay within RELAY_IDLE_SECONDS.
SILENCE = datetime.timedelta(seconds=300)
SLOWEST = datetime.timedelta(seconds=299)

GOOD = Outcome(Result.ACCEPTED, 250, "OK")
HUNG_UP = Outcome(Result.TROUBLE, text="Connection unexpectedly closed")
REFUSED = Outcome(Result.REFUSED, 550, "5.1.1 no such person")
LATER = Outcome(Result.DEFERRED, 451, "4.3.0 later")
CLOSING = Outcome(Result.DEFERRED, 421, "4.3.2 closing")
VERDICTS = [GOOD, GOOD, GOOD, LATER, REFUSED, HUNG_UP, CLOSING]


@dataclass
class Time:
    """The database's clock, which stands still until it is moved, and every process's, which ticks when it is read."""

    at: datetime.datetime
    read: int = 0

    def now(self) -> datetime.datetime:
        return self.at

    def monotonic(self) -> float:
        """Stand where a module has `time`; a loop that only waits for some milliseconds gets there."""
        self.read += 1
        return (self.at - MARCH).total_seconds() + self.read / 10_000

    def sleep(self, seconds: float) -> None:
        """Nap, while nothing comes."""


class RelayLog:
    """A log as Postfix writes it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.place = path
        self.before = path.with_name(f"{path.name}.1")

    def begin(self, at: datetime.datetime) -> None:
        """Begin anew, with the line of a relay that has just been started."""
        for old in (self.before, self.aside):
            old.unlink(missing_ok=True)
        self.place = self.path
        self.path.write_text("")
        self.write(at, "postfix/master[1]: daemon started")

    @property
    def aside(self) -> Path:
        return self.path.with_name(f"{self.path.name}.aside")

    def write(self, at: datetime.datetime, words: str) -> None:
        with self.place.open("a") as lines:
            lines.write(f"{at.isoformat()} relay {words}\n")

    def hide(self) -> None:
        """Put it where the workers cannot read it; the relay still writes."""
        if self.place == self.path:
            self.place = self.path.rename(self.aside)

    def show(self) -> None:
        if self.place == self.aside:
            self.place = self.aside.rename(self.path)

    def rotate(self) -> None:
        self.show()
        self.path.replace(self.before)
        self.path.touch()


@dataclass
class Dot:
    """A letter whose final dot has reached the relay, which has it in hand whatever becomes of the worker."""

    message_id: str
    queue_id: int
    at: datetime.datetime
    verdict: Outcome | None = None


class Relay:
    """What all workers' connections lead to: `copies` are what it took, by Message-ID. The oracle."""

    def __init__(self, time: Time, log: RelayLog, pipelining: bool) -> None:
        self.time = time
        self.log = log
        self.pipelining = pipelining
        self.copies: Counter[str] = Counter()
        self.undecided: list[Dot] = []
        self.wires: list[Any] = []
        self.queue_ids = count(1)

    def receive(self, message_id: str) -> Dot:
        """Have a letter with its dot; cleanup has logged its Message-ID."""
        dot = Dot(message_id, next(self.queue_ids), self.time.at)
        self.undecided.append(dot)
        self.begin_letter(dot.queue_id, message_id, self.time.at)
        return dot

    def begin_letter(self, queue_id: int, message_id: str, at: datetime.datetime) -> None:
        self.log.write(at, f"postfix/smtpd[{queue_id}]: {queue_id:05X}: client=localhost[127.0.0.1]")
        self.log.write(at, f"postfix/cleanup[2]: {queue_id:05X}: message-id={message_id}")

    def decide(self, dot: Dot, verdict: Outcome, at: datetime.datetime) -> None:
        """Take a letter or not; what is not taken leaves its queue id to somebody else's letter."""
        self.undecided.remove(dot)
        dot.verdict = verdict
        queue_id = f"{dot.queue_id:05X}"
        if verdict.result is Result.ACCEPTED:
            self.copies[dot.message_id] += 1
        elif verdict is HUNG_UP:
            self.log.write(at, f"postfix/smtpd[{dot.queue_id}]: lost connection after DATA (99 bytes) from localhost")
        else:
            self.log.write(at, f"postfix/cleanup[2]: {queue_id}: milter-reject: END-OF-MESSAGE from localhost: no")
        if verdict.result is not Result.ACCEPTED:
            self.begin_letter(dot.queue_id, "<another@elsewhere.example.org>", at)
        self.log.write(at, f"postfix/qmgr[3]: {queue_id}: from=<a@example.org>, size=1, nrcpt=1 (queue active)")

    def go_on(self, until: datetime.datetime) -> None:
        """Take what would else wait longer than any relay lets a letter wait; hang up on who is silent."""
        for dot in list(self.undecided):
            if dot.at + SLOWEST < until:
                self.decide(dot, GOOD, dot.at + SLOWEST)
        self.wires = [wire for wire in self.wires if wire.is_open]
        for wire in self.wires:
            if not wire.asked and wire.quiet_since + SILENCE < until:
                wire.say("421 4.4.2 Error: timeout exceeded")
                wire.is_ended = True
        self.log.write(until, "postfix/smtpd[1]: connect from elsewhere.example.org[192.0.2.1]")
