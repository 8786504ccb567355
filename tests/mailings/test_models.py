import itertools

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from bulletins.models import PublicationDay
from mailings.models import AlertSent, Delivery, DeliveryEvent, Mailing, MailingAct
from tests.factories import MARCH
from tests.mailings.cast import (
    HOUR,
    WAYS,
    columns_of,
    make_act,
    make_delivery_in,
    make_due,
    make_mailing,
    make_readers,
    put,
)

pytestmark = pytest.mark.django_db

# The design's page on the states of a letter, written out once more.
STEPS = {
    ("queued", "claimed"),
    ("queued", "skipped"),
    ("claimed", "on_wire"),
    ("claimed", "skipped"),
    ("claimed", "failed"),
    ("claimed", "queued"),
    ("on_wire", "sent"),
    ("on_wire", "failed"),
    ("on_wire", "unknown"),
    ("on_wire", "queued"),
    ("unknown", "sent"),
    ("unknown", "queued"),
    ("unknown", "abandoned"),
    ("failed", "queued"),
    ("abandoned", "queued"),
    ("skipped", "queued"),
}
MAILING_STEPS = {
    ("sending", "paused"),
    ("sending", "cancelled"),
    ("sending", "finished"),
    ("paused", "sending"),
    ("paused", "cancelled"),
    ("finished", "sending"),
    ("cancelled", "sending"),
}
NOTHING = {"planned": 0, "sent": 0, "skipped": 0, "failed": 0, "abandoned": 0, "finished_at": MARCH}


def refused(words: str):
    return pytest.raises(DatabaseError, match=words)


def change(mailing: Mailing, **columns) -> None:
    Mailing.objects.filter(pk=mailing.pk).update(**columns)


def make_correction(mailing: Mailing) -> Mailing:
    return Mailing.objects.create(
        bulletin=mailing.bulletin,
        number=1,
        started_at=MARCH,
        give_up_at=MARCH,
        watched_from=MARCH,
        headers=[],
        subject="A correction",
    )


# Letters


def test_the_states_are_those_of_the_page():
    assert set(Delivery.State.values) == set(WAYS) == {state for step in STEPS for state in step}


@pytest.mark.parametrize(("before", "after"), sorted(itertools.permutations(WAYS, 2)))
def test_a_letter_takes_only_the_legal_steps(before, after):
    delivery = make_delivery_in(before)
    act = make_act(delivery.mailing, "missed" if before == "skipped" else "retry")
    if (before, after) in STEPS:
        put(delivery, after, act=act)
        assert Delivery.objects.get().state == after
        return
    with refused("Invalid transition"), transaction.atomic():
        put(delivery, after, act=act)
    assert Delivery.objects.get().state == before


@pytest.mark.parametrize("state", [*WAYS, "lost"])
def test_a_letter_starts_queued(state):
    mailing = make_mailing(readers=0)
    fields = {**columns_of(state), "mailing": mailing, "not_before": MARCH, "message_id": "<1@example.org>"}
    fields["address_hash"] = "a" * 64
    if state == "queued":
        assert Delivery.objects.create(**fields).pk
        return
    with refused("Cannot insert"):
        Delivery.objects.create(**fields)


@pytest.mark.parametrize("state", ["failed", "abandoned"])
def test_a_letter_is_queued_again_by_a_recorded_act_only(state):
    delivery = make_delivery_in(state)
    with refused("recorded act"), transaction.atomic():
        put(delivery, "queued")
    put(delivery, "queued", act=make_act(delivery.mailing))
    assert Delivery.objects.get().state == "queued"


def test_each_time_needs_an_act_of_its_own():
    delivery = make_delivery_in("failed")
    act = make_act(delivery.mailing)
    for step in ("queued", "claimed", "failed"):
        put(delivery, step, act=act)
    with refused("recorded act"):
        put(delivery, "queued", act=act)


def test_the_act_must_be_a_retry_of_this_mailing():
    delivery = make_delivery_in("failed")
    for act in (make_act(make_correction(delivery.mailing)), make_act(delivery.mailing, "resume")):
        with refused("recorded act"), transaction.atomic():
            put(delivery, "queued", act=act)


@pytest.mark.parametrize(("column", "value"), [("address_hash", "f" * 64), ("message_id", "<another@example.org>")])
def test_a_letter_stays_what_it_is(column, value):
    make_delivery_in("queued")
    with refused("Cannot update"):
        Delivery.objects.update(**{column: value})


def test_a_letter_stays_in_its_mailing():
    delivery = make_delivery_in("queued")
    with refused("Cannot update"):
        Delivery.objects.update(mailing=make_correction(delivery.mailing))


def test_a_letter_never_becomes_another_readers():
    delivery = make_delivery_in("queued")
    (stranger,) = make_readers(1, first=1)
    with refused("Cannot update"):
        Delivery.objects.filter(pk=delivery.pk).update(subscriber=stranger)


def test_two_letters_cannot_change_readers():
    delivery, other = make_mailing(readers=2).deliveries.all()
    with refused("delivery_once_a_subscriber"):
        Delivery.objects.filter(pk=delivery.pk).update(subscriber=other.subscriber)


@pytest.mark.parametrize(
    ("state", "columns", "rule"),
    [
        ("claimed", {"owner": None}, "delivery_lease_while_held"),
        ("claimed", {"lease_until": None}, "delivery_lease_while_held"),
        ("on_wire", {"on_wire_at": None}, "delivery_on_wire_has_its_moment"),
        ("sent", {"sent_at": None}, "delivery_sent_has_its_moment"),
        ("queued", {"sent_at": MARCH}, "delivery_sent_has_its_moment"),
        ("queued", {"lease_until": MARCH}, "delivery_lease_while_held"),
    ],
)
def test_a_state_comes_with_its_columns(state, columns, rule):
    delivery = make_delivery_in(state)
    with refused(rule):
        Delivery.objects.filter(pk=delivery.pk).update(**columns)


def make_another(delivery: Delivery, **changes) -> Delivery:
    """Make a letter like another one but for some columns."""
    names = ("mailing", "subscriber", "address_hash", "not_before", "message_id")
    return Delivery.objects.create(**{**{name: getattr(delivery, name) for name in names}, **changes})


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("delivery_once_a_subscriber", {"address_hash": "f" * 64, "message_id": "<2@example.org>"}),
        ("delivery_once_an_address", {"subscriber": None, "message_id": "<2@example.org>"}),
    ],
)
def test_a_subscriber_and_an_address_get_one_letter(rule, changes):
    delivery = make_delivery_in("queued")
    with pytest.raises(IntegrityError, match=rule):
        make_another(delivery, **changes)


def test_an_address_is_told_by_the_first_half_of_its_hash():
    delivery = make_delivery_in("queued")
    first, other = delivery.address_hash[:32], "f" * 32
    with refused("delivery_once_an_address"), transaction.atomic():
        make_another(delivery, subscriber=None, address_hash=first + other)
    digit = "1" if first[31] == "0" else "0"
    assert make_another(delivery, subscriber=None, address_hash=first[:31] + digit + other).pk


@pytest.mark.parametrize("hash", ["", "f" * 31, "another"])
def test_a_letter_has_a_hash_to_be_told_by(hash):
    delivery = make_delivery_in("queued")
    with refused("invalid input syntax for type uuid"):
        make_another(delivery, subscriber=None, address_hash=hash)


def test_a_reader_gets_a_letter_of_each_mailing():
    delivery = make_delivery_in("queued")
    assert make_another(delivery, mailing=make_correction(delivery.mailing)).pk


def test_erasing_a_reader_keeps_the_letter():
    delivery = make_delivery_in("sent")
    delivery.subscriber.delete()
    kept = Delivery.objects.get()
    assert (kept.subscriber, kept.state, kept.address_hash) == (None, "sent", delivery.address_hash)


@pytest.mark.parametrize("state", WAYS)
def test_a_letter_cannot_be_deleted(state):
    make_delivery_in(state)
    with refused("Cannot delete"):
        Delivery.objects.all().delete()


def test_bounces_are_appended_and_change_no_letter():
    delivery = make_delivery_in("sent")
    event = DeliveryEvent.objects.create(delivery=delivery, kind="bounce", source_event_id="1", at=MARCH)
    assert Delivery.objects.get().state == "sent"
    with refused("Cannot update or delete"), transaction.atomic():
        event.delete()
    with refused("Cannot update or delete"):
        DeliveryEvent.objects.update(raw="another")


# Mailings


def make_mailing_in(state: str) -> Mailing:
    mailing = make_mailing(readers=0)
    if state != "sending":
        change(mailing, **mailing_columns(state))
    return mailing


def mailing_columns(state: str) -> dict:
    return {"state": state, "pause_cause": "person" if state == "paused" else "", **NOTHING}


@pytest.mark.parametrize(("before", "after"), sorted(itertools.permutations(Mailing.State.values, 2)))
def test_a_mailing_takes_only_the_legal_steps(before, after):
    mailing = make_mailing_in(before)
    if (before, after) in MAILING_STEPS:
        change(mailing, **mailing_columns(after))
        assert Mailing.objects.get().state == after
        return
    with refused("Invalid transition"):
        change(mailing, **mailing_columns(after))


def test_a_mailing_starts_sending():
    bulletin = make_due()
    with refused("Cannot insert"):
        Mailing.objects.create(
            bulletin=bulletin,
            state="paused",
            pause_cause="person",
            started_at=MARCH,
            give_up_at=MARCH,
            watched_from=MARCH,
            headers=[],
        )


def test_an_issue_is_mailed_once():
    mailing = make_mailing()
    with pytest.raises(IntegrityError, match="mailing_once_an_issue"):
        Mailing.objects.create(
            bulletin=mailing.bulletin, started_at=MARCH + HOUR, give_up_at=MARCH, watched_from=MARCH, headers=[]
        )


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("subject", "Another"),
        ("headers", [["Subject", "Another"]]),
        ("html", "<p>Another</p>"),
        ("text", "Another"),
        ("content_hash", "another"),
        ("number", 1),
    ],
)
def test_what_is_mailed_stays_as_it_was_approved(column, value):
    mailing = make_mailing()
    with refused("Cannot update"):
        change(mailing, **{column: value})


@pytest.mark.parametrize(
    "wrong", [{"sent": 1}, {"sent": None}, {"skipped": None}, {"failed": 2}, {"abandoned": None}, {"finished_at": None}]
)
def test_a_mailing_is_finished_only_when_it_balances(wrong):
    mailing = make_mailing(readers=0)
    with pytest.raises(IntegrityError, match="mailing_finished_balances"):
        change(mailing, state="finished", **{**NOTHING, **wrong})


def test_a_mailing_cannot_be_deleted():
    mailing = make_mailing(readers=0)
    with refused("Cannot delete"):
        mailing.delete()


# Acts and alerts


def test_an_act_is_never_changed_nor_deleted():
    act = make_act(make_mailing())
    with refused("Cannot update or delete"), transaction.atomic():
        MailingAct.objects.update(why="another reason")
    with refused("Cannot update or delete"):
        act.delete()


@pytest.mark.parametrize(("fields", "rule"), [({"why": ""}, "has_reason"), ({"act": "explode"}, "act_known")])
def test_an_act_is_known_and_has_its_reason(fields, rule):
    act = make_act(make_mailing())
    values = {"mailing": act.mailing, "by": act.by, "act": "pause", "at": MARCH, "why": "because"}
    with pytest.raises(IntegrityError, match=rule):
        MailingAct.objects.create(**{**values, **fields})


def test_an_alert_of_a_kind_is_raised_once_a_day():
    day = PublicationDay.objects.create(month=MARCH.date().replace(day=1), date=MARCH.date())
    AlertSent.objects.create(day=day, kind="held", words="Words.", raised_at=MARCH)
    with pytest.raises(IntegrityError, match="alert_once_a_day_and_kind"):
        AlertSent.objects.create(day=day, kind="held", words="Others.", raised_at=MARCH)
