"""A step whose answer from the database is lost: the row is asked, nothing is assumed."""

import datetime
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from django.test import override_settings
from django.utils import timezone

from mailings import ledger, sweeps
from mailings.ledger import Claim
from mailings.models import Delivery, Mailing
from mailings.sending import drain
from mailings.tasks import tick
from mailings.unknown import resolve_unknown
from subscribers.models import Subscriber
from tests.mailings.cast import DAY, HOUR, MINUTE, OWNER, STRANGER, at_once, make_mailing, put, states
from tests.mailings.cut_wire import Cut, Wire, laid_wire

pytestmark = pytest.mark.django_db(transaction=True)
STEP = "UPDATE mailings_delivery"
REPLY = (250, "2.0.0 taken")
EACH_CUT = pytest.mark.parametrize("cut", list(Cut), ids=lambda cut: cut.name.lower())


@pytest.fixture
def wire(transactional_db, monkeypatch) -> Iterator[Wire]:
    with laid_wire(monkeypatch) as wire:
        yield wire


def put_on_wire(claimed: Claim, at: datetime.datetime) -> bool:
    return ledger.put_on_wire(claimed.id, OWNER, at)


def skip_if_gone(claimed: Claim, at: datetime.datetime) -> bool:
    Subscriber.objects.update(status="unsubscribed")
    return ledger.skip_if_gone(claimed.id, OWNER)


def record_sent(claimed: Claim, at: datetime.datetime) -> bool:
    return ledger.record_sent(claimed, OWNER, REPLY, at)


def record_failed(claimed: Claim, at: datetime.datetime) -> bool:
    return ledger.record(claimed, OWNER, "failed", (550, "no"), at)


def record_unknown(claimed: Claim, at: datetime.datetime) -> bool:
    return ledger.record(claimed, OWNER, "unknown", (0, "lost"), at)


def defer(claimed: Claim, at: datetime.datetime) -> bool:
    return ledger.defer(claimed, OWNER, (451, "later"), at + MINUTE)


def give_back(claimed: Claim, at: datetime.datetime) -> bool:
    return ledger.give_back(claimed, OWNER, at + MINUTE)


# Each step, the state it begins in, and what it leaves: state and attempts.
STEPS = [
    (put_on_wire, "claimed", ("on_wire", 1)),
    (skip_if_gone, "claimed", ("skipped", 0)),
    (record_sent, "on_wire", ("sent", 1)),
    (record_failed, "on_wire", ("failed", 1)),
    (record_unknown, "on_wire", ("unknown", 1)),
    (defer, "claimed", ("queued", 1)),
    (defer, "on_wire", ("queued", 1)),
    (give_back, "on_wire", ("queued", 0)),
]
EACH_STEP = pytest.mark.parametrize(("step", "state", "left"), STEPS, ids=lambda value: getattr(value, "__name__", ""))


def make_held(state: str = "claimed") -> tuple[Claim, datetime.datetime]:
    """Make one letter that OWNER has claimed, or has on the wire; return it and the instant."""
    at = timezone.now()
    mailing = make_mailing(readers=1)
    (claimed,) = ledger.claim(mailing.pk, OWNER, at)
    if state == "on_wire":
        assert ledger.put_on_wire(claimed.id, OWNER, at)
    return claimed, at


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
    claimed, at = make_held(state)
    wire.cuts.append((STEP, cut))
    assert step(claimed, at)
    assert only_letter() == left
    assert wire.made == 1


@EACH_STEP
def test_a_step_that_a_stale_worker_may_not_make_is_not_taken_for_made(wire, step, state, left):
    claimed, at = make_held(state)
    Delivery.objects.update(owner=STRANGER)
    before = only_letter()
    if step is skip_if_gone:
        Subscriber.objects.update(status="unsubscribed")
    wire.cuts.append((STEP, Cut.BEFORE_THE_ANSWER))
    assert not step(claimed, at)
    assert only_letter() == before
    assert wire.made == 1


@EACH_CUT
def test_who_left_meanwhile_gets_nothing_whatever_the_wire_does(wire, cut):
    claimed, at = make_held()
    Subscriber.objects.update(status="unsubscribed")
    wire.cuts.append((STEP, cut))
    assert not put_on_wire(claimed, at)
    assert only_letter() == ("claimed", 0)


def test_cut_again_and_again_it_is_asked_again_and_again(wire):
    claimed, at = make_held()
    wire.cuts += [(STEP, Cut.BEFORE_IT_ARRIVED), (STEP, Cut.BEFORE_THE_ANSWER), (STEP, Cut.BEFORE_IT_ARRIVED)]
    wire.cuts += [("SELECT 1 FROM mailings_delivery", Cut.BEFORE_THE_ANSWER)]
    assert put_on_wire(claimed, at)
    assert only_letter() == ("on_wire", 1)
    assert (wire.made, wire.cuts) == (4, [])


def test_a_statement_that_the_server_still_works_on_is_waited_for(wire):
    claimed, at = make_held()
    wire.cuts.append((STEP, Cut.IN_THE_MIDDLE))
    works: list[Callable[[], object]] = [lambda: put_on_wire(claimed, at), lambda: hold_the_row(claimed.id)]
    assert at_once(2, lambda: works.pop()()) in ([None, True], [True, None])
    assert only_letter() == ("on_wire", 1)


def hold_the_row(delivery_id: int) -> None:
    """Keep a row locked for a while, so that whoever changes it waits."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM mailings_delivery WHERE id = %s FOR UPDATE", [delivery_id])
        time.sleep(0.5)


def test_what_was_swept_to_unknown_meanwhile_is_known_by_a_second_try(wire):
    claimed, at = make_held("on_wire")
    put(Delivery.objects.get(), "unknown")
    wire.cuts.append((STEP, Cut.BEFORE_THE_ANSWER))
    assert record_sent(claimed, at)
    assert only_letter() == ("sent", 1)


@pytest.mark.parametrize(("step", "state", "left"), [row for row in STEPS if row[0] is not skip_if_gone])
def test_a_connection_that_was_lost_before_the_step_is_opened_anew(wire, step, state, left):
    # psycopg2 calls this fault by its most general name.
    claimed, at = make_held(state)
    wire.crash()
    assert step(claimed, at)
    assert only_letter() == left


def test_a_fault_that_is_not_the_connections_is_raised_at_once(wire):
    claimed, at = make_held("on_wire")
    with pytest.raises(DatabaseError, match="Invalid transition"):
        ledger.record(claimed, OWNER, "lost", REPLY, at)


def test_inside_a_transaction_nothing_is_tried_twice(wire):
    claimed, at = make_held()
    wire.cuts.append((STEP, Cut.BEFORE_IT_ARRIVED))
    with pytest.raises(OperationalError), transaction.atomic():
        put_on_wire(claimed, at)
    assert only_letter() == ("claimed", 0)


def test_before_the_wire_patience_ends_and_nothing_leaves(wire, relay, monkeypatch):
    monkeypatch.setattr("mailings.ledger.PATIENCE_BEFORE_WIRE_SECONDS", 0.1)
    mailing = make_started(3)
    wire.cuts += [("SET state = 'on_wire'", Cut.BEFORE_IT_ARRIVED)] * 9
    assert drain(mailing.pk, 60) == 0
    assert relay.accepted == []
    assert states(mailing) == {"claimed": 3}
    wire.cuts.clear()
    sweeps.sweep_claimed(timezone.now() + MINUTE)
    assert drain(mailing.pk, 60) == 3
    assert states(mailing) == {"sent": 3}


def test_a_nudge_says_in_one_line_that_the_database_is_away(wire, caplog):
    make_started(1)
    wire.crash()
    tick()
    (line,) = [record.getMessage() for record in caplog.records if record.name == "mailings.tasks"]
    assert line.startswith("mailings.tasks.tick waits for the database: server closed the connection unexpectedly")
    assert "\n" not in line


# Whole mailings over a wire that is cut


@pytest.mark.parametrize("words", ["WHERE d.id = {} AND d.owner", "WHERE id = {} AND ((state"], ids=["on_wire", "sent"])
@pytest.mark.parametrize("cut", [Cut.BEFORE_IT_ARRIVED, Cut.BEFORE_THE_ANSWER], ids=["before", "after"])
def test_a_mailing_over_a_wire_that_is_cut_at_every_letter_reaches_all_once(wire, relay, words, cut):
    mailing = make_started(20)
    wire.cuts += [(words.format(pk), cut) for pk in mailing.deliveries.values_list("pk", flat=True)]
    assert drain(mailing.pk, 60) == 20
    assert wire.cuts == []
    assert set(Counter(relay.addresses).values()) == {1}
    assert states(mailing) == {"sent": 20}
    assert set(mailing.deliveries.values_list("attempts", flat=True)) == {1}


@override_settings(RELAY_IDLE_SECONDS=1)
def test_marked_as_leaving_by_a_database_that_is_then_lost_it_leaves_later(wire, relay, monkeypatch):
    monkeypatch.setattr("mailings.ledger.PATIENCE_BEFORE_WIRE_SECONDS", 0)
    mailing = make_started(1)
    wire.cuts.append(("SET state = 'on_wire'", Cut.BEFORE_THE_ANSWER))
    assert drain(mailing.pk, 60) == 0
    assert (relay.accepted, states(mailing)) == ([], {"on_wire": 1})
    later = timezone.now() + HOUR
    assert (sweeps.sweep_on_wire(later), resolve_unknown(timezone.now())) == (1, 1)
    assert drain(mailing.pk, 60) == 1
    assert len(relay.accepted) == 1
