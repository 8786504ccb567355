"""A nudge from any process of the site arrives in its own Redis, where the workers listen."""

import datetime
import os
import subprocess
import sys
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from redis import Redis
from time_machine import travel

from mailings.models import Mailing
from mailings.tasks import drain
from tests.factories import MARCH, make_approved, make_publication, make_subscriber
from tests.mailings.cast import make_mailing, states

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def redis():
    redis = Redis.from_url(settings.REDIS_URL)
    redis.flushdb()
    yield redis
    redis.flushdb()


def manage(*words: str) -> subprocess.CompletedProcess:
    """Run manage.py on this test's own database."""
    database = connection.settings_dict
    url = f"postgresql://{database['USER']}@{quote(str(database['HOST']), safe='')}:5432/{database['NAME']}"
    env = {**os.environ, "DATABASE_URL": url}
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(command, cwd=settings.BASE_DIR, env=env, capture_output=True, text=True)


def test_tick_by_hand_wakes_the_workers(redis):
    make_publication()
    make_subscriber(status="active")
    now = timezone.now()
    make_approved(at=now, publish_at=now - datetime.timedelta(seconds=5), publish_reason="for the test")
    done = manage("tick")
    assert (done.returncode, done.stderr) == (0, "")
    assert (redis.llen("sending"), redis.llen("clock")) == (1, 1)


@travel(MARCH, tick=True)
def test_a_turn_that_was_too_short_leads_to_the_next(redis, relay, settings):
    # What is under way when the time is over is sent to its end; the rest waits for the next turn.
    settings.DRAIN_SECONDS, settings.SMTP_CONNECTIONS, relay.seconds_a_letter = 1, 2, 0.3
    mailing = make_mailing(readers=20)
    drain(mailing.pk)
    assert 0 < len(relay.accepted) < 20
    assert states(mailing) == {"queued": 20 - len(relay.accepted), "sent": len(relay.accepted)}
    assert redis.llen("sending") == 1


@travel(MARCH, tick=True)
def test_the_last_turn_leads_to_none(redis, relay):
    drain(make_mailing(readers=2).pk)
    assert Mailing.objects.get().state == "finished"
    assert redis.llen("sending") == 0
