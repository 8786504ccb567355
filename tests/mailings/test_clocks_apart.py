"""This machine's clock and the database's, for real: nothing is opened while they are more than 30 s apart."""

import datetime
import io

import pytest
from django.core.management import call_command
from time_machine import travel

from bulletins.models import PublicationDay
from mailings import instants
from mailings.clock import tick_now
from mailings.instants import Clock
from mailings.models import AlertSent, Mailing, Rhythm
from tests.factories import make_publication
from tests.mailings.cast import DAY, MINUTE, SECOND, make_due, make_readers, states

pytestmark = pytest.mark.django_db

ASKS_THE_DATABASE = instants.database_now


@pytest.fixture(autouse=True)
def two_clocks(one_clock, monkeypatch) -> None:
    """Let the database's clock be its own again."""
    monkeypatch.setattr("mailings.instants.database_now", ASKS_THE_DATABASE)


@pytest.fixture
def due_now() -> datetime.datetime:
    """An issue whose hour came a minute ago by the database's clock, which is the moment returned."""
    make_publication()
    make_readers(2)
    now = ASKS_THE_DATABASE()
    PublicationDay.objects.ensure(now)
    make_due(publish_at=now - MINUTE, publish_reason="for the test")
    AlertSent.objects.all().delete()
    return now


def kinds() -> list[str]:
    return list(AlertSent.objects.filter(kind="clocks").values_list("kind", flat=True))


@pytest.mark.parametrize("seconds", [-3600, -32, 32, 3600])
def test_apart_nothing_is_opened_and_staff_are_told_once(due_now, seconds, caplog):
    with travel(due_now + seconds * SECOND, tick=True):
        assert tick_now() == []
        assert tick_now() == []
    assert not Mailing.objects.exists()
    assert kinds() == ["clocks"]
    assert (
        "more than 30 seconds apart, so no mailing is opened. Set them by NTP"
        in AlertSent.objects.get(kind="clocks").words
    )
    assert "more than 30 seconds apart" in caplog.text


@pytest.mark.parametrize("seconds", [-25, 0, 25])
def test_near_enough_it_is_opened_by_the_databases_clock(due_now, seconds):
    with travel(due_now + seconds * SECOND, tick=True):
        (opened,) = tick_now()
    assert kinds() == []
    assert abs(Mailing.objects.get(pk=opened).started_at - due_now) < 10 * SECOND


def test_once_they_agree_again_it_goes_out_by_itself(due_now):
    with travel(due_now - DAY, tick=True):
        tick_now()
    tick_now()
    assert states(Mailing.objects.get()) == {"queued": 2}


def test_what_is_under_way_goes_on(due_now):
    (opened,) = tick_now()
    with travel(due_now + 60 * MINUTE, tick=True):
        assert tick_now() == [opened]


def test_the_beat_is_kept_by_the_databases_clock(due_now):
    with travel(due_now + DAY, tick=True):
        tick_now()
    assert abs(Rhythm.objects.ticked_at() - due_now) < 10 * SECOND


def test_the_clock_is_how_far_behind_it_is(due_now):
    with travel(due_now + 100 * SECOND, tick=True):
        clock = Clock.read()
        assert not clock.is_right
        assert abs(clock.now() - due_now) < 10 * SECOND
    assert -110 * SECOND < clock.behind < -90 * SECOND


@pytest.mark.django_db(transaction=True)
def test_the_command_opens_nothing_either(transactional_db, due_now, unreachable_broker):
    out = io.StringIO()
    with travel(due_now + 40 * SECOND, tick=True):
        call_command("tick", stdout=out, stderr=out)
    assert out.getvalue().endswith("0 mailings under way.\n")
    assert not Mailing.objects.exists()
    call_command("tick", stdout=out, stderr=io.StringIO())
    assert out.getvalue().endswith("1 mailing under way.\n")
