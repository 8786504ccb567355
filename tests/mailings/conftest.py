from collections.abc import Iterator

import pytest

from bulletins.models import PublicationDay
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
