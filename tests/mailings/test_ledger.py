import datetime
import uuid
from typing import Any

import pytest
from django.db import transaction

from mailings import ledger, sweeps
from mailings.ledger import Claim
from mailings.models import Delivery, Mailing
from mailings.unknown import resolve_unknown
from subscribers.models import Suppression
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


def wire(at: datetime.datetime = MARCH) -> Claim:
    """Make a mailing of one letter and put it on the wire."""
    make_mailing(readers=1)
    claimed = claim_one(at)
    assert ledger.put_on_wire(claimed.id, OWNER, at)
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
    last = mailing.deliveries.last()
    Delivery.objects.filter(pk=last.pk).update(not_before=MARCH - HOUR)
    taken = [claimed.id for claimed in ledger.claim(mailing.pk, OWNER, MARCH, limit=2)]
    assert taken == [last.pk, mailing.deliveries.order_by("pk").first().pk]
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


def test_on_wire_is_marked_with_its_moment_and_counted():
    wire()
    assert (row()["state"], row()["on_wire_at"], row()["attempts"]) == ("on_wire", MARCH, 1)
    assert row()["lease_until"] == MARCH + LEASE


def test_another_worker_puts_nothing_on_the_wire():
    make_mailing(readers=1)
    claimed = claim_one()
    assert not ledger.put_on_wire(claimed.id, STRANGER, MARCH)
    assert row()["state"] == "claimed"


def test_nor_does_a_worker_whose_lease_is_over():
    make_mailing(readers=1)
    claimed = claim_one()
    assert not ledger.put_on_wire(claimed.id, OWNER, MARCH + LEASE)


@pytest.mark.parametrize("state", ["paused", "cancelled"])
def test_nothing_of_a_stopped_mailing_goes_on_the_wire(state):
    make_mailing(readers=1)
    claimed = claim_one()
    stop(state)
    assert not ledger.put_on_wire(claimed.id, OWNER, MARCH)
    assert not ledger.skip_if_gone(claimed.id, OWNER)


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
    assert not ledger.put_on_wire(claimed.id, OWNER, MARCH)
    assert not ledger.skip_if_gone(claimed.id, STRANGER)
    assert ledger.skip_if_gone(claimed.id, OWNER)
    assert (row()["state"], row()["owner"]) == ("skipped", None)


def test_a_reader_who_is_there_is_not_skipped():
    make_mailing(readers=1)
    assert not ledger.skip_if_gone(claim_one().id, OWNER)


# Recording


def test_what_the_relay_took_is_sent_with_its_words():
    assert ledger.record_sent(wire(), OWNER, TAKEN, MARCH + SECOND)
    assert (row()["state"], row()["sent_at"], row()["owner"]) == ("sent", MARCH + SECOND, None)
    assert (row()["smtp_code"], row()["smtp_text"]) == TAKEN


def test_words_longer_than_the_column_are_cut():
    assert ledger.record_sent(wire(), OWNER, (250, "x" * 1000), MARCH)
    assert len(row()["smtp_text"]) == 500


@pytest.mark.parametrize(
    "step",
    [
        lambda c: ledger.record_sent(c, STRANGER, TAKEN, MARCH),
        lambda c: ledger.record(c, STRANGER, "failed", TAKEN, MARCH),
        lambda c: ledger.record(c, STRANGER, "unknown", TAKEN, MARCH),
        lambda c: ledger.defer(c, STRANGER, TAKEN, MARCH),
        lambda c: ledger.give_back(c, STRANGER, MARCH),
        lambda c: ledger.release([c.id], STRANGER, MARCH),
        lambda c: ledger.renew(STRANGER, MARCH),
    ],
)
@pytest.mark.parametrize("on_wire", [True, False])
def test_a_stale_worker_changes_nothing(step, on_wire):
    make_mailing(readers=1)
    claimed = claim_one()
    assert not on_wire or ledger.put_on_wire(claimed.id, OWNER, MARCH)
    before = row()
    assert not step(claimed)
    assert row() == before


def test_an_answer_that_comes_after_the_sweep_is_still_heard():
    claimed = wire()
    assert sweeps.sweep_on_wire(MARCH + IDLE + MINUTE) == 1
    assert ledger.record_sent(claimed, OWNER, TAKEN, MARCH + IDLE + MINUTE)
    assert row()["state"] == "sent"


@pytest.mark.parametrize("state", ["failed", "unknown"])
def test_a_lost_or_refused_letter_is_recorded(state):
    assert ledger.record(wire(), OWNER, state, (550, "no"), MARCH)
    assert (row()["state"], row()["smtp_code"], row()["owner"]) == (state, 550, None)


def test_what_never_was_on_the_wire_cannot_be_unknown_nor_sent():
    make_mailing(readers=1)
    claimed = claim_one()
    assert not ledger.record(claimed, OWNER, "unknown", TAKEN, MARCH)
    assert not ledger.record_sent(claimed, OWNER, TAKEN, MARCH)
    assert row()["state"] == "claimed"


@pytest.mark.parametrize("on_wire", [True, False])
def test_a_deferred_letter_waits_and_counts_one_attempt(on_wire):
    make_mailing(readers=1)
    claimed = claim_one()
    assert not on_wire or ledger.put_on_wire(claimed.id, OWNER, MARCH)
    assert ledger.defer(claimed, OWNER, (450, "later"), MARCH + HOUR)
    assert (row()["state"], row()["attempts"], row()["not_before"]) == ("queued", 1, MARCH + HOUR)


@pytest.mark.parametrize("on_wire", [True, False])
def test_a_letter_given_back_counts_no_attempt(on_wire):
    make_mailing(readers=1)
    claimed = claim_one()
    assert not on_wire or ledger.put_on_wire(claimed.id, OWNER, MARCH)
    assert ledger.give_back(claimed, OWNER, MARCH + HOUR)
    assert (row()["state"], row()["attempts"], row()["not_before"]) == ("queued", 0, MARCH + HOUR)


def test_a_release_leaves_attempts_and_what_is_on_the_wire():
    mailing = make_mailing(readers=3)
    batch = ledger.claim(mailing.pk, OWNER, MARCH)
    ledger.put_on_wire(batch[0].id, OWNER, MARCH)
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
        ledger.put_on_wire(batch[0].id, OWNER, MARCH)
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
    ledger.record(claimed, OWNER, "unknown", (0, ""), MARCH)
    assert resolve_unknown(MARCH + MINUTE) == 1
    assert (row()["state"], row()["not_before"], row()["unknown_retried"]) == ("queued", MARCH + MINUTE, True)
    again = claim_one(MARCH + MINUTE)
    assert again.message_id == claimed.message_id
    ledger.put_on_wire(again.id, OWNER, MARCH + MINUTE)
    ledger.record(again, OWNER, "unknown", (0, ""), MARCH)
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
    assert not ledger.put_on_wire(claimed.id, OWNER, MARCH)
    assert ledger.skip_if_gone(claimed.id, OWNER)


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
