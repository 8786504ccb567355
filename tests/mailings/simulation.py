"""A mailing in miniature: real rows and real functions; workers, relay, network and time are moved by hand.

A worker is the real `Dispatch` with its real lines and drain. What would come from other threads or from sockets (a
connection, an answer, a commit, a claim) comes when a rule says so; until then the others go on, so that every order of
their steps can be had. One that is killed is just not driven any more.
"""

import datetime
import smtplib
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE, SelectorKey
from typing import Any

from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction

from bulletins.models import Bulletin
from mailings.dispatch import Dispatch, Place
from mailings.drain import Drain, Marked
from mailings.line import Line
from mailings.opening import open_mailing
from mailings.rounds import Round
from tests.factories import MARCH
from tests.mailings.simulated_relay import WELL, Relay, RelayLog

# Whatever the worker waits for goes well at once.
EVERYWHERE = "well everywhere"
# What may happen where a worker waits: for the relay, a commit, a claim.
ANSWERS = [*[EVERYWHERE] * 9, *[WELL] * 4, "later", "refused", "hung up", "login", "slow", "lost", "lost"]
OWN_DOINGS = ["run_well", "renew", "give_up", "kill", "look"]
DOINGS = ["run_well", "renew", "renew", "give_up", "kill", "look"]
DOINGS = [*ANSWERS, *OWN_DOINGS]
CONNECTIONS = 3
TURN_SECONDS = 3600
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


class Readiness:
    """Stands where a selector does: says what is ready without waiting for it."""

    def __init__(self, post: deque) -> None:
        self.post = post
        self.keys: dict[Any, SelectorKey] = {}
        self.is_backwards = False

    def register(self, what: Any, events: int, data: Callable[[], None]) -> None:
        assert what not in self.keys
        self.modify(what, events, data)

    def modify(self, what: Any, events: int, data: Callable[[], None]) -> None:
        self.keys[what] = SelectorKey(what, 0, events, data)

    def unregister(self, what: Any) -> None:
        del self.keys[what]

    def close(self) -> None:
        self.keys.clear()

    def select(self, seconds: float = 0) -> list[tuple[SelectorKey, int]]:
        """Return what is ready; the system does not say in which order."""
        ready = [(key, key.events) for key in self.keys.values() if self.is_ready(key)]
        return ready[::-1] if self.is_backwards else ready

    def is_ready(self, key: SelectorKey) -> bool:
        if not isinstance(key.fileobj, Line):
            return bool(self.post)
        wire: Any = key.fileobj.socket
        return wire.is_readable or (bool(key.events & EVENT_WRITE) and wire.is_writable)


@dataclass
class Recorder:
    """Stands where the recording thread does: keeps its one round until it is to be committed, and then to be told."""

    record: Callable[[Round], Marked]
    tell: Callable[[Marked | Exception], None]
    is_busy: bool = False
    round: Round | None = None
    answer: Marked | None = None

    @property
    def waits(self) -> bool:
        """Whether its round is not committed, or that is not told."""
        return bool(self.round or self.answer)

    def take(self, what: Round) -> None:
        assert not self.is_busy, "two rounds at once"
        self.is_busy, self.round = True, what

    def go_on(self, how: str) -> None:
        """Commit, and tell unless it is slow; or lose the database before or after the commit."""
        if self.round and how != "hung up":
            self.answer, self.round = self.record(self.round), None
            if how in ("slow", "lost"):
                return
        answer = OperationalError("the database is away") if how in ("hung up", "login") else self.answer
        self.round = self.answer = None
        self.tell(answer)


@dataclass
class Supply:
    """Stands where the claiming thread does: claims when it is told to, and not all that is due at once."""

    turn: Drain
    tell: Callable[[Any], None]
    is_asked: bool = False
    waits: bool = False

    def ask(self) -> None:
        self.is_asked = self.waits = True

    def go_on(self, how: str, size: int) -> None:
        """Claim; or lose the database before or after that."""
        self.waits = False
        batch = [] if how == "hung up" else self.turn.claim(size)
        fails = how in ("hung up", "login")
        self.tell(OperationalError("the database is away") if fails else [(0.0, claimed) for claimed in batch])


class ByHand(Dispatch):
    """A loop whose threads and sockets are moved by hand; what it decides is the real one's."""

    recorder: Any
    supply: Any
    selector: Any

    def __init__(self, turn: Drain, record: Callable[[Round], Marked], is_stopped: Callable[[], bool]) -> None:
        super().__init__(turn, TURN_SECONDS, is_stopped)
        self.selector.close()
        self.selector = Readiness(self.post)
        self.selector.register(self.bell, EVENT_READ, self.read_post)
        self.recorder = Recorder(record, partial(self.tell, self.recorded))
        self.supply = Supply(turn, partial(self.tell, self.supplied))
        self.calls: deque[Place] = deque()

    def call(self, place: Place) -> None:
        """Wait for a connection."""
        place.is_calling = True
        self.calls.append(place)

    @property
    def has_more(self) -> bool:
        """Whether anything can be done at once."""
        return self.is_short or self.is_ripe() or bool(self.selector.select())

    @property
    def rests(self) -> bool:
        """Whether what is to be recorded only waits until some time has passed."""
        return bool(self.drain.round) and not self.recorder.is_busy


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
        """End as a turn does."""
        self.is_over = True
        self.loop.hang_up()
        with suppress(ConnectionError, OperationalError):
            self.loop.end()

    # What it may wait for

    def waiting(self, how: str) -> list[Callable[[str], None]]:
        """Return what goes on where the worker waits; a connection may be lost wherever it is."""
        breaks = how in ("hung up", "lost")
        wires: list[Any] = [place.line.socket for place in self.loop.places if place.line]
        found = [wire.answer for wire in wires if wire.waits or (breaks and wire.is_open)]
        found += [self.connects for _ in self.loop.calls]
        found += [self.loop.recorder.go_on] if self.loop.recorder.waits else []
        found += [self.rests] if self.loop.rests else []
        return found + ([self.supplies] if self.loop.supply.waits else [])

    def connects(self, how: str) -> None:
        answer = NO_CONNECTION.get(how) or self.relay.connect(partial(self.leaving, self))
        place = self.loop.calls.popleft()
        self.loop.tell(partial(self.loop.called, place), answer)

    def rests(self, how: str) -> None:
        """Let as much time pass as the recorder rests."""
        time = self.relay.time
        time.at += datetime.timedelta(seconds=max(0.0, self.loop.rested_at - time.monotonic()))
        self.relay.go_on(time.at)

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
        if self.loop.rests:
            self.rests(WELL)
            self.go_on()
        if self.loop.recorder.waits:
            self.loop.recorder.go_on(WELL)
            self.go_on()

    def hear(self, what: str, which: int) -> None:
        waiting = self.waiting(what)
        if waiting:
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
        self.go_on()
        while not self.is_over:
            assert self.waiting(WELL), "a letter was begun, and nobody goes on with it"
            self.hear_everywhere()

    def renew(self) -> None:
        """Do what its renewals do."""
        self.turn.renew()

    def give_up(self) -> None:
        """Be asked to stop, as by SIGTERM."""
        self.is_stopped = True
        self.go_on()

    def look(self) -> None:
        """Wake up, and find what has come meanwhile, or not come in time."""
        self.go_on()

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
