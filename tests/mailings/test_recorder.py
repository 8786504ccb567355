"""Rounds over a link that nobody waits for; and what becomes of them where it is lost."""

import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from selectors import DefaultSelector
from typing import Any

import psycopg2
import pytest
from django.db import connection

from mailings.drain import Drain, Marked
from mailings.instants import Clock
from mailings.ledger import Claim
from mailings.link import Link
from mailings.models import Delivery
from mailings.recorder import Recorder
from mailings.rounds import RECORD, Round, Settled
from mailings.statements import PATIENCE_BEFORE_WIRE_SECONDS
from subscribers.models import Subscriber
from tests.mailings.cast import states
from tests.mailings.test_sending import make_started

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_SECONDS = 10


class Turn(Drain):
    """A turn that counts what its recorder leaves to the thread, and does something first when it looks back."""

    patient: int = 0
    links: int = 0
    before_the_look: Callable[[], None] = staticmethod(lambda: None)

    def link(self) -> Link | None:
        self.links += 1
        return super().link()

    def record(self, round: Round, asked: float | None = None) -> Marked:
        self.patient += 1
        return super().record(round, asked)

    def looked_back(self, *what: Any) -> Marked:
        self.before_the_look()
        return super().looked_back(*what)


class Desk:
    """A recorder, and a loop that does nothing but wait for it."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self.selector = DefaultSelector()
        self.post: deque[Callable[[], None]] = deque()
        self.told: list[Marked | Exception] = []
        self.recorder = Recorder(turn, self.selector, self.tell, self.hear)

    def tell(self, what: Callable[[Any], None], answer: object) -> None:
        self.post.append(partial(what, answer))

    def hear(self, answer: Marked | Exception) -> None:
        self.recorder.is_busy = False
        self.told.append(answer)

    def until(self, done: Callable[[], bool]) -> None:
        """Let the loop run until something is so."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not done():
            assert time.monotonic() < deadline, "it never comes"
            self.look()

    def look(self) -> None:
        if self.selector.get_map():
            for key, _ in self.selector.select(0.01):
                key.data()
        while self.post:
            self.post.popleft()()

    def record(self, round: Round) -> Marked:
        """Record a round; return what came of it."""
        before = len(self.told)
        self.recorder.take(round)
        self.until(lambda: not self.recorder.is_busy)
        (answer,) = self.told[before:]
        assert isinstance(answer, Marked)
        return answer

    @property
    def has_link(self) -> bool:
        return self.recorder.link is not None

    def cut(self) -> None:
        """End the link's connection from the server's side."""
        assert self.recorder.link is not None
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [self.recorder.link.connection.info.backend_pid])


@contextmanager
def opened(readers: int) -> Iterator[tuple[Desk, list[Claim]]]:
    """Open a desk with a link, whose worker has claimed all letters."""
    turn = Turn(make_started(readers), Clock.read())
    desk = Desk(turn)
    with desk.recorder:
        desk.until(lambda: desk.has_link)
        yield desk, turn.claim(readers)
    assert not desk.selector.get_map()


def mark(*letters: Claim) -> Round:
    return Round(marks={claimed.id: "relay.example.org" for claimed in letters})


def sent(*letters: Claim) -> Round:
    return Round([Settled(claimed.id, "sent", 250, "taken") for claimed in letters])


def test_rounds_go_over_the_link_and_nobody_waits():
    with opened(2) as (desk, (first, second)):
        assert desk.record(mark(first, second)) == Marked(frozenset({first.id, second.id}), is_stopped=False)
        assert states(desk.turn.mailing) == {"on_wire": 2}
        desk.record(sent(first, second))
    assert states(desk.turn.mailing) == {"sent": 2}
    assert (desk.turn.patient, desk.turn.links) == (0, 1)


def test_a_refused_mark_is_looked_back_at_in_the_thread():
    with opened(2) as (desk, (first, second)):
        Subscriber.objects.filter(deliveries=second.id).update(status="unsubscribed")
        assert desk.record(mark(first, second)) == Marked(frozenset({first.id}), is_stopped=False)
    assert states(desk.turn.mailing) == {"on_wire": 1, "skipped": 1}


def test_a_link_that_ends_while_nothing_is_asked_is_opened_anew():
    with opened(1) as (desk, letters):
        desk.cut()
        desk.until(lambda: not desk.has_link)
        desk.until(lambda: desk.has_link)
        assert desk.record(mark(*letters)).letters == {letters[0].id}
    assert (desk.turn.patient, desk.turn.links) == (0, 2)


def test_a_round_that_finds_its_link_gone_is_recorded_by_the_thread():
    with opened(1) as (desk, letters):
        desk.cut()
        assert desk.record(mark(*letters)).letters == {letters[0].id}
        desk.until(lambda: desk.has_link)
        desk.record(sent(*letters))
    assert states(desk.turn.mailing) == {"sent": 1}
    assert desk.turn.patient == 1


def lose_the_answer(desk: Desk, round: Round, seconds_ago: float) -> None:
    """Let a round be committed over the link, and the link be lost before its answer, asked some seconds ago."""
    recorder, link = desk.recorder, desk.recorder.link
    assert link is not None
    recorder.round, recorder.is_busy, recorder.asked = round, True, time.monotonic() - seconds_ago
    link.ask(desk.turn.values(round))
    while Delivery.objects.get().state != "on_wire":
        time.sleep(0.01)
    link.connection.close()
    recorder.heard()
    desk.until(lambda: bool(desk.told))


def test_a_mark_whose_answer_is_lost_after_its_commit_is_told_and_made_once():
    with opened(1) as (desk, letters):
        lose_the_answer(desk, mark(*letters), seconds_ago=0)
    assert desk.told == [Marked(frozenset({letters[0].id}), is_stopped=False)]
    assert Delivery.objects.get().attempts == 1


def test_a_mark_whose_answer_is_lost_after_a_long_wait_lets_nothing_leave():
    with opened(1) as (desk, letters):
        lose_the_answer(desk, mark(*letters), seconds_ago=PATIENCE_BEFORE_WIRE_SECONDS + 1)
    (answer,) = desk.told
    assert isinstance(answer, Marked)
    assert answer.letters == frozenset()
    assert states(desk.turn.mailing) == {"on_wire": 1}


def test_a_link_that_ends_while_the_thread_looks_back_has_nothing_recorded_twice():
    with opened(2) as (desk, (first, second)):
        desk.turn.before_the_look = desk.cut
        Subscriber.objects.filter(deliveries=second.id).update(status="unsubscribed")
        desk.record(mark(first, second))
        desk.until(lambda: desk.turn.links == 2 and desk.has_link)
        assert (len(desk.told), desk.turn.patient) == (1, 0)


def test_a_round_without_a_link_is_recorded_by_the_thread():
    class Linkless(Turn):
        def link(self) -> None:
            raise psycopg2.OperationalError("too many connections")

    turn = Linkless(make_started(1), Clock.read())
    desk = Desk(turn)
    with desk.recorder:
        letters = turn.claim(1)
        assert desk.record(mark(*letters)).letters == {letters[0].id}
        desk.record(sent(*letters))
    assert states(turn.mailing) == {"sent": 1}
    assert turn.patient == 2


def test_a_long_round_goes_over_the_link_whole():
    with opened(100) as (desk, letters):
        desk.record(mark(*letters))
        round = Round([Settled(claimed.id, "sent", 250, "x" * 20_000) for claimed in letters])
        desk.record(round)
    assert states(desk.turn.mailing) == {"sent": 100}
    assert desk.turn.patient == 0


def test_a_link_opens_nowhere_where_no_server_is(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    with pytest.raises(psycopg2.Error):
        Link(RECORD)


def test_a_link_does_not_wait_for_ever_for_a_server_that_says_nothing(monkeypatch, silent_port):
    monkeypatch.setattr("mailings.link.OPENING_SECONDS", 0.2)
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "PORT", str(silent_port))
    with pytest.raises(psycopg2.OperationalError, match="does not answer in time"):
        Link(RECORD)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and says nothing."""

    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]
