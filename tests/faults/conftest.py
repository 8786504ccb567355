"""The oracle and beat for each fault, what runs in `make faults` only, and the table at the end."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from redis import Redis

from tests.faults.house import FULL
from tests.faults.oracle import Oracle, running_oracle
from tests.faults.processes import beat as running_beat
from tests.faults.processes import environment
from tests.faults.verdict import STARTED, store, table

FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked `full` unless this is `make faults`."""
    left_out = [item for item in items if item.get_closest_marker("full") and not FULL]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table and keep it."""
    lines = table()
    if len(lines) > 1:
        terminalreporter.section("faults")
        for line in lines:
            terminalreporter.write_line(line)
        store()


@pytest.fixture(autouse=True)
def begun(transactional_db: None) -> None:
    """Note when a fault begins; nothing an earlier one left in Redis may nudge it."""
    Redis.from_url(settings.REDIS_URL).flushdb()
    STARTED.append(time.monotonic())


@pytest.fixture
def oracle(tmp_path: Path) -> Iterator[Oracle]:
    """A relay that knows what it accepted."""
    with running_oracle(tmp_path) as oracle:
        yield oracle


@pytest.fixture
def env(oracle: Oracle) -> dict[str, str]:
    """The processes' environment, with the oracle's log as the ledger."""
    return environment(oracle.port, MAIL_LEDGER=str(oracle.log))


@pytest.fixture
def env_without_ledger(oracle: Oracle) -> dict[str, str]:
    """The same, of an installation that cannot read its relay's log."""
    return environment(oracle.port)


@pytest.fixture
def beat(env: dict[str, str], tmp_path: Path) -> Iterator[subprocess.Popen]:
    """Celery's beat."""
    with running_beat(env, tmp_path / "schedule") as process:
        yield process
