from collections.abc import Iterator

import pytest
from django.test import Client

from subscribers.limits import counter
from tests.relay import Relay, running_relay


class Visitor(Client):
    """A browser at the public address: https, and no CSRF token at hand."""

    def __init__(self) -> None:
        super().__init__(enforce_csrf_checks=True)

    def request(self, **request):
        site = {"wsgi.url_scheme": "https", "SERVER_NAME": "bulletin.example.org", "SERVER_PORT": "443"}
        return super().request(**{**request, **site})


@pytest.fixture(autouse=True)
def uncounted() -> Iterator[None]:
    """Let no sign-up of one test count in another."""
    redis = counter().storage
    redis.reset()
    yield
    redis.reset()


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


@pytest.fixture
def relay() -> Iterator[Relay]:
    with running_relay() as relay:
        yield relay
