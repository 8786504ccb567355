"""A mailing in miniature: real rows and real functions; workers, relay, network and time are moved by hand.

A worker is the real `Drain` in a greenlet, which stops wherever it waits for the relay. It can be left there for
as long as one likes, woken, or killed; meanwhile the others go on, so that every order of their steps can be had.
"""

import datetime
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from greenlet import GreenletExit, getcurrent, greenlet

from bulletins.models import Bulletin
from mailings import ledger
from mailings.opening import open_mailing
from mailings.sending import Drain, PoliteStop
from mailings.transport import Outcome, Result
from tests.factories import MARCH

# A relay hangs up on a client that is silent for so long, and takes a letter at most so long after its dot:
# together they must stay within RELAY_IDLE_SECONDS.
SILENCE = datetime.timedelta(seconds=300)
SLOWEST = datetime.timedelta(seconds=299)
MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]+>)", re.M | re.I)

GOOD = Outcome(Result.ACCEPTED, 250, "OK")
HUNG_UP = Outcome(Result.TROUBLE, text="Connection unexpectedly closed")
NO_ANSWER = Outcome(Result.UNKNOWN, text="Connection unexpectedly closed")
REFUSED = Outcome(Result.REFUSED, 550, "5.1.1 no such person")
LATER = Outcome(Result.DEFERRED, 451, "4.3.0 later")
LOGIN = Outcome(Result.LOGIN, 535, "5.7.8 who are you")
WELL = "well"
# What may happen at each point where a worker waits; WELL where an answer means nothing special there.
ANSWERS = [*[WELL] * 6, "later", "refused", "hung up", "login", "slow", "lost", "lost"]
OWN_DOINGS = ["run_well", "renew", "renew", "give_up", "kill"]
DOINGS = [*ANSWERS, *OWN_DOINGS]
AT_ENVELOPE = {"later": LATER, "refused": REFUSED, "hung up": HUNG_UP, "login": LOGIN}
BEFORE_DOT = {"hung up": HUNG_UP, "login": LATER}
AFTER_DOT = {"later": LATER, "refused": REFUSED, "lost": HUNG_UP, "slow": None}
VERDICTS = [GOOD, GOOD, GOOD, LATER, REFUSED, HUNG_UP]
# Examples between two clean-ups of what was rolled back.
ROUND = 50


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undo in the database whatever is done inside."""
    with transaction.atomic():
        try:
            yield
        finally:
            transaction.set_rollback(True)


@dataclass
class Stage:
    """What every example begins with: an approved issue and its readers, or its mailing just opened.

    All of an example is rolled back. The opening, which takes longest, is done once for many of them.
    """

    bulletin: Bulletin
    staff: User
    relay_name: str
    log: "RelayLog"
    opened: ExitStack = field(default_factory=ExitStack)
    is_open: bool = False
    examples: int = 0
    ended: int = 0
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)

    def begin(self, opened: bool) -> None:
        """Make ready for the next example."""
        self.examples += 1
        if not opened or self.examples % ROUND == 0:
            self.clear()
        if opened and not self.is_open:
            self.opened.enter_context(rolled_back())
            open_mailing(self.bulletin, MARCH)
            self.is_open = True

    def clear(self) -> None:
        """Undo the opening, and let the database forget the rows that were rolled back."""
        self.opened.close()
        self.is_open = False
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE) mailings_delivery, mailings_mailing, subscribers_subscriber")


@dataclass
class Time:
    """The database's clock, which stands still until it is moved."""

    at: datetime.datetime

    def now(self) -> datetime.datetime:
        return self.at


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

    def __init__(self, name: str, log: RelayLog) -> None:
        self.name = name
        self.log = log
        self.copies: Counter[str] = Counter()
        self.undecided: list[Dot] = []
        self.queue_ids = count(1)

    def receive(self, message_id: str, at: datetime.datetime) -> Dot:
        """Have a letter with its dot; cleanup has logged its Message-ID."""
        dot = Dot(message_id, next(self.queue_ids), at)
        self.undecided.append(dot)
        self.begin_letter(dot.queue_id, message_id, at)
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

    def decide_if(self, dot: Dot, verdict: Outcome | None, at: datetime.datetime) -> None:
        """Decide, or leave it for later."""
        if verdict is not None:
            self.decide(dot, verdict, at)

    def go_on(self, until: datetime.datetime) -> None:
        """Take what would else wait longer than any relay lets a letter wait, and log others' visits."""
        for dot in list(self.undecided):
            if dot.at + SLOWEST < until:
                self.decide(dot, GOOD, dot.at + SLOWEST)
        self.log.write(until, "postfix/smtpd[1]: connect from elsewhere.example.org[192.0.2.1]")


class Line:
    """One worker's connection; stands where `mailings.transport.Relay` does."""

    def __init__(self, worker: "Worker", relay: Relay) -> None:
        self.worker = worker
        self.relay = relay
        self.name = relay.name
        self.heard_at = worker.time.at

    def offer(self, sender: str, recipient: str) -> Outcome:
        return self.answer("envelope")

    def send(self, letter: bytes) -> Outcome:
        message_id = MESSAGE_ID.search(letter)[1].decode()
        self.worker.leaving(self.worker, message_id)
        answer = self.answer("letter")
        if answer.result is not Result.ACCEPTED:
            return answer
        dot = self.relay.receive(message_id, self.worker.time.at)
        heard = self.worker.wait("reply")
        self.heard_at = self.worker.time.at
        if not heard or dot.verdict is None or dot.verdict is HUNG_UP:
            return NO_ANSWER
        return dot.verdict

    def reset(self) -> None:
        """Take the envelope back: nothing to do."""

    def answer(self, point: str) -> Outcome:
        """Wait for the relay's answer; it hangs up on a worker that has slept."""
        answer = self.worker.wait(point)
        silent, self.heard_at = self.worker.time.at - self.heard_at, self.worker.time.at
        return HUNG_UP if silent > SILENCE else answer


@dataclass
class Worker:
    """One drain of a mailing, from its claim until its batch is done, its process killed or its relay left."""

    time: Time
    relay: Relay
    leaving: Callable[["Worker", str], None]
    turn: Drain
    stop: PoliteStop = field(default_factory=PoliteStop)
    lease_until: datetime.datetime = MARCH
    point: str | None = None
    run: greenlet | None = None

    @classmethod
    def start(cls, mailing, time, relay, leaving):
        """Make a worker as a process that has just been started."""
        worker = cls(time, relay, leaving, Drain(mailing, None, time))
        worker.turn.relay = Line(worker, relay)
        return worker

    def claim(self, size: int) -> None:
        """Claim a batch and go as far as the first answer that has to be waited for."""
        self.run = greenlet(self.work)
        self.go_on(size)

    def work(self, size: int) -> None:
        batch = ledger.claim(self.turn.mailing.pk, self.turn.owner, self.time.at, size)
        self.lease_until = self.time.at + datetime.timedelta(seconds=settings.LEASE_SECONDS)
        try:
            self.turn.send_batch(batch, self.stop)
        except ConnectionError:
            self.point = None

    def wait(self, point: str) -> Any:
        """Stop here until somebody goes on with an answer."""
        self.point = point
        return getcurrent().parent.switch()

    def go_on(self, answer: object) -> None:
        """Let it run until it waits again or is done."""
        self.point = None
        self.run.switch(answer)

    def hear(self, answer: str) -> None:
        """Let it go on with one of ANSWERS; a relay that is not slow decides on a letter at once."""
        if self.point == "envelope":
            self.go_on(AT_ENVELOPE.get(answer, GOOD))
        elif self.point == "reply":
            self.go_on(answer not in ("lost", "hung up"))
        elif answer in BEFORE_DOT:
            self.go_on(BEFORE_DOT[answer])
        else:
            others = list(self.relay.undecided)
            self.go_on(GOOD)
            for dot in [dot for dot in self.relay.undecided if dot not in others]:
                self.relay.decide_if(dot, AFTER_DOT.get(answer, GOOD), self.time.at)

    def do(self, what: str) -> None:
        """Do one of DOINGS."""
        if what in OWN_DOINGS:
            getattr(self, what)()
        else:
            self.hear(what)

    def run_well(self) -> None:
        """Let it run to its end with a relay that takes everything at once."""
        while self.point:
            self.hear(WELL)

    def renew(self) -> None:
        """Do what its renewal thread does."""
        ledger.renew(self.turn.owner, self.time.at)
        if self.time.at <= self.lease_until:
            self.lease_until = self.time.at + datetime.timedelta(seconds=settings.LEASE_SECONDS)

    def give_up(self) -> None:
        """Be asked to stop, as by SIGTERM."""
        self.stop.wished = True

    def kill(self) -> None:
        """End it where it is; not one statement more is run."""
        self.point = None
        self.run.throw(GreenletExit)


def rows(sql: str, *values: Any) -> list[tuple]:
    """Return what a statement selects."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()
