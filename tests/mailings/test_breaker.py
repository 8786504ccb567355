"""When a mailing stops by itself, and when it goes on by itself."""

import datetime

import pytest
from django.test import override_settings

from mailings import breaker, steering
from mailings.models import AlertSent, Mailing
from mailings.transport import Outcome, Result
from tests.factories import MARCH
from tests.mailings.cast import (
    HOUR,
    MINUTE,
    SECOND,
    WAYS,
    at_once,
    make_approver,
    make_mailing,
    put,
)
from tests.mailings.scripted import scripted
from tests.relay import free_port

pytestmark = pytest.mark.django_db
AWAY = Outcome(Result.TROUBLE, text="Connection refused.")
LOGIN = Outcome(Result.LOGIN, 535, "5.7.8 who are you")
EARLIER = MARCH - HOUR


def settle(mailing: Mailing, *ends: tuple[str, int], since: datetime.datetime = MARCH) -> None:
    """Settle letters one second after the other: each end is a state with the relay's code."""
    letters = mailing.deliveries.filter(state="queued").order_by("pk")
    for number, (letter, (state, code)) in enumerate(zip(letters, ends, strict=False)):
        for step in WAYS[state]:
            moment = {"sent_at": "sent", "failed_at": "failed"}
            times = {column: since + number * SECOND for column, of in moment.items() if of == step}
            put(letter, step, smtp_code=code, **times)


def refused(number: int) -> list[tuple[str, int]]:
    return [("failed", 550)] * number


def taken(number: int) -> list[tuple[str, int]]:
    return [("sent", 250)] * number


def make_trouble(mailing: Mailing, times: int, at: datetime.datetime = MARCH) -> None:
    for _ in range(times):
        breaker.count_trouble(mailing, AWAY, at)


def now(mailing: Mailing) -> Mailing:
    return Mailing.objects.get(pk=mailing.pk)


def told() -> list[str]:
    return list(AlertSent.objects.order_by("pk").values_list("words", flat=True))


# Refusals


@pytest.mark.parametrize(("number", "state"), [(10, "sending"), (11, "paused")])
def test_more_than_ten_of_the_last_two_hundred_stop_it(number, state):
    mailing = make_mailing(readers=210)
    settle(mailing, *taken(200 - number), *refused(number))
    breaker.watch_refusals(mailing, MARCH + HOUR)
    assert now(mailing).state == state
    assert len(told()) == (state == "paused")


def test_even_before_two_hundred_have_left():
    mailing = make_mailing(readers=11)
    settle(mailing, *refused(11))
    breaker.watch_refusals(mailing, MARCH + HOUR)
    assert (now(mailing).state, now(mailing).pause_cause) == ("paused", "refusals")
    assert "11 of its last 200 letters were refused for good" in told()[0]
    act = mailing.acts.get()
    assert (act.act, act.by, act.at) == ("pause", None, MARCH + HOUR)


def test_refusals_of_long_ago_are_forgotten_with_the_next_two_hundred():
    mailing = make_mailing(readers=212)
    settle(mailing, *refused(11), *taken(200))
    breaker.watch_refusals(mailing, MARCH + HOUR)
    assert now(mailing).state == "sending"


def test_what_a_person_has_looked_at_does_not_count_again():
    mailing = make_mailing(readers=22)
    settle(mailing, *refused(11))
    breaker.watch_refusals(mailing, MARCH + MINUTE)
    assert steering.resume(mailing, make_approver(), "old addresses", MARCH + HOUR)
    settle(mailing, *refused(10), since=MARCH + HOUR)
    breaker.watch_refusals(mailing, MARCH + 2 * HOUR)
    assert now(mailing).state == "sending"
    settle(mailing, *refused(1), since=MARCH + 2 * HOUR)
    breaker.watch_refusals(mailing, MARCH + 2 * HOUR)
    assert now(mailing).state == "paused"
    assert len(told()) == 2


def test_letters_put_off_or_grown_too_old_are_no_refusals():
    mailing = make_mailing(readers=40)
    settle(mailing, *[("failed", 451)] * 30)
    mailing.deliveries.filter(state="queued").update(smtp_code=550)
    breaker.watch_refusals(mailing, MARCH + HOUR)
    assert now(mailing).state == "sending"


def test_those_of_another_mailing_do_not_count():
    mailing = make_mailing(readers=11)
    settle(mailing, *refused(11))
    other = Mailing.objects.create(
        bulletin=mailing.bulletin,
        number=1,
        headers=[],
        started_at=MARCH,
        give_up_at=MARCH + HOUR,
        watched_from=MARCH,
    )
    breaker.watch_refusals(other, MARCH + HOUR)
    assert now(other).state == "sending"


# A relay that is away


@pytest.mark.parametrize(("times", "state"), [(19, "sending"), (20, "paused")])
def test_twenty_connections_that_fail_in_a_row_stop_it(times, state):
    mailing = make_mailing(readers=1)
    make_trouble(mailing, times)
    assert now(mailing).state == state
    assert len(told()) == (state == "paused")


def test_a_letter_taken_in_between_begins_the_count_anew():
    mailing = make_mailing(readers=1)
    make_trouble(mailing, 19)
    breaker.end_of_trouble(mailing)
    make_trouble(mailing, 19)
    assert now(mailing).state == "sending"
    make_trouble(mailing, 1)
    assert now(mailing).state == "paused"


def test_it_says_what_the_relay_said_and_that_nothing_need_be_done():
    mailing = make_mailing(readers=1)
    make_trouble(mailing, 20)
    (words,) = told()
    assert "20 connections to the relay failed in a row; the last: Connection refused." in words
    assert "It goes on by itself when the relay answers again." in words
    assert (now(mailing).pause_cause, now(mailing).look_again_at) == ("connection", MARCH + 5 * MINUTE)


# A relay that refuses our login


def test_a_refused_login_stops_it_at_once():
    mailing = make_mailing(readers=1)
    breaker.refused_login(mailing, LOGIN, MARCH)
    assert (now(mailing).state, now(mailing).pause_cause, now(mailing).look_again_at) == ("paused", "login", None)
    assert "535 5.7.8 who are you" in told()[0]
    assert "EMAIL_URL" in told()[0]


# Telling


def test_staff_are_told_once_until_somebody_acts():
    mailing = make_mailing(readers=1)
    for _ in range(3):
        breaker.refused_login(mailing, LOGIN, MARCH)
    assert (len(told()), mailing.acts.count()) == (1, 1)
    # Another worker of the same moment, that had not seen the pause: the clock's own acts do not count.
    Mailing.objects.update(state="sending", pause_cause="")
    breaker.refused_login(mailing, LOGIN, MARCH)
    assert len(told()) == 1
    steering.resume(mailing, make_approver(), "mended", MARCH)
    breaker.refused_login(mailing, LOGIN, MARCH)
    assert len(told()) == 2


@pytest.mark.django_db(transaction=True)
def test_workers_that_find_the_same_at_once_tell_it_once():
    mailing = make_mailing(readers=1)
    at_once(4, lambda: breaker.refused_login(mailing, LOGIN, MARCH))
    assert (len(told()), mailing.acts.count()) == (1, 1)


# Looking again


def make_away(at: datetime.datetime = EARLIER) -> Mailing:
    """Make a mailing that is paused because the relay was away."""
    mailing = make_mailing(readers=1)
    make_trouble(mailing, 20, at)
    return now(mailing)


def test_it_goes_on_when_the_relay_answers_again():
    mailing = make_away()
    with scripted():
        assert breaker.look_again(mailing, MARCH)
    assert (now(mailing).state, now(mailing).troubles, now(mailing).look_again_at) == ("sending", 0, None)
    act = mailing.acts.order_by("pk").last()
    assert (act.act, act.by, act.why) == ("resume", None, "the relay answers again")


@pytest.mark.parametrize("script", [{"greeting": "421 too busy"}, {"greeting": "554 go away"}], ids=str)
def test_a_relay_that_is_not_well_is_left_for_five_minutes_more(script):
    mailing = make_away()
    with scripted(**script):
        assert not breaker.look_again(mailing, MARCH)
    assert (now(mailing).state, now(mailing).look_again_at) == ("paused", MARCH + 5 * MINUTE)


def test_nor_does_one_that_is_still_away_get_it_going():
    mailing = make_away()
    with override_settings(EMAIL_HOST="127.0.0.1", EMAIL_PORT=free_port()):
        assert not breaker.look_again(mailing, MARCH)
    assert now(mailing).state == "paused"


def test_nobody_looks_before_it_is_time():
    mailing = make_away(MARCH)
    with scripted() as server:
        assert not breaker.look_again(mailing, MARCH + 5 * MINUTE - SECOND)
        assert server.connections == 0
        assert breaker.look_again(mailing, MARCH + 5 * MINUTE)


@pytest.mark.parametrize("cause", ["person", "refusals", "login", "takeover"])
def test_no_other_pause_ends_by_itself(cause):
    mailing = make_mailing(readers=1)
    assert steering.pause(mailing, None, "for the test", EARLIER, cause)
    Mailing.objects.update(look_again_at=EARLIER)
    with scripted() as server:
        assert not breaker.look_again(mailing, MARCH)
    assert (server.connections, now(mailing).state) == (0, "paused")


@pytest.mark.django_db(transaction=True)
def test_only_one_worker_looks():
    mailing = make_away()
    with scripted(greeting="421 too busy") as server:
        at_once(4, lambda: breaker.look_again(mailing, MARCH))
    assert server.connections == 1
