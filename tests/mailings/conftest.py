from collections.abc import Iterator

import pytest

from bulletins.models import PublicationDay
from config.celery import app
from tests.factories import MARCH
from tests.mailings.cast import DAY
from tests.relay import Relay, running_relay


@pytest.fixture
def relay() -> Iterator[Relay]:
    with running_relay() as relay:
        yield relay


@pytest.fixture
def day(db) -> PublicationDay:
    """March's publication day, of an installation that began the day before."""
    PublicationDay.objects.ensure(MARCH - DAY)
    return PublicationDay.objects.earliest("date")


@pytest.fixture
def unreachable_broker(monkeypatch) -> None:
    """Point Celery at a Redis that is not there."""
    monkeypatch.setitem(app.conf, "broker_url", "redis+socket:///nowhere/redis.sock")
    monkeypatch.setitem(app.conf, "broker_write_url", "redis+socket:///nowhere/redis.sock")
    monkeypatch.setitem(app.conf, "broker_transport_options", {"max_retries": 0})
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
