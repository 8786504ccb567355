from collections.abc import Iterator

import pytest

from tests.relay import Relay, running_relay


@pytest.fixture
def relay() -> Iterator[Relay]:
    with running_relay() as relay:
        yield relay
