"""MAIL_RATE_PER_SECOND over everyone who sends from a database.

No letter leaves before its moment, however busy the machine: that is checked to the millisecond. How much later it
leaves depends on the machine, so there the tests leave room.
"""

import datetime
import threading
import time

import pytest
from django.test import override_settings
from django.utils import timezone

from mailings import pace
from mailings.dispatch import Dispatch
from mailings.drain import Drain
from mailings.instants import Clock
from mailings.ledger import BATCH
from mailings.models import Mailing, Rhythm
from mailings.sending import drain
from tests.mailings.cast import DAY, HOUR, at_once, make_mailing, states

pytestmark = pytest.mark.django_db(transaction=True)
ROOM_SECONDS = 3


def letters(number: int) -> list[float]:
    """Reserve the moments of some letters by one worker, as it claims them; return those at which they may leave."""
    found: list[float] = []
    while len(found) < number:
        found += pace.moments(pace.at_once(BATCH))
    return found[:number]


def make_started(readers: int) -> Mailing:
    """Make a mailing whose letters are tried for two days from now."""
    mailing = make_mailing(readers)
    Mailing.objects.update(give_up_at=timezone.now() + 2 * DAY)
    return Mailing.objects.get(pk=mailing.pk)


def keeps_to(rate: float, began: float, left: list[float]) -> bool:
    """Tell whether the n-th of all letters left no earlier than n moments after the beginning."""
    return all(moment >= began + number / rate for number, moment in enumerate(sorted(left)))


EACH_RATE = pytest.mark.parametrize(
    ("rate", "workers", "each"), [(20, 1, 40), (20, 3, 20), (40, 2, 60), (120, 3, 50), (2.5, 2, 4)]
)


@EACH_RATE
def test_the_rate_holds_over_all_workers_and_is_used(rate, workers, each):
    with override_settings(MAIL_RATE_PER_SECOND=rate):
        began = time.monotonic()
        left = [moment for moments in at_once(workers, lambda: letters(each)) for moment in moments]
    assert len(left) == workers * each
    assert keeps_to(rate, began, left)
    # What a worker reserved beyond its letters comes between those of the others.
    reserved = workers * (each + pace.MOST_AT_ONCE)
    assert max(left) - began < reserved / rate + ROOM_SECONDS


@EACH_RATE
def test_no_letter_leaves_before_its_moment_and_none_waits_longer_than_it_must(relay, rate, workers, each):
    left: list[float] = []
    relay.on_rcpt = lambda address: left.append(time.monotonic())
    number = workers * each // 2
    mailing = make_started(number)
    with override_settings(MAIL_RATE_PER_SECOND=rate):
        began = time.monotonic()
        sent = at_once(workers, lambda: drain(mailing.pk, 60))
    assert sum(sent) == len(left) == number
    assert keeps_to(rate, began, left)
    assert max(left) - began < number / rate + workers + ROOM_SECONDS


@override_settings(MAIL_RATE_PER_SECOND=20)
def test_after_a_quiet_hour_there_is_no_burst():
    letters(1)
    Rhythm.objects.update(next_letter_at=timezone.now() - HOUR)
    began = time.monotonic()
    assert keeps_to(20, began, letters(30))


@override_settings(MAIL_RATE_PER_SECOND=20)
def test_the_first_letter_need_not_wait():
    began = time.monotonic()
    (left,) = letters(1)
    assert left - began < 1
    assert Rhythm.objects.get().ticked_at is None


@override_settings(MAIL_RATE_PER_SECOND=20)
def test_what_a_dead_worker_had_reserved_costs_a_second():
    letters(1)
    reserved = Rhythm.objects.get().next_letter_at - timezone.now()
    assert datetime.timedelta(0) < reserved <= datetime.timedelta(seconds=1)
    began = time.monotonic()
    (left,) = letters(1)
    assert 0.5 < left - began <= 1


@override_settings(MAIL_RATE_PER_SECOND=0.1)
def test_a_worker_that_is_to_stop_does_not_wait_for_its_moment(relay):
    letters(1)
    mailing = make_started(2)
    stop = threading.Event()
    began = time.monotonic()
    threading.Timer(0.2, stop.set).start()
    Dispatch(Drain(mailing, Clock.read()), 60, stop.is_set).run()
    assert 0.2 < time.monotonic() - began < 0.7 + ROOM_SECONDS
    assert relay.accepted == []
    assert states(mailing) == {"queued": 2}


@pytest.mark.parametrize(("rate", "number"), [(None, 200), (1000, 50), (20.9, 20), (2.5, 2), (0.1, 1)])
def test_a_second_of_letters_but_not_more_than_fifty_are_reserved_at_once(rate, number):
    with override_settings(MAIL_RATE_PER_SECOND=rate):
        assert (pace.at_once(200), pace.at_once(1)) == (number, 1)


@override_settings(MAIL_RATE_PER_SECOND=1000)
def test_not_even_a_fast_one_reserves_more_than_fifty_at_once(django_assert_num_queries):
    with django_assert_num_queries(2):
        letters(100)


@override_settings(MAIL_RATE_PER_SECOND=20)
def test_for_no_letter_nobody_is_asked(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert pace.moments(0) == []


@override_settings(MAIL_RATE_PER_SECOND=None)
def test_without_a_rate_nobody_is_asked(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert letters(1000) == [0.0] * 1000
    assert not Rhythm.objects.exists()
