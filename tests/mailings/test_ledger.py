import datetime
import uuid
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from mailings import ledger, rounds, sweeps
from mailings.ledger import Claim
from mailings.models import Delivery, Mailing
from mailings.rounds import Round, Settled
from mailings.unknown import resolve_unknown
from publication.models import SenderClaim
from subscribers.models import Subscriber, Suppression
from tests.factories import MARCH
from tests.mailings.cast import (
    HOUR,
    MINUTE,
    OWNER,
    SECOND,
    STRANGER,
    at_once,
    make_act,
    make_delivery_in,
    make_mailing,
    make_readers,
    put,
    states,
    stop,
)

pytestmark = pytest.mark.django_db
LEASE = 45 * SECOND
IDLE = 900 * SECOND
TAKEN = (250, "queued as 1")


def claim_one(at: datetime.datetime = MARCH, owner: uuid.UUID = OWNER) -> Claim:
    (claimed,) = ledger.claim(Mailing.objects.get().pk, owner, at)
    return claimed


def put_on_wire(claimed: Claim, owner: uuid.UUID = OWNER, at: datetime.datetime = MARCH) -> bool:
    """Mark one letter as leaving; tell whether it may."""
    marked = rounds.record(owner, Mailing.objects.get().pk, Round(marks={claimed.id: "mail.example.org"}), at)
    assert marked in (set(), {claimed.id})
    return bool(marked)


def settle(
    claimed: Claim,
    state: str,
    reply: tuple[int | None, str | None] = (250, "queued as 1"),
    owner: uuid.UUID = OWNER,
    at: datetime.datetime = MARCH,
    **fields,
) -> bool:
    """Write down what became of one letter; tell whether that changed its row."""
    before = Delivery.objects.values().get(pk=claimed.id)
    settled = Settled(claimed.id, state, *reply, **fields)
    assert rounds.record(owner, Mailing.objects.get().pk, Round([settled]), at) == set()
    return Delivery.objects.values().get(pk=claimed.id) != before


def defer(claimed: Claim, owner: uuid.UUID = OWNER) -> bool:
    return settle(claimed, "queued", (450, "later"), owner, until=MARCH + HOUR, attempts=claimed.attempts + 1)


def give_back(claimed: Claim, owner: uuid.UUID = OWNER) -> bool:
    return settle(claimed, "queued", (None, None), owner, until=MARCH + HOUR, attempts=claimed.attempts)


def wire(at: datetime.datetime = MARCH) -> Claim:
    """Make a mailing of one letter and put it on the wire."""
    make_mailing(readers=1)
    claimed = claim_one(at)
    assert put_on_wire(claimed, at=at)
    return claimed


def row() -> Any:
    return Delivery.objects.values().get()


# Claiming


def test_a_claim_holds_what_a_letter_needs():
    mailing = make_mailing(readers=1)
    claimed = claim_one()
    reader = mailing.deliveries.get().subscriber
    assert (claimed.address, claimed.token, claimed.attempts) == (reader.address, reader.letter_token, 0)
    assert claimed.message_id == row()["message_id"]
    assert (row()["state"], row()["owner"], row()["lease_until"]) == ("claimed", OWNER, MARCH + LEASE)


def test_a_claim_takes_no_more_than_its_limit_the_longest_due_first():
    mailing = make_mailing(readers=5)
    *_, longer, longest = mailing.deliveries.order_by("pk")
    for hours, delivery in ((1, longer), (2, longest)):
        Delivery.objects.filter(pk=delivery.pk).update(not_before=MARCH - hours * HOUR)
    taken = [claimed.id for claimed in ledger.claim(mailing.pk, OWNER, MARCH, limit=2)]
    assert taken == [longest.pk, longer.pk]
    assert states(mailing) == {"claimed": 2, "queued": 3}


def test_a_claim_leaves_what_is_not_due_yet():
    mailing = make_mailing(readers=1)
    assert ledger.claim(mailing.pk, OWNER, MARCH - SECOND) == []
    assert len(ledger.claim(mailing.pk, OWNER, MARCH)) == 1


@pytest.mark.parametrize("state", ["paused", "cancelled"])
def test_a_claim_takes_nothing_of_a_stopped_mailing(state):
    mailing = make_mailing(readers=1)
    stop(state)
    assert ledger.claim(mailing.pk, OWNER, MARCH) == []


def test_a_claim_takes_what_a_dead_worker_held_once_the_lease_is_over():
    mailing = make_mailing(readers=1)
    claim_one()
    assert ledger.claim(mailing.pk, STRANGER, MARCH + LEASE) == []
    assert claim_one(MARCH + LEASE + SECOND, STRANGER).id
    assert row()["owner"] == STRANGER


def test_what_a_dead_worker_held_and_what_is_due_are_taken_within_one_limit():
    mailing = make_mailing(readers=5)
    held = {claimed.id for claimed in ledger.claim(mailing.pk, OWNER, MARCH, limit=2)}
    later = MARCH + LEASE + SECOND
    taken = {claimed.id for claimed in ledger.claim(mailing.pk, STRANGER, later, limit=4)}
    assert len(taken) == 4 and held < taken
    assert states(mailing) == {"claimed": 4, "queued": 1}


@pytest.mark.parametrize("state", ["on_wire", "sent", "failed", "unknown", "skipped", "abandoned"])
def test_a_claim_takes_nothing_else(state):
    delivery = make_delivery_in(state)
    assert ledger.claim(delivery.mailing_id, STRANGER, MARCH + 24 * HOUR) == []


@pytest.mark.django_db(transaction=True)
def test_claimers_at_once_never_share_a_letter():
    mailing = make_mailing(readers=100)
    batches = at_once(4, lambda: ledger.claim(mailing.pk, uuid.uuid4(), MARCH, limit=30))
    taken = [claimed.id for batch in batches for claimed in batch]
    assert len(taken) == len(set(taken)) == 100


@pytest.mark.django_db(transaction=True)
def test_a_claimer_passes_by_what_another_is_just_taking():
    mailing = make_mailing(readers=4)
    with transaction.atomic():
        first = ledger.claim(mailing.pk, OWNER, MARCH, limit=2)
        (second,) = at_once(1, lambda: ledger.claim(mailing.pk, STRANGER, MARCH, limit=4))
    assert len(first) == len(second) == 2


# Onto the wire


def test_on_wire_is_marked_with_its_moment_and_its_relay_and_counted():
    wire()
    assert (row()["state"], row()["on_wire_at"], row()["attempts"]) == ("on_wire", MARCH, 1)
    assert (row()["owner"], row()["lease_until"], row()["relay"]) == (OWNER, MARCH + LEASE, "mail.example.org")


def test_its_lease_begins_anew():
    make_mailing(readers=1)
    assert put_on_wire(claim_one(), at=MARCH + 40 * SECOND)
    assert row()["lease_until"] == MARCH + 40 * SECOND + LEASE


def test_another_worker_puts_nothing_on_the_wire():
    make_mailing(readers=1)
    claimed = claim_one()
    assert not put_on_wire(claimed, STRANGER)
    assert row()["state"] == "claimed"


def test_nor_does_a_worker_whose_lease_is_over():
    make_mailing(readers=1)
    claimed = claim_one()
    assert not put_on_wire(claimed, at=MARCH + LEASE)
    assert row()["state"] == "claimed"


def test_nor_does_anybody_twice():
    claimed = wire()
    assert not put_on_wire(claimed)
    assert row()["attempts"] == 1


def test_nor_what_is_only_queued():
    mailing = make_mailing(readers=1)
    assert rounds.record(OWNER, mailing.pk, Round(marks={row()["id"]: ""}), MARCH) == set()
    assert row()["state"] == "queued"


@pytest.mark.parametrize("state", ["paused", "cancelled"])
def test_nothing_of_a_stopped_mailing_goes_on_the_wire(state):
    make_mailing(readers=1)
    claimed = claim_one()
    stop(state)
    assert not put_on_wire(claimed)
    assert ledger.skip_gone([claimed.id], OWNER) == 0
    assert row()["state"] == "claimed"


def test_nor_of_one_that_another_installation_has_claimed():
    make_mailing(readers=1)
    claimed = claim_one()
    SenderClaim.objects.create(identity="the new machine", at=MARCH, why="the old one burnt")
    assert not put_on_wire(claimed)
    assert row()["state"] == "claimed"


def leave(how: str) -> None:
    reader = Delivery.objects.get().subscriber
    if how == "erased":
        reader.delete()
    elif how == "suppressed":
        Suppression.objects.create(address_hash=reader.address_hash, reason="complaint", at=MARCH)
    else:
        type(reader).objects.update(status=how)


@pytest.mark.parametrize("how", ["unsubscribed", "bounced", "complained", "suppressed", "erased"])
def test_a_reader_who_has_left_is_skipped(how):
    make_mailing(readers=1)
    claimed = claim_one()
    leave(how)
    assert not put_on_wire(claimed)
    assert ledger.skip_gone([claimed.id], STRANGER) == 0
    assert ledger.skip_gone([claimed.id], OWNER) == 1
    assert (row()["state"], row()["owner"]) == ("skipped", None)


def test_a_reader_who_is_there_is_not_skipped():
    make_mailing(readers=1)
    assert ledger.skip_gone([claim_one().id], OWNER) == 0
    assert row()["state"] == "claimed"


def test_of_several_only_those_who_left_are_skipped():
    mailing = make_mailing(readers=3)
    ids = [claimed.id for claimed in ledger.claim(mailing.pk, OWNER, MARCH)]
    Subscriber.objects.filter(deliveries=ids[1]).update(status="unsubscribed")
    assert rounds.record(OWNER, mailing.pk, Round(marks=dict.fromkeys(ids, "")), MARCH) == {ids[0], ids[2]}
    assert ledger.skip_gone(ids, OWNER) == 1
    assert states(mailing) == {"on_wire": 2, "skipped": 1}


# Recording


def test_what_the_relay_took_is_sent_with_its_words():
    assert settle(wire(), "sent", TAKEN, at=MARCH + SECOND)
    assert (row()["state"], row()["sent_at"], row()["owner"]) == ("sent", MARCH + SECOND, None)
    assert (row()["lease_until"], row()["failed_at"], row()["attempts"]) == (None, None, 1)
    assert (row()["smtp_code"], row()["smtp_text"]) == TAKEN


def test_words_longer_than_the_column_are_cut():
    assert settle(wire(), "sent", (250, "x" * 1000))
    assert row()["smtp_text"] == "x" * 500


def test_odd_words_are_kept_as_they_are():
    words = """ü "quoted" 'twice' \\ %(owner)s %s {} \t \N{REPLACEMENT CHARACTER} \x1b"""
    assert settle(wire(), "failed", (550, words))
    assert row()["smtp_text"] == words


@pytest.mark.parametrize(
    "step",
    [
        lambda c: settle(c, "sent", owner=STRANGER),
        lambda c: settle(c, "failed", owner=STRANGER),
        lambda c: settle(c, "unknown", owner=STRANGER),
        lambda c: defer(c, STRANGER),
        lambda c: give_back(c, STRANGER),
        lambda c: put_on_wire(c, STRANGER),
        lambda c: ledger.release([c.id], STRANGER, MARCH),
        lambda c: ledger.renew(STRANGER, MARCH),
    ],
)
@pytest.mark.parametrize("on_wire", [True, False])
def test_a_stale_worker_changes_nothing(step, on_wire):
    make_mailing(readers=1)
    claimed = claim_one()
    assert not on_wire or put_on_wire(claimed)
    before = row()
    assert not step(claimed)
    assert row() == before


def test_an_answer_that_comes_after_the_sweep_is_still_heard():
    claimed = wire()
    assert sweeps.sweep_on_wire(MARCH + IDLE + MINUTE) == 1
    assert settle(claimed, "sent", TAKEN, at=MARCH + IDLE + MINUTE)
    assert row()["state"] == "sent"


@pytest.mark.parametrize("state", ["failed", "unknown", "queued"])
def test_but_only_one_that_says_that_it_was_taken(state):
    claimed = wire()
    assert sweeps.sweep_on_wire(MARCH + IDLE + MINUTE) == 1
    assert not settle(claimed, state, at=MARCH + IDLE + MINUTE)


@pytest.mark.parametrize("state", ["failed", "unknown"])
def test_a_lost_or_refused_letter_is_recorded(state):
    assert settle(wire(), state, (550, "no"), at=MARCH + SECOND)
    assert (row()["state"], row()["smtp_code"], row()["owner"]) == (state, 550, None)
    assert (row()["sent_at"], row()["failed_at"]) == (None, MARCH + SECOND if state == "failed" else None)


def test_one_refused_before_the_wire_is_failed():
    make_mailing(readers=1)
    assert settle(claim_one(), "failed", (550, "no"))
    assert (row()["state"], row()["attempts"]) == ("failed", 0)


@pytest.mark.parametrize("state", ["unknown", "sent"])
def test_what_never_was_on_the_wire_cannot_be_unknown_nor_sent(state):
    make_mailing(readers=1)
    assert not settle(claim_one(), state)
    assert row()["state"] == "claimed"


@pytest.mark.parametrize("state", ["skipped", "abandoned", "claimed", "lost"])
@pytest.mark.parametrize("on_wire", [True, False])
def test_no_letter_is_settled_as_anything_else(state, on_wire):
    make_mailing(readers=1)
    claimed = claim_one()
    assert not on_wire or put_on_wire(claimed)
    assert not settle(claimed, state)


@pytest.mark.parametrize("state", ["sent", "failed", "skipped", "abandoned", "queued"])
@pytest.mark.parametrize("became", ["sent", "failed", "unknown", "queued"])
def test_what_is_settled_stays_so(state, became):
    delivery = make_delivery_in(state)
    claimed = Claim(delivery.pk, 0, None, delivery.message_id, None)
    assert not settle(claimed, became, until=MARCH + HOUR, attempts=7)


@pytest.mark.parametrize("on_wire", [True, False])
def test_a_deferred_letter_waits_and_counts_one_attempt(on_wire):
    make_mailing(readers=1)
    claimed = claim_one()
    assert not on_wire or put_on_wire(claimed)
    assert defer(claimed)
    assert (row()["state"], row()["attempts"], row()["not_before"]) == ("queued", 1, MARCH + HOUR)
    assert (row()["smtp_code"], row()["smtp_text"], row()["owner"]) == (450, "later", None)


@pytest.mark.parametrize("on_wire", [True, False])
def test_a_letter_given_back_counts_no_attempt_and_keeps_what_was_last_said(on_wire):
    make_mailing(readers=1)
    Delivery.objects.update(attempts=2, smtp_code=450, smtp_text="later")
    claimed = claim_one()
    assert not on_wire or put_on_wire(claimed)
    assert give_back(claimed)
    assert (row()["state"], row()["attempts"], row()["not_before"]) == ("queued", 2, MARCH + HOUR)
    assert (row()["smtp_code"], row()["smtp_text"], row()["owner"]) == (450, "later", None)


# Rounds


def test_a_round_settles_some_and_marks_others_in_one_statement(django_assert_num_queries):
    mailing = make_mailing(readers=9)
    batch = ledger.claim(mailing.pk, OWNER, MARCH)
    first, rest = batch[:4], batch[4:]
    assert len(rounds.record(OWNER, mailing.pk, Round(marks={c.id: "one" for c in first}), MARCH)) == 4
    became = ["sent", "failed", "unknown", "queued"]
    round = Round(
        [Settled(c.id, state, 250, state) for c, state in zip(first, became, strict=True)],
        {c.id: f"relay {c.id}" for c in rest},
    )
    with django_assert_num_queries(1):
        marked = rounds.record(OWNER, mailing.pk, round, MARCH)
    assert marked == {claimed.id for claimed in rest}
    found = dict(mailing.deliveries.values_list("pk", "state"))
    assert [found[claimed.id] for claimed in batch] == [*became, *["on_wire"] * 5]
    assert set(mailing.deliveries.filter(state="on_wire").values_list("relay", flat=True)) == set(round.marks.values())


def test_what_cannot_be_done_keeps_nothing_else_of_its_round_from_being_done():
    mailing = make_mailing(readers=6)
    batch = ledger.claim(mailing.pk, OWNER, MARCH)
    ids = [claimed.id for claimed in batch]
    rounds.record(OWNER, mailing.pk, Round(marks=dict.fromkeys(ids[:2], "")), MARCH)
    Subscriber.objects.filter(deliveries=ids[3]).delete()
    Delivery.objects.filter(pk__in=[ids[0], ids[4]]).update(owner=STRANGER)
    round = Round([Settled(pk, "sent") for pk in [*ids[:2], ids[2], 10**9]], dict.fromkeys([*ids[3:], 10**9], ""))
    assert rounds.record(OWNER, mailing.pk, round, MARCH) == {ids[5]}
    found = dict(mailing.deliveries.values_list("pk", "state"))
    assert [found[pk] for pk in ids] == ["on_wire", "sent", "claimed", "claimed", "claimed", "on_wire"]


def test_a_mailing_that_was_stopped_still_gets_its_results():
    mailing = make_mailing(readers=2)
    first, second = ledger.claim(mailing.pk, OWNER, MARCH)
    put_on_wire(first)
    stop("paused")
    assert rounds.record(OWNER, mailing.pk, Round([Settled(first.id, "sent")], {second.id: ""}), MARCH) == set()
    assert states(mailing) == {"claimed": 1, "sent": 1}


def test_a_round_is_true_when_there_is_something_to_write():
    settled = Settled(1, "sent")
    assert [bool(round) for round in (Round(), Round([settled]), Round(marks={1: ""}))] == [False, True, True]


@pytest.mark.django_db(transaction=True)
def test_a_statement_is_prepared_once_a_connection():
    mailing = make_mailing(readers=1)
    connection.close()

    def prepared() -> list[int]:
        numbers = []
        for _ in range(3):
            rounds.record(OWNER, mailing.pk, Round(marks={1: ""}), MARCH)
            numbers.append(count_prepared())
        return numbers

    assert at_once(2, prepared) == [[1, 1, 1], [1, 1, 1]]


def count_prepared() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name = 'mailings_record'")
        return cursor.fetchone()[0]


# Giving back untried


def test_a_release_leaves_attempts_and_what_is_on_the_wire():
    mailing = make_mailing(readers=3)
    batch = ledger.claim(mailing.pk, OWNER, MARCH)
    put_on_wire(batch[0])
    Delivery.objects.filter(pk=batch[1].id).update(attempts=2)
    assert ledger.release([claimed.id for claimed in batch], OWNER, MARCH) == 2
    assert states(mailing) == {"on_wire": 1, "queued": 2}
    assert Delivery.objects.get(pk=batch[1].id).attempts == 2


# Leases


def test_a_lease_is_renewed_while_it_lasts():
    make_mailing(readers=1)
    claim_one()
    assert ledger.renew(OWNER, MARCH + 40 * SECOND) == 1
    assert row()["lease_until"] == MARCH + 40 * SECOND + LEASE
    assert sweeps.sweep_claimed(MARCH + LEASE + SECOND) == 0


def test_a_lease_that_is_over_is_not_renewed():
    make_mailing(readers=1)
    claim_one()
    assert ledger.renew(OWNER, MARCH + LEASE + SECOND) == 0


@pytest.mark.django_db(transaction=True)
def test_renewing_does_not_wait_for_the_letter_at_hand():
    mailing = make_mailing(readers=3)
    batch = ledger.claim(mailing.pk, OWNER, MARCH)
    with transaction.atomic():
        assert put_on_wire(batch[0])
        assert at_once(1, lambda: ledger.renew(OWNER, MARCH + SECOND)) == [2]


# Sweeping


def test_what_a_dead_worker_had_claimed_is_queued_again():
    make_mailing(readers=1)
    claim_one()
    assert sweeps.sweep_claimed(MARCH + LEASE) == 0
    assert sweeps.sweep_claimed(MARCH + LEASE + SECOND) == 1
    assert (row()["state"], row()["attempts"], row()["owner"]) == ("queued", 0, None)


def test_what_it_had_on_the_wire_is_unknown_once_the_relay_is_idle():
    wire()
    assert sweeps.sweep_on_wire(MARCH + LEASE + SECOND) == 0
    assert sweeps.sweep_on_wire(MARCH + IDLE) == 0
    assert sweeps.sweep_on_wire(MARCH + IDLE + SECOND) == 1
    assert (row()["state"], row()["owner"]) == ("unknown", None)


def test_what_a_living_worker_has_on_the_wire_is_left_to_it():
    wire()
    for minute in range(20):
        Delivery.objects.update(lease_until=MARCH + minute * MINUTE + LEASE)
        assert sweeps.sweep_on_wire(MARCH + minute * MINUTE) == 0


def test_the_unknown_is_retried_once_with_the_same_message_id_then_abandoned():
    claimed = wire()
    assert settle(claimed, "unknown", (0, ""))
    assert resolve_unknown(MARCH + MINUTE) == 1
    assert (row()["state"], row()["not_before"], row()["unknown_retried"]) == ("queued", MARCH + MINUTE, True)
    again = claim_one(MARCH + MINUTE)
    assert again.message_id == claimed.message_id
    assert put_on_wire(again, at=MARCH + MINUTE)
    assert settle(again, "unknown", (0, ""))
    assert resolve_unknown(MARCH + 2 * MINUTE) == 1
    assert row()["state"] == "abandoned"


def test_the_unknown_of_a_paused_mailing_waits():
    make_delivery_in("unknown")
    stop("paused")
    assert resolve_unknown(MARCH) == 0


def test_the_unknown_of_a_cancelled_mailing_is_listed():
    make_delivery_in("unknown")
    stop("cancelled")
    assert resolve_unknown(MARCH) == 1
    assert row()["state"] == "abandoned"


def test_a_reader_who_left_meanwhile_gets_no_second_copy():
    delivery = make_delivery_in("unknown")
    type(delivery.subscriber).objects.update(status="unsubscribed")
    resolve_unknown(MARCH)
    claimed = claim_one()
    assert not put_on_wire(claimed)
    assert ledger.skip_gone([claimed.id], OWNER) == 1


# Finishing


def test_a_mailing_is_finished_with_its_counts():
    mailing = make_mailing(readers=5)
    ways = [["claimed", "on_wire", "sent"]] * 2 + [["skipped"], ["claimed", "failed"]]
    ways += [["claimed", "on_wire", "unknown", "abandoned"]]
    for delivery, way in zip(mailing.deliveries.all(), ways, strict=True):
        for step in way:
            put(delivery, step)
    assert sweeps.finish(MARCH + HOUR) == 1
    done = Mailing.objects.get()
    assert (done.state, done.finished_at) == ("finished", MARCH + HOUR)
    assert (done.planned, done.sent, done.skipped, done.failed, done.abandoned) == (5, 2, 1, 1, 1)
    assert sweeps.finish(MARCH + 2 * HOUR) == 0


@pytest.mark.parametrize("state", ["queued", "claimed", "on_wire", "unknown"])
def test_a_mailing_with_a_letter_to_do_is_not_finished(state):
    make_delivery_in(state)
    assert sweeps.finish(MARCH) == 0
    assert sweeps.unbalanced() == []


def test_a_paused_mailing_is_not_finished():
    make_delivery_in("sent")
    stop("paused")
    assert sweeps.finish(MARCH) == 0


def test_a_cancelled_mailing_gets_its_counts_once_and_stays_cancelled():
    make_delivery_in("sent")
    stop("cancelled")
    assert [sweeps.finish(MARCH), sweeps.finish(MARCH + HOUR)] == [1, 0]
    mailing = Mailing.objects.get()
    assert (mailing.state, mailing.sent, mailing.finished_at) == ("cancelled", 1, MARCH)


def test_what_a_cancelled_mailing_has_not_sent_is_skipped():
    mailing = make_mailing(readers=3)
    ledger.claim(mailing.pk, OWNER, MARCH, 1)
    assert sweeps.sweep_cancelled() == 0
    stop("cancelled")
    assert sweeps.sweep_cancelled() == 2
    assert states(mailing) == {"claimed": 1, "skipped": 2}


def test_a_mailing_that_a_person_retries_is_finished_anew():
    delivery = make_delivery_in("failed")
    sweeps.finish(MARCH)
    Mailing.objects.update(state="sending")
    put(delivery, "queued", act=make_act(delivery.mailing))
    for step in ("claimed", "on_wire", "sent"):
        put(delivery, step)
    assert sweeps.finish(MARCH + HOUR) == 1
    assert (Mailing.objects.get().sent, Mailing.objects.get().failed) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_a_mailing_that_is_just_being_paused_is_not_finished():
    make_delivery_in("sent")
    with transaction.atomic():
        stop("paused")
        assert at_once(1, lambda: sweeps.finish(MARCH)) == [0]
    assert sweeps.finish(MARCH) == 0
    assert Mailing.objects.get().state == "paused"


@pytest.mark.django_db(transaction=True)
def test_sweepers_at_once_settle_each_letter_once():
    mailing = make_mailing(readers=60)
    ledger.claim(mailing.pk, OWNER, MARCH, limit=60)
    assert sum(at_once(4, lambda: sweeps.sweep_claimed(MARCH + HOUR))) == 60
    assert states(mailing) == {"queued": 60}


# Planning


def test_planning_again_adds_only_who_is_missing():
    mailing = make_mailing(readers=2)
    assert ledger.plan(mailing, MARCH) == 0
    make_readers(1, first=2)
    assert ledger.plan(mailing, MARCH) == 1


def test_planning_never_looks_for_readers_one_by_one():
    # The statement makes the table grow: what reads it anew for each reader needs hours for a million.
    plans: list[str] = []

    def explain(execute, sql, params, many, context):
        if sql.strip().startswith("INSERT INTO mailings_delivery"):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql}", params)
                plans.append("\n".join(line for (line,) in cursor.fetchall()))
        return execute(sql, params, many, context)

    mailing = make_mailing(readers=3)
    with connection.execute_wrapper(explain):
        ledger.plan(mailing, MARCH)
    (found,) = plans
    assert found.count("Anti Join") == 3
    assert "Nested Loop" not in found
    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_nestloop")
        assert cursor.fetchone() == ("on",)


def test_no_two_letters_of_any_mailings_have_the_same_message_id():
    mailing = make_mailing(readers=3)
    correction = Mailing.objects.create(
        bulletin=mailing.bulletin,
        number=1,
        subject="A correction",
        headers=[],
        started_at=MARCH,
        give_up_at=MARCH,
        watched_from=MARCH,
    )
    for delivery in mailing.deliveries.all():
        for step in ("claimed", "on_wire", "sent"):
            put(delivery, step)
    assert ledger.plan(correction, MARCH) == 3
    for of in (mailing, correction):
        for delivery in of.deliveries.all():
            name = f"<b{of.pk}.{delivery.address_hash[:32]}@{settings.MAIL_DOMAIN}>"
            assert delivery.message_id == name
    assert len(set(Delivery.objects.values_list("message_id", flat=True))) == 6


def test_who_was_erased_and_comes_back_under_the_same_address_gets_no_second_letter():
    mailing = make_mailing(readers=2)
    Subscriber.objects.filter(address="reader0@example.org").delete()
    make_readers(1)
    assert ledger.plan(mailing, MARCH) == 0
