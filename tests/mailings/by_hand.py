"""A turn's loop whose threads and sockets are moved by hand; what it decides is the real one's."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE, SelectorKey
from typing import Any

from django.db import OperationalError, connection

from mailings.dispatch import Dispatch
from mailings.drain import Drain, Marked
from mailings.line import Line
from mailings.rounds import Round
from mailings.switchboard import Place

TURN_SECONDS = 3600
UNTIE = """
    UPDATE mailings_delivery d
       SET not_before = d.not_before - t.due * interval '1 microsecond',
           lease_until = d.lease_until - t.held * interval '1 microsecond'
      FROM (SELECT id, row_number() OVER (PARTITION BY state, not_before ORDER BY id DESC) - 1 AS due,
                   row_number() OVER (PARTITION BY state, lease_until ORDER BY id DESC) - 1 AS held
              FROM mailings_delivery WHERE state IN ('queued', 'claimed')) AS t
     WHERE d.id = t.id AND (t.due > 0 OR t.held > 0 AND d.lease_until IS NOT NULL)
"""


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
        answer: Any = OperationalError("the database is away") if how in ("hung up", "login") else self.answer
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
        untie()
        batch = [] if how == "hung up" else self.turn.claim(size)
        fails = how in ("hung up", "login")
        self.tell(OperationalError("the database is away") if fails else [(0.0, claimed) for claimed in batch])


def untie() -> None:
    """Set microseconds between letters of the same moment: which of them is claimed first would be chance."""
    with connection.cursor() as cursor:
        cursor.execute(UNTIE)


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
        return self.is_short or self.is_ripe or bool(self.selector.select())
