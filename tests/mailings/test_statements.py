"""A step whose answer from the database is lost: the row is asked, nothing is assumed."""

import datetime
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from django.test import override_settings
from django.utils import timezone

from mailings import ledger, rounds, sweeps
from mailings.drain import Drain
from mailings.instants import Clock
from mailings.models import Delivery, Mailing
from mailings.rounds import Round, Settled
from mailings.sending import drain
from mailings.tasks import tick
from mailings.unknown import resolve_unknown
from subscribers.models import Subscriber
from tests.mailings.cast import DAY, HOUR, MINUTE, OWNER, STRANGER, at_once, make_mailing, put, states
from tests.mailings.cut_wire import Cut, Wire, laid_wire
from tests.mailings.scripted import scripted

pytestmark = pytest.mark.django_db(transaction=True)
STEP = "EXECUTE mailings_record"
REPLY = (250, "2.0.0 taken")
EACH_CUT = pytest.mark.parametrize("cut", list(Cut), ids=lambda cut: cut.name.lower())


@pytest.fixture
def wire(transactional_db, monkeypatch) -> Iterator[Wire]:
    with laid_wire(monkeypatch) as wire:
        yield wire


class Held(NamedTuple):
    """A letter that OWNER holds, and the instant."""

    id: int
    mailing: int
    at: datetime.datetime

    def record(self, round: Round) -> frozenset[int]:
        return rounds.record(OWNER, self.mailing, round, self.at)

    def settle(self, state: str, code: int | None, text: str | None, **fields) -> None:
        assert self.record(Round([Settled(self.id, state, code, text, **fields)])) == set()


def put_on_wire(held: Held) -> bool:
    marked = held.record(Round(marks={held.id: ""}))
    assert marked in (set(), {held.id})
    return bool(marked)


def record_sent(held: Held) -> None:
    held.settle("sent", *REPLY)


def record_failed(held: Held) -> None:
    held.settle("failed", 550, "no")


def record_unknown(held: Held) -> None:
    held.settle("unknown", 0, "lost")


def defer(held: Held) -> None:
    held.settle("queued", 451, "later", until=held.at + MINUTE, attempts=1)


def give_back(held: Held) -> None:
    held.settle("queued", None, None, until=held.at + MINUTE, attempts=0)


# Each step, the state it begins in, and what it leaves: state and attempts. Only a mark is answered.
STEPS = [
    (put_on_wire, "claimed", ("on_wire", 1)),
    (record_sent, "on_wire", ("sent", 1)),
    (record_failed, "claimed", ("failed", 0)),
    (record_failed, "on_wire", ("failed", 1)),
    (record_unknown, "on_wire", ("unknown", 1)),
    (defer, "claimed", ("queued", 1)),
    (defer, "on_wire", ("queued", 1)),
    (give_back, "claimed", ("queued", 0)),
    (give_back, "on_wire", ("queued", 0)),
]
EACH_STEP = pytest.mark.parametrize(("step", "state", "left"), STEPS, ids=lambda value: getattr(value, "__name__", ""))


def make_held(state: str = "claimed") -> Held:
    """Make one letter that OWNER has claimed, or has on the wire."""
    at = timezone.now()
    mailing = make_mailing(readers=1)
    (claimed,) = ledger.claim(mailing.pk, OWNER, at)
    held = Held(claimed.id, mailing.pk, at)
    assert state == "claimed" or put_on_wire(held)
    return held


def make_two_held() -> tuple[Held, Held]:
    """Make a letter that OWNER has on the wire, and one that OWNER has only claimed."""
    at = timezone.now()
    mailing = make_mailing(readers=2)
    first, second = (Held(claimed.id, mailing.pk, at) for claimed in ledger.claim(mailing.pk, OWNER, at))
    assert put_on_wire(first)
    return first, second


def make_started(readers: int) -> Mailing:
    """Make a mailing whose letters are tried for two days from now."""
    mailing = make_mailing(readers)
    Mailing.objects.update(give_up_at=timezone.now() + 2 * DAY)
    return mailing


def only_letter() -> tuple[str, int]:
    return Delivery.objects.values_list("state", "attempts").get()


@EACH_CUT
@EACH_STEP
def test_a_step_whose_connection_is_cut_is_made_once_and_said_to_be_made(wire, step, state, left, cut):
    held = make_held(state)
    wire.cuts.append((STEP, cut))
    assert step(held) in (True, None)
    assert only_letter() == left
    assert wire.made == 1


@EACH_STEP
def test_a_step_that_a_stale_worker_may_not_make_is_not_taken_for_made(wire, step, state, left):
    held = make_held(state)
    Delivery.objects.update(owner=STRANGER)
    before = only_letter()
    wire.cuts.append((STEP, Cut.BEFORE_THE_ANSWER))
    assert not step(held)
    assert only_letter() == before
    assert wire.made == 1


@pytest.mark.parametrize("word", ["mailings_record", "plan_cache_mode"], ids=["prepare", "set"])
@pytest.mark.parametrize("cut", [Cut.BEFORE_IT_ARRIVED, Cut.BEFORE_THE_ANSWER], ids=["before", "after"])
def test_a_connection_that_is_cut_while_the_statement_is_prepared_is_prepared_anew(wire, word, cut):
    held = make_held()
    connection.close()
    wire.cuts.append((word, cut))
    assert put_on_wire(held)
    assert only_letter() == ("on_wire", 1)
    assert wire.made == 1


@EACH_CUT
def test_a_round_of_results_and_marks_is_made_once_and_its_marks_are_ours(wire, cut):
    at = timezone.now()
    mailing = make_mailing(readers=6)
    ids = [claimed.id for claimed in ledger.claim(mailing.pk, OWNER, at)]
    assert rounds.record(OWNER, mailing.pk, Round(marks=dict.fromkeys(ids[:3], "")), at) == set(ids[:3])
    # One reader leaves, and one letter is another worker's by now.
    Subscriber.objects.filter(deliveries=ids[4]).update(status="unsubscribed")
    Delivery.objects.filter(pk=ids[2]).update(owner=STRANGER)
    wire.cuts.append((STEP, cut))
    round = Round([Settled(pk, "sent", *REPLY) for pk in ids[:3]], dict.fromkeys(ids[3:], "one"))
    assert rounds.record(OWNER, mailing.pk, round, at) == {ids[3], ids[5]}
    assert wire.made == 1
    rows = {pk: row for pk, *row in mailing.deliveries.values_list("pk", "state", "attempts", "relay", "owner")}
    assert rows[ids[0]] == rows[ids[1]] == ["sent", 1, "", None]
    assert rows[ids[2]] == ["on_wire", 1, "", STRANGER]
    assert rows[ids[3]] == rows[ids[5]] == ["on_wire", 1, "one", OWNER]
    assert rows[ids[4]] == ["claimed", 0, "", OWNER]


@EACH_CUT
def test_who_left_meanwhile_gets_nothing_whatever_the_wire_does(wire, cut):
    held = make_held()
    Subscriber.objects.update(status="unsubscribed")
    wire.cuts.append((STEP, cut))
    assert not put_on_wire(held)
    assert only_letter() == ("claimed", 0)


def test_cut_again_and_again_it_is_asked_again_and_again(wire):
    held = make_held()
    wire.cuts += [(STEP, Cut.BEFORE_IT_ARRIVED), (STEP, Cut.BEFORE_THE_ANSWER), (STEP, Cut.BEFORE_IT_ARRIVED)]
    wire.cuts += [("SELECT id FROM mailings_delivery", Cut.BEFORE_THE_ANSWER)]
    assert put_on_wire(held)
    assert only_letter() == ("on_wire", 1)
    assert (wire.made, wire.cuts) == (4, [])


def test_a_statement_that_the_server_still_works_on_is_waited_for(wire):
    held = make_held()
    wire.cuts.append((STEP, Cut.IN_THE_MIDDLE))
    works: list[Callable[[], object]] = [lambda: put_on_wire(held), lambda: hold_the_row(held.id)]
    assert at_once(2, lambda: works.pop()()) in ([None, True], [True, None])
    assert only_letter() == ("on_wire", 1)


def hold_the_row(delivery_id: int) -> None:
    """Keep a row locked for a while, so that whoever changes it waits."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM mailings_delivery WHERE id = %s FOR UPDATE", [delivery_id])
        time.sleep(0.5)


def test_what_was_swept_to_unknown_meanwhile_is_known_by_a_second_try(wire):
    held = make_held("on_wire")
    put(Delivery.objects.get(), "unknown")
    wire.cuts.append((STEP, Cut.BEFORE_THE_ANSWER))
    record_sent(held)
    assert only_letter() == ("sent", 1)


@EACH_STEP
def test_a_connection_that_was_lost_before_the_step_is_opened_anew(wire, step, state, left):
    # psycopg2 calls this fault by its most general name.
    held = make_held(state)
    wire.crash()
    assert step(held) in (True, None)
    assert only_letter() == left


def test_a_fault_that_is_not_the_connections_is_raised_at_once(wire, monkeypatch):
    held = make_held("on_wire")
    monkeypatch.setattr("time.sleep", lambda seconds: pytest.fail("it was tried again"))
    with pytest.raises(DatabaseError, match="smallint"):
        held.settle("sent", 100_000, "an odd code")
    assert only_letter() == ("on_wire", 1)


def test_inside_a_transaction_nothing_is_tried_twice(wire):
    held = make_held()
    wire.cuts.append((STEP, Cut.BEFORE_IT_ARRIVED))
    with pytest.raises(OperationalError), transaction.atomic():
        put_on_wire(held)
    assert only_letter() == ("claimed", 0)


def test_before_the_wire_patience_ends_and_nothing_leaves(wire, relay, monkeypatch):
    monkeypatch.setattr("mailings.rounds.PATIENCE_BEFORE_WIRE_SECONDS", 0.1)
    mailing = make_started(3)
    wire.cuts += [(STEP, Cut.BEFORE_IT_ARRIVED)] * 9
    assert drain(mailing.pk, 60) == 0
    assert relay.accepted == []
    assert states(mailing) == {"claimed": 3}
    wire.cuts.clear()
    sweeps.sweep_claimed(timezone.now() + MINUTE)
    assert drain(mailing.pk, 60) == 3
    assert states(mailing) == {"sent": 3}


def test_results_outlast_the_patience_for_the_marks_beside_them(wire, monkeypatch):
    monkeypatch.setattr("mailings.rounds.PATIENCE_BEFORE_WIRE_SECONDS", 0.1)
    first, second = make_two_held()
    wire.cuts += [(STEP, Cut.BEFORE_IT_ARRIVED)] * 3
    assert first.record(Round([Settled(first.id, "sent", *REPLY)], {second.id: ""})) == set()
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["claimed", "sent"]
    assert wire.cuts == []


def test_no_letter_leaves_long_after_it_was_marked_as_leaving(wire, monkeypatch):
    # The relay's idle time counts from the mark: what leaves much later may be asked about too soon, and leave twice.
    monkeypatch.setattr("mailings.rounds.PATIENCE_BEFORE_WIRE_SECONDS", 0.1)
    first, second = make_two_held()
    wire.cuts += [(STEP, Cut.BEFORE_THE_ANSWER), *[(STEP, Cut.BEFORE_IT_ARRIVED)] * 3]
    assert first.record(Round([Settled(first.id, "sent", *REPLY)], {second.id: ""})) == set()
    assert wire.cuts == []


# A letter that is marked as leaving and not told of stays here, and is unknown after a while.


@EACH_CUT
def test_what_may_leave_is_told_though_the_wire_is_cut_at_who_may_not(wire, cut):
    turn = Drain(make_started(2), Clock.read())
    first, second = (claimed.id for claimed in turn.claim(2))
    Subscriber.objects.filter(deliveries=second).update(status="unsubscribed")
    wire.cuts.append(("SET state = 'skipped'", cut))
    assert turn.record(Round(marks={first: "", second: ""})).letters == {first}
    assert states(turn.mailing) == {"on_wire": 1, "skipped": 1}


def test_what_may_leave_is_told_though_the_wire_is_cut_at_the_breakers_question(wire):
    turn = Drain(make_started(2), Clock.read())
    first, second = (claimed.id for claimed in turn.claim(2))
    wire.cuts.append(("FILTER (WHERE refused)", Cut.BEFORE_IT_ARRIVED))
    assert turn.record(Round([Settled(first, "failed", 550)], {second: ""})).letters == {second}
    assert states(turn.mailing) == {"failed": 1, "on_wire": 1}


def test_a_nudge_says_in_one_line_that_the_database_is_away(wire, caplog):
    make_started(1)
    wire.crash()
    tick()
    (line,) = [record.getMessage() for record in caplog.records if record.name == "mailings.tasks"]
    assert line.startswith("mailings.tasks.tick waits for the database: server closed the connection unexpectedly")
    assert "\n" not in line


# Whole mailings over a wire that is cut


BEFORE_OR_AFTER = pytest.mark.parametrize(
    "cut", [Cut.BEFORE_IT_ARRIVED, Cut.BEFORE_THE_ANSWER], ids=["before", "after"]
)


@pytest.mark.parametrize(
    "words", ['"id": {}, "state": "on_wire"', '"id": {}, "state": "sent"'], ids=["on_wire", "sent"]
)
@BEFORE_OR_AFTER
@override_settings(SMTP_CONNECTIONS=2)
def test_a_mailing_over_a_wire_that_is_cut_at_every_letter_reaches_all_once(wire, relay, words, cut):
    mailing = make_started(20)
    wire.cuts += [(words.format(pk), cut) for pk in mailing.deliveries.values_list("pk", flat=True)]
    assert drain(mailing.pk, 60) == 20
    assert wire.cuts == []
    assert set(Counter(relay.addresses).values()) == {1}
    assert states(mailing) == {"sent": 20}
    assert set(mailing.deliveries.values_list("attempts", flat=True)) == {1}


@BEFORE_OR_AFTER
@override_settings(SMTP_CONNECTIONS=1)
def test_and_so_it_does_where_the_relay_takes_the_next_envelope_with_the_dot(wire, cut):
    mailing = make_started(20)
    for words in ('"id": {}, "state": "on_wire"', '"id": {}, "state": "sent"'):
        wire.cuts += [(words.format(pk), cut) for pk in mailing.deliveries.values_list("pk", flat=True)]
    with scripted(ehlo="250-scripted\r\n250 PIPELINING") as server:
        assert drain(mailing.pk, 60) == 20
    assert wire.cuts == []
    assert len(set(server.letters)) == len(server.letters) == 20
    assert states(mailing) == {"sent": 20}
    assert set(mailing.deliveries.values_list("attempts", flat=True)) == {1}


@override_settings(RELAY_IDLE_SECONDS=1)
def test_marked_as_leaving_by_a_database_that_is_then_lost_it_leaves_later(wire, relay, monkeypatch):
    monkeypatch.setattr("mailings.rounds.PATIENCE_BEFORE_WIRE_SECONDS", 0.1)
    mailing = make_started(1)
    wire.cuts += [(STEP, Cut.BEFORE_THE_ANSWER), *[(STEP, Cut.BEFORE_IT_ARRIVED)] * 9]
    assert drain(mailing.pk, 60) == 0
    assert (relay.accepted, states(mailing)) == ([], {"on_wire": 1})
    wire.cuts.clear()
    later = timezone.now() + HOUR
    assert (sweeps.sweep_on_wire(later), resolve_unknown(timezone.now())) == (1, 1)
    assert drain(mailing.pk, 60) == 1
    assert len(relay.accepted) == 1
