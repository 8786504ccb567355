import itertools
import os
import signal
import threading
import time
from collections import Counter

import pytest
from django.test import override_settings
from django.utils import timezone

from mailings import ledger, rounds, steering, sweeps
from mailings.clock import tick
from mailings.dispatch import LETTERS_A_CONNECTION
from mailings.drain import BACKOFF_MINUTES, pause_after
from mailings.models import AlertSent, Delivery, Mailing
from mailings.reports import balance
from mailings.rounds import Round
from mailings.sending import drain
from mailings.unknown import resolve_unknown
from subscribers.models import Subscriber, Suppression
from tests.mailings.cast import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    STRANGER,
    at_once,
    make_act,
    make_approver,
    make_mailing,
    make_readers,
    put,
    states,
    stop,
)
from tests.mailings.scripted import DROP, scripted
from tests.relay import free_port

pytestmark = pytest.mark.django_db(transaction=True)
FIRST = "reader0@example.org"
# Where it matters which letter comes after which.
ONE_CONNECTION = override_settings(SMTP_CONNECTIONS=1)
PIPELINING = "250-scripted\r\n250 PIPELINING"


def make_started(readers: int = 3, **fields) -> Mailing:
    """Make a mailing that has just been opened."""
    mailing = make_mailing(readers)
    now = timezone.now()
    Mailing.objects.update(**{"started_at": now, "watched_from": now, "give_up_at": now + 2 * DAY, **fields})
    Delivery.objects.update(not_before=timezone.now())
    return Mailing.objects.get(pk=mailing.pk)


def only_letter() -> Delivery:
    return Delivery.objects.get()


def nobodys(mailing: Mailing) -> bool:
    """Tell whether no lease of anybody is left."""
    return not mailing.deliveries.filter(owner__isnull=False).exists()


# Everyone, once


def test_every_reader_gets_one_letter_of_their_own(relay):
    mailing = make_started(30)
    make_readers(1, first=30, status="pending")
    assert drain(mailing.pk, 60) == 30
    assert sorted(relay.addresses) == sorted(f"reader{n}@example.org" for n in range(30))
    for (address, _), letter in zip(relay.accepted, relay.letters(), strict=True):
        token = Subscriber.objects.get(address=address).letter_token
        assert (letter["To"], letter.defects) == (address, [])
        assert token in letter["List-Unsubscribe"]
        assert letter["Message-ID"] == Delivery.objects.get(subscriber__address=address).message_id


def test_the_ledger_says_what_the_relay_said_and_balances(relay):
    mailing = make_started(3)
    drain(mailing.pk, 60)
    mailing.refresh_from_db()
    assert (mailing.state, mailing.planned, mailing.sent) == ("finished", 3, 3)
    assert balance(mailing).holds
    assert set(mailing.deliveries.values_list("smtp_code", "smtp_text", "attempts")) == {(250, "accepted", 1)}


def test_draining_again_sends_nothing(relay):
    mailing = make_started(2)
    assert [drain(mailing.pk, 60) for _ in range(3)] == [2, 0, 0]
    assert len(relay.accepted) == 2


def test_workers_at_once_reach_everyone_exactly_once(relay):
    mailing = make_started(150)
    assert sum(at_once(3, lambda: drain(mailing.pk, 60))) == 150
    assert set(Counter(relay.addresses).values()) == {1}
    assert len(relay.addresses) == 150
    assert states(mailing) == {"sent": 150}


def test_a_drain_ends_when_its_time_is_over(relay):
    mailing = make_started(3)
    assert drain(mailing.pk, 0) == 0
    assert states(mailing) == {"queued": 3}


# Many connections


@override_settings(SMTP_CONNECTIONS=5)
def test_as_many_connections_are_used_as_the_setting_says_and_no_more(relay):
    mailing = make_started(40)
    relay.seconds_a_letter = 0.05
    at_a_time: list[int] = []
    relay.on_letter = lambda address: at_a_time.append(mailing.deliveries.filter(state="on_wire").count())
    assert drain(mailing.pk, 60) == 40
    assert max(at_a_time) == 5
    assert states(mailing) == {"sent": 40}


@override_settings(SMTP_CONNECTIONS=5)
def test_no_more_connections_are_opened_than_letters_wait():
    mailing = make_started(3)
    with scripted() as server:
        assert drain(mailing.pk, 60) == 3
    assert server.connections <= 3


@override_settings(SMTP_CONNECTIONS=5)
def test_a_relay_that_takes_fewer_connections_gets_all_letters_over_those(relay):
    mailing = make_started(30)
    relay.most_connections = 2
    assert drain(mailing.pk, 60) == 30
    assert states(mailing) == {"sent": 30}
    assert Mailing.objects.get().troubles == 0


@override_settings(SMTP_CONNECTIONS=8)
def test_a_stopped_mailing_stops_within_a_letter_a_connection(relay):
    mailing = make_started(60)
    relay.seconds_a_letter = 0.05
    calls, accepted_at_the_stop = itertools.count(), []

    def stop_once(address: str) -> None:
        if next(calls) == 20:
            stop("paused")
            accepted_at_the_stop.append(len(relay.accepted))

    relay.on_letter = stop_once
    sent = drain(mailing.pk, 60)
    assert 20 < sent <= accepted_at_the_stop[0] + 8
    assert states(mailing) == {"queued": 60 - sent, "sent": sent}
    assert nobodys(mailing)


@override_settings(SMTP_CONNECTIONS=4)
def test_everyone_gets_one_letter_where_envelopes_are_pipelined():
    mailing = make_started(50)
    with scripted(ehlo=PIPELINING) as server:
        assert drain(mailing.pk, 60) == 50
    assert len(server.letters) == 50
    assert {letter.count(b"List-Unsubscribe:") for letter in server.letters} == {1}
    assert len(set(server.letters)) == 50
    assert states(mailing) == {"sent": 50}


@ONE_CONNECTION
def test_who_leaves_with_the_envelope_pipelined_gets_nothing_and_the_others_do():
    mailing = make_started(3)
    Subscriber.objects.filter(address="reader1@example.org").update(status="unsubscribed")
    with scripted(ehlo=PIPELINING) as server:
        assert drain(mailing.pk, 60) == 2
    assert len(server.letters) == 2
    assert states(mailing) == {"sent": 2, "skipped": 1}
    assert server.connections == 2


# What the relay says


def test_a_refused_letter_is_failed_with_the_relays_words(relay):
    relay.rcpt_answers[FIRST] = "550 5.1.1 no such person"
    mailing = make_started(3)
    assert drain(mailing.pk, 60) == 2
    letter = mailing.deliveries.get(subscriber__address=FIRST)
    assert (letter.state, letter.smtp_code, letter.smtp_text) == ("failed", 550, "5.1.1 no such person")
    assert Mailing.objects.get().state == "finished"


def test_a_letter_refused_after_its_dot_is_failed_too(relay):
    relay.data_answers[FIRST] = "554 5.7.1 spam"
    mailing = make_started(1)
    drain(mailing.pk, 60)
    assert (only_letter().state, only_letter().smtp_code) == ("failed", 554)


@pytest.mark.parametrize("phase", ["rcpt_answers", "data_answers"])
def test_a_deferred_letter_waits_longer_each_time(relay, phase):
    getattr(relay, phase)[FIRST] = "451 later"
    mailing = make_started(1)
    for attempt, minutes in enumerate([*BACKOFF_MINUTES, BACKOFF_MINUTES[-1]]):
        Delivery.objects.update(not_before=timezone.now())
        before = timezone.now()
        assert drain(mailing.pk, 60) == 0
        letter = only_letter()
        assert (letter.state, letter.attempts, letter.smtp_code) == ("queued", attempt + 1, 451)
        assert 0.79 * minutes * MINUTE < letter.not_before - before < 1.21 * minutes * MINUTE


def test_the_others_do_not_wait_for_a_deferred_one(relay):
    relay.rcpt_answers[FIRST] = "450 greylisted"
    mailing = make_started(3)
    assert drain(mailing.pk, 60) == 2
    assert states(mailing) == {"queued": 1, "sent": 2}


def test_a_deferred_letter_goes_out_in_the_end(relay):
    relay.rcpt_answers[FIRST] = "450 greylisted"
    mailing = make_started(1)
    drain(mailing.pk, 60)
    relay.rcpt_answers.clear()
    Delivery.objects.update(not_before=timezone.now())
    assert drain(mailing.pk, 60) == 1
    assert (only_letter().state, only_letter().attempts) == ("sent", 2)


def test_a_letter_deferred_for_two_days_is_failed(relay):
    relay.rcpt_answers[FIRST] = "450 greylisted"
    mailing = make_started(1)
    Mailing.objects.update(give_up_at=timezone.now() - MINUTE)
    drain(mailing.pk, 60)
    assert (only_letter().state, only_letter().smtp_code) == ("failed", 450)


def test_the_pause_is_a_little_different_for_each_letter():
    assert len({pause_after(0) for _ in range(10)}) > 1


def test_a_lost_answer_is_unknown_and_the_next_letters_go_on(relay):
    relay.drop_after.add(FIRST)
    mailing = make_started(3)
    assert drain(mailing.pk, 60) == 2
    assert states(mailing) == {"sent": 2, "unknown": 1}
    assert mailing.deliveries.get(state="unknown").subscriber.address == FIRST


def test_a_lost_answer_is_retried_once_with_the_same_message_id(relay):
    relay.drop_after.add(FIRST)
    mailing = make_started(1)
    drain(mailing.pk, 60)
    tick(timezone.now())
    assert drain(mailing.pk, 60) == 1
    assert relay.addresses == [FIRST, FIRST]
    first, second = (letter["Message-ID"] for letter in relay.letters())
    assert first == second
    assert only_letter().state == "sent"


def test_twice_lost_it_is_abandoned_and_the_mailing_finished(relay):
    mailing = make_started(1)
    for _ in range(2):
        relay.drop_after.add(FIRST)
        drain(mailing.pk, 60)
        tick(timezone.now())
    assert only_letter().state == "abandoned"
    assert (Mailing.objects.get().state, Mailing.objects.get().abandoned) == ("finished", 1)


# Trouble


def test_without_a_relay_the_batch_is_given_back_as_it_was():
    mailing = make_started(3)
    with override_settings(EMAIL_HOST="127.0.0.1", EMAIL_PORT=free_port()):
        assert drain(mailing.pk, 60) == 0
    assert states(mailing) == {"queued": 3}
    assert set(mailing.deliveries.values_list("attempts", flat=True)) == {0}
    assert nobodys(mailing)
    assert Mailing.objects.get().state == "sending"


@pytest.mark.parametrize("script", [{"mail": "530 log in first"}, {"mail": "553 not yours"}, {"data": DROP}], ids=str)
def test_what_is_not_the_readers_fault_fails_nobody(script):
    mailing = make_started(3)
    with scripted(**script):
        assert drain(mailing.pk, 60) == 0
    assert states(mailing) == {"queued": 3}
    assert set(mailing.deliveries.values_list("attempts", flat=True)) == {0}


@pytest.mark.parametrize("give_up_in", [2 * DAY, -1 * MINUTE], ids=str)
def test_a_refused_login_stops_the_mailing_at_once_and_fails_nobody(day, give_up_in):
    mailing = make_started(3, give_up_at=timezone.now() + give_up_in)
    with (
        override_settings(EMAIL_HOST_USER="us", EMAIL_HOST_PASSWORD="wrong"),
        scripted(ehlo="250-scripted\r\n250 AUTH PLAIN", auth="535 5.7.8 who are you") as server,
    ):
        assert [drain(mailing.pk, 60), drain(mailing.pk, 60)] == [0, 0]
    assert (server.connections, server.letters) == (1, [])
    assert states(mailing) == {"queued": 3}
    assert set(mailing.deliveries.values_list("attempts", flat=True)) == {0}
    assert nobodys(mailing)
    assert (Mailing.objects.get().state, Mailing.objects.get().pause_cause) == ("paused", "login")
    assert "535 5.7.8 who are you" in AlertSent.objects.get().words


@ONE_CONNECTION
def test_a_connection_carries_a_hundred_letters():
    mailing = make_started(LETTERS_A_CONNECTION + 1)
    with scripted() as server:
        assert drain(mailing.pk, 60) == LETTERS_A_CONNECTION + 1
    assert (LETTERS_A_CONNECTION, server.connections, len(server.letters)) == (100, 2, 101)
    assert server.heard.count("QUIT") == 2


@override_settings(MAIL_RATE_PER_SECOND=20)
def test_the_rate_holds_over_all_workers(relay):
    mailing = make_started(30)
    began = time.monotonic()
    left: list[float] = []
    relay.on_rcpt = lambda address: left.append(time.monotonic())
    assert sum(at_once(2, lambda: drain(mailing.pk, 60))) == 30
    assert all(moment >= began + number / 20 for number, moment in enumerate(sorted(left)))


def test_it_goes_on_once_the_relay_is_back(relay):
    mailing = make_started(3)
    with override_settings(EMAIL_PORT=free_port()):
        drain(mailing.pk, 60)
    Delivery.objects.update(not_before=timezone.now())
    assert drain(mailing.pk, 60) == 3


def test_a_letter_that_breaks_every_connection_does_not_hold_up_the_others(relay):
    mailing = make_started(4)
    relay.hang_up_on.add(FIRST)
    for _ in range(3):
        drain(mailing.pk, 60)
        soonest = mailing.deliveries.filter(state="queued").order_by("not_before").first()
        Delivery.objects.filter(state="queued", not_before__lte=soonest.not_before + SECOND).update(
            not_before=timezone.now()
        )
    assert states(mailing) == {"queued": 1, "sent": 3}


def test_a_letter_that_cannot_be_written_stops_nobody_else(relay):
    mailing = make_started(3)
    Subscriber.objects.filter(address=FIRST).update(address="jürgen@example.org")
    assert drain(mailing.pk, 60) == 2
    assert "cannot be written" in mailing.deliveries.get(state="failed").smtp_text


# Readers who leave, mailings that stop


@pytest.mark.parametrize("how", ["unsubscribed", "suppressed", "erased"])
def test_who_leaves_between_the_claim_and_the_wire_gets_nothing(relay, how):
    mailing = make_started(3)

    def leave(address: str) -> None:
        # The first letter's envelope is on its way: the second one is claimed already.
        if address != FIRST:
            return
        reader = Subscriber.objects.get(address="reader1@example.org")
        if how == "erased":
            reader.delete()
        elif how == "suppressed":
            Suppression.objects.create(address_hash=reader.address_hash, reason="complaint", at=timezone.now())
        else:
            Subscriber.objects.filter(pk=reader.pk).update(status=how)

    relay.on_rcpt = leave
    assert drain(mailing.pk, 60) == 2
    assert relay.addresses == [FIRST, "reader2@example.org"]
    assert states(mailing) == {"sent": 2, "skipped": 1}
    assert Mailing.objects.get().state == "finished"


def test_who_leaves_with_the_envelope_given_gets_nothing(relay):
    mailing = make_started(1)
    relay.on_rcpt = lambda address: Subscriber.objects.update(status="unsubscribed")
    assert drain(mailing.pk, 60) == 0
    assert relay.addresses == []
    assert states(mailing) == {"skipped": 1}


@ONE_CONNECTION
@pytest.mark.parametrize("state", ["paused", "cancelled"])
def test_a_mailing_that_is_stopped_stops_within_the_batch(relay, state):
    mailing = make_started(10)
    relay.on_letter = lambda address: len(relay.accepted) == 3 and stop(state)
    assert drain(mailing.pk, 60) == 4
    assert states(mailing) == {"queued": 6, "sent": 4}
    assert nobodys(mailing)
    assert set(mailing.deliveries.filter(state="queued").values_list("attempts", flat=True)) == {0}


def test_a_paused_mailing_goes_on_when_it_is_resumed(relay):
    mailing = make_started(3)
    stop("paused")
    assert drain(mailing.pk, 60) == 0
    assert steering.resume(mailing, make_approver(), "mended", timezone.now())
    assert drain(mailing.pk, 60) == 3


def test_a_person_may_have_a_failed_letter_tried_again(relay):
    relay.rcpt_answers[FIRST] = "550 no"
    mailing = make_started(1)
    drain(mailing.pk, 60)
    relay.rcpt_answers.clear()
    Mailing.objects.update(state="sending")
    put(only_letter(), "queued", act=make_act(mailing))
    assert drain(mailing.pk, 60) == 1
    assert (Mailing.objects.get().sent, Mailing.objects.get().failed) == (1, 0)


# Workers that stop, and slow relays


@ONE_CONNECTION
def test_sigterm_stops_after_the_letter_at_hand_and_gives_the_rest_back(relay):
    mailing = make_started(10)
    relay.on_letter = lambda address: len(relay.accepted) == 2 and os.kill(os.getpid(), signal.SIGTERM)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt, match="signal 15"):
        drain(mailing.pk, 60)
    assert signal.getsignal(signal.SIGTERM) is before
    assert states(mailing) == {"queued": 7, "sent": 3}
    assert nobodys(mailing)
    assert mailing.deliveries.filter(state="queued", not_before__lte=timezone.now()).count() == 7


@override_settings(LEASE_SECONDS=0.6, LEASE_RENEWAL_SECONDS=0.1)
def test_the_lease_of_a_slow_letter_and_of_those_behind_it_is_kept(relay):
    mailing = make_started(3)
    relay.seconds_a_letter = 0.9
    worker = threading.Thread(target=at_once, args=[1, lambda: drain(mailing.pk, 60)])
    worker.start()
    stolen = 0
    while worker.is_alive():
        stolen += len(ledger.claim(mailing.pk, STRANGER, timezone.now())) if relay_is_busy(mailing) else 0
        worker.join(0.1)
    assert stolen == 0
    assert sorted(relay.addresses) == sorted(f"reader{n}@example.org" for n in range(3))


def relay_is_busy(mailing: Mailing) -> bool:
    return mailing.deliveries.filter(state="on_wire").exists()


@override_settings(LEASE_SECONDS=2, LEASE_RENEWAL_SECONDS=60)
def test_a_worker_that_slept_too_long_sends_nothing_twice(relay):
    mailing = make_started(3)

    def oversleep(address: str) -> None:
        if not relay.accepted:
            threading.Event().wait(2.5)
            ledger.claim(mailing.pk, STRANGER, timezone.now())

    relay.on_letter = oversleep
    drain(mailing.pk, 60)
    assert relay.addresses == [FIRST]
    assert states(mailing) == {"claimed": 2, "sent": 1}


@override_settings(SMTP_FINAL_REPLY_SECONDS=0.2)
def test_a_relay_that_never_answers_leaves_the_letter_unknown(relay):
    mailing = make_started(1)
    relay.seconds_a_letter = 0.6
    assert drain(mailing.pk, 60) == 0
    assert states(mailing) == {"unknown": 1}


def test_what_a_killed_worker_left_is_taken_up_again(relay):
    mailing = make_started(3)
    Delivery.objects.update(not_before=timezone.now() - HOUR)
    claimed = ledger.claim(mailing.pk, STRANGER, timezone.now() - HOUR)
    rounds.record(STRANGER, mailing.pk, Round(marks={claimed[0].id: ""}), timezone.now() - HOUR)
    assert drain(mailing.pk, 60) == 2
    assert states(mailing) == {"on_wire": 1, "sent": 2}
    sweeps.sweep_on_wire(timezone.now())
    resolve_unknown(timezone.now())
    assert drain(mailing.pk, 60) == 1
    assert states(mailing) == {"sent": 3}
