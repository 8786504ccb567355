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

from tests.factories import make_approved, make_publication, make_subscriber

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
