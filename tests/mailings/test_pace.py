"""MAIL_RATE_PER_SECOND over everyone who sends from a database.

No letter leaves before its moment, however busy the machine: that is checked to the millisecond. How much later it
leaves depends on the machine, so there the tests leave room.
"""

import datetime
import time

import pytest
from django.test import override_settings
from django.utils import timezone

from mailings.models import Rhythm
from mailings.pace import Pace
from tests.mailings.cast import HOUR, at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROOM_SECONDS = 3


def never() -> bool:
    return False


def letters(number: int) -> list[float]:
    """Let some letters leave by one worker's pace; return when."""
    pace, left = Pace(), []
    for _ in range(number):
        pace.wait(never)
        left.append(time.monotonic())
    return left


def seconds_for(number: int) -> float:
    began = time.monotonic()
    letters(number)
    return time.monotonic() - began


def keeps_to(rate: float, began: float, left: list[float]) -> bool:
    """Tell whether the n-th of all letters left no earlier than n moments after the beginning."""
    return all(moment >= began + number / rate for number, moment in enumerate(sorted(left)))


@pytest.mark.parametrize(
    ("rate", "workers", "each"), [(20, 1, 40), (20, 3, 20), (40, 2, 60), (120, 3, 50), (2.5, 2, 4)]
)
def test_the_rate_holds_over_all_workers_and_is_used(rate, workers, each):
    with override_settings(MAIL_RATE_PER_SECOND=rate):
        began = time.monotonic()
        left = [moment for moments in at_once(workers, lambda: letters(each)) for moment in moments]
    assert len(left) == workers * each
    assert keeps_to(rate, began, left)
    assert max(left) - began < (workers * each - 1) / rate + ROOM_SECONDS


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
    Pace().wait(never)
    reserved = Rhythm.objects.get().next_letter_at - timezone.now()
    assert datetime.timedelta(0) < reserved <= datetime.timedelta(seconds=1)
    assert 0.5 < seconds_for(1) < 1 + ROOM_SECONDS


@override_settings(MAIL_RATE_PER_SECOND=0.1)
def test_a_worker_that_is_to_stop_does_not_wait_for_its_moment():
    letters(1)
    began = time.monotonic()
    Pace().wait(lambda: time.monotonic() > began + 0.2)
    assert 0.2 < time.monotonic() - began < 0.7 + ROOM_SECONDS


@override_settings(MAIL_RATE_PER_SECOND=1000)
def test_not_even_a_fast_one_reserves_more_than_fifty_at_once(django_assert_num_queries):
    with django_assert_num_queries(2):
        letters(100)


@override_settings(MAIL_RATE_PER_SECOND=None)
def test_without_a_rate_nobody_is_asked(django_assert_num_queries):
    with django_assert_num_queries(0):
        letters(1000)
    assert not Rhythm.objects.exists()
