"""What all tests share."""

import pytest
from django.test import Client
from django.utils import timezone

from config.celery import app


class SecureClient(Client):
    """A browser that comes by https, as production asks."""

    def generic(self, *args, **kwargs):
        """Make a request; never over plain http."""
        return super().generic(*args, **{**kwargs, "secure": True})


@pytest.fixture
def client() -> Client:
    """A reader's browser."""
    return SecureClient()


@pytest.fixture(autouse=True)
def quick_passwords(settings) -> None:
    """Hash the cast's passwords fast: how slow that is in production is Django's to test."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def one_clock(monkeypatch) -> None:
    """Let the database's clock travel in time with the tests' own."""
    monkeypatch.setattr("mailings.instants.database_now", timezone.now)


@pytest.fixture
def unreachable_broker(monkeypatch) -> None:
    """Point Celery at a Redis that is not there."""
    monkeypatch.setitem(app.conf, "broker_url", "redis+socket:///nowhere/redis.sock")
    monkeypatch.setitem(app.conf, "broker_write_url", "redis+socket:///nowhere/redis.sock")
    monkeypatch.setitem(app.conf, "broker_transport_options", {"max_retries": 0})
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
