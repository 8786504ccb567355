"""The services of a test run: PostgreSQL, Redis and environment of its own, never those of a demo or .env.

Loaded by `-p tests.embedded`, because pytest-django reads the settings before any conftest.py.
"""

import atexit
import os
import shutil
import signal
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import NoReturn

import pytest

from config.programs import CannotRun
from config.services import Services


def open_folder() -> Path:
    """Make the run's folder; open to the unprivileged user that the servers run as when we are root."""
    folder = Path(tempfile.mkdtemp(prefix="first-wednesday-tests-"))
    folder.chmod(0o755)
    return folder


FOLDER = open_folder()
house = ExitStack()
house.callback(shutil.rmtree, FOLDER, ignore_errors=True)
atexit.register(house.close)

try:
    services = Services(FOLDER, lasting=False)
except CannotRun as fault:
    raise pytest.UsageError(str(fault)) from fault
house.callback(services.remove)

os.environ.update(
    READ_DOT_ENV="no",
    DJANGO_SETTINGS_MODULE="config.settings",
    DATABASE_URL=services.database_url,
    REDIS_URL=services.redis_url,
    EMAIL_URL="smtp://127.0.0.1:9",
    SITE_URL="https://bulletin.example.org",
    ALLOWED_HOSTS="testserver,bulletin.example.org,127.0.0.1,localhost",
    SECRET_KEY="only for the tests: fifty characters and a few more of them",
    SUPPRESSION_KEY="only for the tests: never a real key",
    MEDIA_ROOT=str(FOLDER / "media"),
)
for name in (
    "DEMO",
    "TRUSTED_PROXIES",
    "MAIL_RATE_PER_SECOND",
    "SMTP_CONNECTIONS",
    "MAIL_LEDGER",
    "MAIL_AT_MOST_ONCE",
    "BOUNCE_DOMAIN",
    "SENDER_IDENTITY",
):
    os.environ.pop(name, None)


def interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt(f"signal {number}")


def pytest_configure(config: pytest.Config) -> None:
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, interrupt)
    try:
        house.enter_context(services)
    except CannotRun as fault:
        pytest.exit(str(fault), returncode=1)


def pytest_unconfigure(config: pytest.Config) -> None:
    house.close()


def pytest_report_header(config: pytest.Config) -> str:
    return f"services: PostgreSQL and Redis of this run in {services.home}"
