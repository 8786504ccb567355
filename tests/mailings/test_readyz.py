"""/readyz: whether the site does its work, asked often and answered cheaply."""

import datetime
import os

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import travel

from mailings.models import Delivery, Mailing, Rhythm
from publication.models import SenderClaim
from subscribers.models import OutgoingLetter
from tests.factories import MARCH, make_subscriber
from tests.mailings.cast import DAY, HOUR, MINUTE, SECOND, make_mailing, put

pytestmark = pytest.mark.django_db

WELL = "database: ok\nbroker: ok\nclock: ok\nletters: ok\n"


def asked(client, at: datetime.datetime = MARCH) -> tuple[int, str]:
    with travel(at, tick=False):
        answer = client.get("/readyz")
    return answer.status_code, answer.content.decode()


def ticked(at: datetime.datetime = MARCH) -> None:
    Rhythm.objects.beat(at)


def test_all_is_well(client):
    ticked()
    assert asked(client) == (200, WELL)


def test_nobody_keeps_the_answer_and_it_leaves_nothing_behind(client):
    ticked()
    answer = client.get("/readyz")
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")


def test_it_is_only_for_reading(client):
    assert client.head("/readyz").status_code == 503
    assert client.post("/readyz").status_code == 405
    assert not Rhythm.objects.exists()


def test_a_probe_need_not_come_by_https():
    ticked()
    assert asked(Client()) == (200, WELL)


@pytest.mark.parametrize(
    ("after", "status", "words"),
    [
        (6 * MINUTE, 200, "clock: ok"),
        (6 * MINUTE + SECOND, 503, "clock: ticked 6 minutes ago"),
        (2 * DAY, 503, "clock: ticked 2,880 minutes ago"),
    ],
)
def test_a_clock_that_stands_still(client, after, status, words):
    ticked()
    answer = asked(client, MARCH + after)
    assert answer[0] == status
    assert words in answer[1]


def test_a_clock_that_never_ticked(client):
    assert asked(client) == (503, WELL.replace("clock: ok", "clock: never ticked"))


def test_letters_that_nobody_sends(client):
    mailing = make_mailing(readers=2)
    later = MARCH + 10 * MINUTE + SECOND
    ticked(later)
    assert asked(client, MARCH + 10 * MINUTE)[0] == 200
    assert asked(client, later) == (
        503,
        WELL.replace("letters: ok", "letters: due for more than 10 minutes, and none leaves"),
    )
    Mailing.objects.filter(pk=mailing.pk).update(state="paused", pause_cause="person")
    assert asked(client, later) == (200, WELL)


@pytest.mark.parametrize("state", ["claimed", "sent", "failed"])
def test_a_long_mailing_that_goes_on_is_well(client, state):
    mailing = make_mailing(readers=2)
    later = MARCH + HOUR
    ticked(later)
    assert asked(client, later)[0] == 503
    steps = (
        ["claimed", "failed"] if state == "failed" else ["claimed", "on_wire", "sent"][: 3 if state == "sent" else 1]
    )
    moments = {"sent": {"sent_at": later}, "failed": {"failed_at": later}, "claimed": {"lease_until": later + MINUTE}}
    for step in steps:
        put(mailing.deliveries.first(), step, **(moments[state] if step == state else {}))
    assert asked(client, later) == (200, WELL)


def test_a_mailing_that_was_just_resumed_has_its_time(client):
    mailing = make_mailing(readers=2)
    later = MARCH + HOUR
    ticked(later)
    assert asked(client, later)[0] == 503
    Mailing.objects.filter(pk=mailing.pk).update(watched_from=later - MINUTE)
    assert asked(client, later) == (200, WELL)


def test_letters_that_wait_for_their_next_try_are_not_due(client):
    make_mailing(readers=2)
    Delivery.objects.update(not_before=MARCH + 2 * HOUR)
    ticked(MARCH + HOUR)
    assert asked(client, MARCH + HOUR) == (200, WELL)


def test_a_confirmation_that_nobody_posts(client):
    OutgoingLetter.objects.create(subscriber=make_subscriber(status="pending"), kind="confirm", due=MARCH)
    ticked(MARCH + 11 * MINUTE)
    assert "letters: due for more than 10 minutes" in asked(client, MARCH + 11 * MINUTE)[1]


def test_a_copy_that_may_not_send_is_well(client):
    make_mailing(readers=1)
    SenderClaim.objects.create(identity="the first machine", at=MARCH, why="the first to send")
    ticked(MARCH + HOUR)
    assert asked(client, MARCH + HOUR) == (200, WELL)


def test_redis_is_gone_and_its_address_is_not_told(client, settings):
    settings.REDIS_URL = "redis://user:secret@127.0.0.1:9/0"
    ticked()
    assert asked(client) == (503, WELL.replace("broker: ok", "broker: cannot be reached"))


def test_it_asks_little_and_counts_nothing(client):
    make_mailing(readers=2)
    ticked()
    with travel(MARCH, tick=False), CaptureQueriesContext(connection) as queries:
        client.get("/readyz")
    asked_for = [query["sql"] for query in queries]
    assert len(asked_for) <= 5
    assert not [sql for sql in asked_for if "COUNT(" in sql.upper()]


def test_the_environment_s_secrets_are_nowhere_in_it(client):
    ticked()
    words = asked(client)[1]
    assert os.environ["DATABASE_URL"] not in words
    assert os.environ["REDIS_URL"] not in words
