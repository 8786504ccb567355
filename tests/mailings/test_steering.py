"""What a person does to a mailing: each verb where it is allowed, refused elsewhere, and written down."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from mailings import ledger, steering, sweeps
from mailings.models import Delivery, Mailing, MailingAct
from mailings.unknown import resolve_unknown
from subscribers.models import Subscriber, Suppression
from tests.factories import MARCH
from tests.mailings.cast import (
    DAY,
    HOUR,
    MINUTE,
    OWNER,
    WAYS,
    at_once,
    make_approver,
    make_delivery_in,
    make_mailing,
    make_readers,
    put,
    states,
)

pytestmark = pytest.mark.django_db
WHY = "the relay asked us to"
STATES = ["sending", "paused", "cancelled", "finished"]
ABLE = {"pause": {"sending"}, "resume": {"paused"}, "cancel": {"sending", "paused"}}


def make_mailing_in(state: str) -> Mailing:
    """Make a mailing of one letter that a person, or its end, has brought into a state."""
    mailing = make_mailing(readers=1)
    by = make_approver()
    if state == "paused":
        assert steering.pause(mailing, by, WHY, MARCH)
    elif state == "cancelled":
        assert steering.cancel(mailing, by, WHY, MARCH)
        sweeps.sweep_cancelled()
        assert sweeps.finish(MARCH) == 1
    elif state == "finished":
        bring(mailing.deliveries.get(), "sent")
        assert sweeps.finish(MARCH) == 1
    return fresh(mailing)


def bring(delivery: Delivery, state: str) -> None:
    """Bring a queued letter into a state the legal way."""
    for step in WAYS[state]:
        put(delivery, step, smtp_text="the words of the relay")


def fresh(mailing: Mailing) -> Mailing:
    return Mailing.objects.get(pk=mailing.pk)


def last_act(mailing: Mailing) -> MailingAct:
    return mailing.acts.latest("pk")


def do(verb: str, mailing: Mailing, at=MARCH + HOUR, by=None):
    return getattr(steering, verb)(mailing, by or make_approver(), WHY, at)


# Each verb where it belongs


@pytest.mark.parametrize("verb", ABLE)
@pytest.mark.parametrize("state", STATES)
def test_each_verb_is_refused_where_it_does_not_belong(verb, state):
    mailing = make_mailing_in(state)
    acts = mailing.acts.count()
    assert do(verb, mailing) == (state in ABLE[verb])
    became = {"pause": "paused", "resume": "sending", "cancel": "cancelled"}[verb]
    assert fresh(mailing).state == (became if state in ABLE[verb] else state)
    assert mailing.acts.count() == acts + (state in ABLE[verb])


@pytest.mark.parametrize(("verb", "state"), [("pause", "sending"), ("resume", "paused"), ("cancel", "paused")])
def test_it_is_written_down_who_did_it_when_and_why(verb, state):
    mailing, by = make_mailing_in(state), make_approver()
    do(verb, mailing, by=by)
    act = last_act(mailing)
    assert (act.act, act.by, act.at, act.why) == (verb, by, MARCH + HOUR, WHY)


def test_a_reason_is_kept_as_far_as_the_column_goes_and_must_be_there():
    mailing, by = make_mailing_in("sending"), make_approver()
    assert steering.pause(mailing, by, "x" * 1000, MARCH)
    assert last_act(mailing).why == "x" * 300
    with pytest.raises(IntegrityError, match="mailing_act_has_reason"), transaction.atomic():
        steering.resume(mailing, by, "", MARCH)
    assert fresh(mailing).state == "paused"


def test_a_person_must_be_named_for_what_only_persons_do():
    mailing = make_mailing_in("sending")
    with pytest.raises(IntegrityError, match="mailing_act_of_a_person"), transaction.atomic():
        steering.cancel(mailing, None, WHY, MARCH)
    assert fresh(mailing).state == "sending"
    assert steering.pause(mailing, None, WHY, MARCH)
    assert last_act(mailing).by is None


def test_a_pause_for_the_relay_looks_again_by_itself_and_no_other_does():
    mailing = make_mailing_in("sending")
    steering.pause(mailing, None, WHY, MARCH, "connection")
    assert (fresh(mailing).pause_cause, fresh(mailing).look_again_at) == ("connection", MARCH + 5 * MINUTE)
    do("resume", mailing)
    do("pause", mailing)
    assert (fresh(mailing).pause_cause, fresh(mailing).look_again_at) == ("person", None)


def test_resuming_forgets_what_was_counted_against_it_and_gives_it_time():
    mailing = make_mailing_in("paused")
    Mailing.objects.update(troubles=19)
    late = MARCH + 3 * DAY
    assert do("resume", mailing, late)
    now = fresh(mailing)
    assert (now.troubles, now.watched_from, now.give_up_at) == (0, late, late + 2 * DAY)
    assert (now.pause_cause, now.look_again_at) == ("", None)


def test_resuming_never_takes_time_away():
    mailing = make_mailing_in("paused")
    Mailing.objects.update(give_up_at=MARCH + 9 * DAY)
    do("resume", mailing)
    assert fresh(mailing).give_up_at == MARCH + 9 * DAY


def test_a_paused_mailing_keeps_its_letters():
    mailing = make_mailing_in("paused")
    sweeps.sweep_cancelled()
    assert sweeps.finish(MARCH + HOUR) == 0
    assert states(mailing) == {"queued": 1}
    do("resume", mailing)
    assert len(ledger.claim(mailing.pk, OWNER, MARCH + HOUR)) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verb", ["pause", "cancel"])
def test_of_two_people_at_once_one_does_it(verb):
    mailing = make_mailing_in("sending")
    people = [make_approver(), make_approver()]
    done = at_once(2, lambda: do(verb, mailing, by=people.pop()))
    assert sorted(done) == [False, True]
    assert mailing.acts.count() == 1


# Retry


def test_what_failed_is_tried_again_afresh():
    mailing = make_mailing(readers=2)
    failed, sent = mailing.deliveries.order_by("subscriber__address")
    bring(failed, "failed")
    bring(sent, "sent")
    Delivery.objects.filter(pk=failed.pk).update(attempts=7)
    Mailing.objects.update(troubles=3)
    sweeps.finish(MARCH)
    by, late = make_approver(), MARCH + 3 * DAY
    assert do("retry", fresh(mailing), late, by) == 1
    failed.refresh_from_db()
    assert (failed.state, failed.attempts, failed.not_before, failed.failed_at) == ("queued", 0, late, None)
    now = fresh(mailing)
    assert (now.state, now.give_up_at, now.watched_from) == ("sending", late + 2 * DAY, late)
    assert (now.finished_at, now.sent, now.failed) == (None, None, None)
    act = last_act(mailing)
    assert (act.act, act.by, act.at, act.why) == ("retry", by, late, WHY)
    assert failed.act == act
    assert states(mailing) == {"queued": 1, "sent": 1}


@pytest.mark.parametrize(("asked", "number"), [(False, 0), (True, 1)])
def test_what_perhaps_arrived_is_tried_again_only_where_that_is_asked(asked, number):
    delivery = make_delivery_in("abandoned")
    assert steering.retry(delivery.mailing, make_approver(), WHY, MARCH, abandoned=asked) == number
    assert states(delivery.mailing) == {"queued" if asked else "abandoned": 1}
    assert delivery.mailing.acts.count() == number


def test_what_perhaps_arrived_is_not_tried_a_third_time_by_itself():
    delivery = make_delivery_in("abandoned")
    steering.retry(delivery.mailing, make_approver(), WHY, MARCH, abandoned=True)
    for step in ("claimed", "on_wire", "unknown"):
        put(delivery, step)
    resolve_unknown(MARCH)
    assert states(delivery.mailing) == {"abandoned": 1}


@pytest.mark.parametrize("state", ["queued", "claimed", "on_wire", "unknown", "sent", "skipped"])
def test_nothing_else_is_tried_again(state):
    delivery = make_delivery_in(state)
    before = Delivery.objects.values().get()
    assert steering.retry(delivery.mailing, make_approver(), WHY, MARCH, abandoned=True) == 0
    assert Delivery.objects.values().get() == before
    assert not MailingAct.objects.exists()


def test_nobody_who_has_left_is_tried_again():
    delivery = make_delivery_in("failed")
    Subscriber.objects.update(status="unsubscribed")
    assert do("retry", delivery.mailing) == 0
    Subscriber.objects.update(status="active")
    Suppression.objects.create(address_hash=delivery.address_hash, reason="hard bounce", at=MARCH)
    assert do("retry", delivery.mailing) == 0
    assert states(delivery.mailing) == {"failed": 1}


def test_a_cancelled_mailing_is_not_tried_again():
    mailing = make_mailing(readers=1)
    bring(mailing.deliveries.get(), "failed")
    assert do("cancel", mailing)
    assert do("retry", mailing) == 0
    assert states(mailing) == {"failed": 1}


def test_a_paused_mailing_stays_paused_with_its_failed_letters_queued():
    mailing = make_mailing(readers=1)
    bring(mailing.deliveries.get(), "failed")
    do("pause", mailing)
    assert do("retry", mailing) == 1
    assert (fresh(mailing).state, states(mailing)) == ("paused", {"queued": 1})


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_try_each_letter_again_once():
    mailing = make_mailing(readers=3)
    for delivery in mailing.deliveries.all():
        bring(delivery, "failed")
    sweeps.finish(MARCH)
    people = [make_approver(), make_approver()]
    assert sorted(at_once(2, lambda: do("retry", mailing, by=people.pop()))) == [0, 3]
    assert mailing.acts.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_mailing_whose_letters_are_just_being_tried_again_is_not_finished():
    mailing = make_delivery_in("failed").mailing
    by = make_approver()
    thread = threading.Thread(target=lambda: (sweeps.finish(MARCH), connection.close()))
    with transaction.atomic():
        assert do("retry", mailing, by=by) == 1
        thread.start()
        thread.join(0.5)
    thread.join()
    assert (fresh(mailing).state, states(mailing)) == ("sending", {"queued": 1})


# Send to those missed


def missed_mailing(state: str = "cancelled") -> Mailing:
    """Make a mailing with a letter in each final state that was then cancelled, or is finished."""
    mailing = make_mailing(readers=5)
    finals = ["sent", "failed", "skipped", "abandoned", "sent"]
    for delivery, final in zip(mailing.deliveries.order_by("subscriber__address"), finals, strict=True):
        bring(delivery, final)
    if state == "cancelled":
        do("cancel", mailing)
    assert sweeps.finish(MARCH) == 1
    return fresh(mailing)


def reached(mailing: Mailing) -> set[str]:
    """Who would get a letter now."""
    return set(mailing.deliveries.filter(state="queued").values_list("subscriber__address", flat=True))


@pytest.mark.parametrize("state", ["cancelled", "finished"])
def test_it_reaches_exactly_those_who_got_none(state):
    mailing = missed_mailing(state)
    make_readers(2, first=5)
    make_readers(1, first=7, status="pending")
    make_readers(1, first=8, status="unsubscribed")
    (barred,) = make_readers(1, first=9)
    Suppression.objects.create(address_hash=barred.address_hash, reason="complaint", at=MARCH)
    assert steering.missed(mailing) == 3
    by = make_approver()
    assert do("send_missed", mailing, by=by) == 3
    assert reached(mailing) == {"reader2@example.org", "reader5@example.org", "reader6@example.org"}
    assert states(mailing) == {"abandoned": 1, "failed": 1, "queued": 3, "sent": 2}
    now = fresh(mailing)
    assert (now.state, now.planned, now.finished_at) == ("sending", 7, None)
    assert (last_act(mailing).act, last_act(mailing).by, last_act(mailing).why) == ("missed", by, WHY)


def test_only_those_who_joined_since():
    mailing = make_mailing_in("finished")
    make_readers(2, first=1)
    assert do("send_missed", mailing) == 2
    assert (fresh(mailing).state, fresh(mailing).planned) == ("sending", 3)
    assert last_act(mailing).act == "missed"


def test_who_left_and_came_back_is_reached():
    mailing = make_mailing(readers=1)
    Subscriber.objects.update(status="unsubscribed")
    (claimed,) = ledger.claim(mailing.pk, OWNER, MARCH)
    assert ledger.skip_gone([claimed.id], OWNER) == 1
    sweeps.finish(MARCH)
    assert do("send_missed", fresh(mailing)) == 0
    Subscriber.objects.update(status="active")
    assert do("send_missed", fresh(mailing)) == 1
    assert states(mailing) == {"queued": 1}


def test_who_perhaps_got_one_is_not_reached_even_if_their_second_try_was_skipped():
    delivery = make_delivery_in("unknown")
    resolve_unknown(MARCH)
    assert states(delivery.mailing) == {"queued": 1}
    do("cancel", delivery.mailing)
    sweeps.sweep_cancelled()
    sweeps.finish(MARCH)
    assert steering.missed(delivery.mailing) == 0
    assert do("send_missed", fresh(delivery.mailing)) == 0
    assert states(delivery.mailing) == {"skipped": 1}


@pytest.mark.parametrize("state", ["sent", "failed", "unknown", "abandoned"])
def test_whoever_has_a_letter_is_never_reached_however_they_come_back(state):
    delivery = make_delivery_in(state)
    do("cancel", delivery.mailing)
    delivery.subscriber.delete()
    make_readers(1)
    assert steering.missed(delivery.mailing) == 0
    assert do("send_missed", delivery.mailing) == 0
    assert states(delivery.mailing) == {state: 1}


@pytest.mark.parametrize("state", ["sending", "paused"])
def test_while_it_is_under_way_nobody_is_missed_yet(state):
    mailing = make_mailing_in(state)
    make_readers(1, first=1)
    assert do("send_missed", mailing) == 0
    assert mailing.deliveries.count() == 1


def test_a_cancelled_mailing_is_completed_only_once_its_queue_is_skipped():
    mailing = make_mailing(readers=3)
    do("cancel", mailing)
    make_readers(1, first=3)
    assert do("send_missed", fresh(mailing)) == 0
    assert states(mailing) == {"queued": 3}


def test_a_cancelled_mailing_can_be_completed():
    mailing = make_mailing(readers=3)
    bring(mailing.deliveries.first(), "sent")
    do("cancel", mailing)
    assert sweeps.sweep_cancelled() == 2
    sweeps.finish(MARCH)
    assert do("send_missed", fresh(mailing)) == 2
    for delivery in mailing.deliveries.filter(state="queued"):
        bring(delivery, "sent")
    assert sweeps.finish(MARCH + 2 * HOUR) == 1
    now = fresh(mailing)
    assert (now.state, now.planned, now.sent, now.skipped) == ("finished", 3, 3, 0)


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_reach_each_of_those_missed_once():
    mailing = missed_mailing()
    make_readers(2, first=5)
    people = [make_approver(), make_approver()]
    assert sorted(at_once(2, lambda: do("send_missed", mailing, by=people.pop()))) == [0, 3]
    assert mailing.acts.filter(act="missed").count() == 1
    assert mailing.deliveries.count() == fresh(mailing).planned == 7


# Another installation


def test_a_take_over_pauses_what_is_under_way_and_says_who():
    mailing, by = make_mailing_in("sending"), make_approver()
    assert steering.take_over("https://new.example.org", by, "the old host burnt", MARCH) == 1
    assert (fresh(mailing).state, fresh(mailing).pause_cause) == ("paused", "takeover")
    act = last_act(mailing)
    assert (act.by, act.why) == (by, "https://new.example.org took over the sending: the old host burnt")
    assert steering.take_over("https://new.example.org", by, "again", MARCH) == 0
