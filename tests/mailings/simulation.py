"""A mailing in miniature: real rows and real functions; workers, relay, network and time are moved by hand.

A worker is the real `Dispatch` with its real lines and drain. What would come from other threads or from sockets (a
connection, an answer, a commit, a claim) comes when a rule says so; until then the others go on, so that every order of
their steps can be had. One that is killed is not driven any more.
"""

import smtplib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction

from bulletins.models import Bulletin
from mailings.drain import Drain, Marked
from mailings.opening import open_mailing
from mailings.rounds import Round
from tests.factories import MARCH
from tests.mailings.by_hand import ByHand
from tests.mailings.simulated_relay import Relay, RelayLog
from tests.mailings.simulated_wire import WELL, Greeted, Wire

# Whatever the worker waits for goes well at once.
EVERYWHERE = "well everywhere"
# What may happen where a worker waits: for the relay, a commit, a claim.
ANSWERS = [*[EVERYWHERE] * 9, *[WELL] * 4, "later", "refused", "hung up", "login", "slow", "lost", "lost"]
OWN_DOINGS = ["run_well", "renew", "give_up", "kill", "kill_at_commit", "go_on"]
DOINGS = [*ANSWERS, *OWN_DOINGS]
CONNECTIONS = 3
# After so many steps of a loop in which nothing comes from outside, it would go on for ever.
MOST_STEPS = 500
NO_CONNECTION: dict[str, Exception] = {
    "login": smtplib.SMTPAuthenticationError(535, b"5.7.8 who are you"),
    "hung up": ConnectionRefusedError("Connection refused"),
    "lost": TimeoutError("timed out"),
    "later": smtplib.SMTPConnectError(421, b"4.3.2 closing"),
}
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
    log: RelayLog
    opened: ExitStack = field(default_factory=ExitStack)
    is_open: bool = False
    examples: int = 0
    ended: int = 0
    # The steps of letters, and what happened to rounds.
    seen: Counter[tuple[str, str] | str] = field(default_factory=Counter)

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


@dataclass(eq=False, repr=False)
class Worker:
    """One turn at a mailing, from its first claim until it ends or its process is killed."""

    turn: Drain
    relay: Relay
    records: Callable[["Worker", Round], Marked]
    leaving: Callable[["Worker", str], None]
    size: int
    is_stopped: bool = False
    is_over: bool = False

    def __post_init__(self) -> None:
        self.loop = ByHand(self.turn, partial(self.records, self), lambda: self.is_stopped)

    def begin(self, how: str) -> None:
        """Claim, and connect well or not: go as far as the first answer that has to be waited for."""
        self.go_on()
        self.supplies(WELL)
        self.go_on()
        if self.loop.calls:
            self.connects(how)
            self.go_on()

    def go_on(self) -> None:
        """Let the loop run as far as it can, or to its end."""
        for _ in range(MOST_STEPS):
            if not self.loop.goes_on():
                self.end()
                return
            self.loop.step()
            if self.loop.goes_on() and not self.loop.has_more:
                assert self.waiting("lost"), "it would never end"
                self.check_lines()
                return
        raise AssertionError("it runs in circles")

    def check_lines(self) -> None:
        """Look at the letters that have begun: one on two connections would leave twice."""
        lines = [place.line for place in self.loop.places if place.line]
        begun = [transaction.about.id for line in lines for transaction in line.talk.pending]
        assert len(begun) == len(set(begun)), "a letter is begun on two connections"

    def end(self) -> None:
        """End as `run` does: what is being claimed then is given back as well."""
        self.is_over = True
        if self.loop.supply.waits:
            self.supplies(WELL)
        self.loop.is_ending = True
        self.loop.read_post()
        self.loop.hang_up()
        with suppress(ConnectionError, OperationalError):
            self.loop.end()
        held = rows("SELECT message_id, state FROM mailings_delivery WHERE owner = %s", self.turn.owner)
        assert self.loop.fault or not held, "a turn is over, and holds letters still"

    # What it may wait for

    def waiting(self, how: str) -> list[Callable[[str], None]]:
        """Return what goes on where the worker waits; a connection may be lost wherever it is."""
        breaks = how in ("hung up", "lost")
        wires: list[Any] = [place.line.socket for place in self.loop.places if place.line]
        found = [wire.answer for wire in wires if wire.waits or (breaks and wire.is_open)]
        found += [self.connects for _ in self.loop.calls]
        found += [self.loop.recorder.go_on] if self.loop.recorder.waits else []
        return found + ([self.supplies] if self.loop.supply.waits else [])

    def connects(self, how: str) -> None:
        answer = NO_CONNECTION.get(how) or Greeted(Wire(self.relay, partial(self.leaving, self)), self.relay.pipelining)
        self.loop.tell(partial(self.loop.called, self.loop.calls.popleft()), answer)

    def supplies(self, how: str) -> None:
        self.loop.supply.go_on(how, self.size)

    # What may happen

    def do(self, what: str, which: int) -> None:
        """Do one of DOINGS, the answers at one of the places where it waits."""
        if what in OWN_DOINGS:
            getattr(self, what)()
            return
        self.loop.selector.is_backwards = which > 2
        self.hear_everywhere() if what == EVERYWHERE else self.hear(what, which)
        if which % 2 and not self.is_over:
            self.records_at_once()

    def records_at_once(self) -> None:
        """Have a database that is quick as well."""
        if self.loop.recorder.waits:
            self.loop.recorder.go_on(WELL)
            self.go_on()

    def hear(self, what: str, which: int) -> None:
        if waiting := self.waiting(what):
            waiting[which % len(waiting)](what)
        self.go_on()

    def hear_everywhere(self) -> None:
        """Go one step further with all that it waits for; claim more only where nothing else is to be done."""
        waiting = self.waiting(WELL)
        for goes_on in waiting[:-1] if len(waiting) > 1 and waiting[-1] == self.supplies else waiting:
            goes_on(WELL)
        self.go_on()

    def sleep(self, pass_time: Callable[[], None]) -> None:
        """Sleep through answers and commits; wake up late, the claiming thread first."""
        for goes_on in self.waiting(WELL):
            if goes_on != self.supplies:
                goes_on(WELL)
        pass_time()
        if self.loop.supply.waits:
            self.supplies(WELL)
        self.go_on()

    def run_well(self) -> None:
        """Let it run to its end with a relay that takes everything at once."""
        if not self.is_over:
            self.go_on()
        while not self.is_over:
            assert self.waiting(WELL), "a letter was begun, and nobody goes on with it"
            self.hear_everywhere()

    def renew(self) -> None:
        self.turn.renew()

    def give_up(self) -> None:
        """Be asked to stop, as by SIGTERM."""
        self.is_stopped = True
        self.go_on()

    def kill_at_commit(self) -> None:
        """End it when its round is committed, before it hears of that."""
        if self.loop.recorder.round:
            self.loop.recorder.go_on("slow")
        self.kill()

    def kill(self) -> None:
        """End it where it is; not one statement more is run."""
        self.is_over = True
        for place in self.loop.places:
            if place.line:
                place.line.socket.close()
        self.loop.bell.close()
        self.loop.button.close()


def rows(sql: str, *values: Any) -> list[tuple]:
    """Return what a statement selects."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()
