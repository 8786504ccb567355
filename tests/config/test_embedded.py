"""A test run has services and an environment of its own, and takes them away again."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.config.machine import ROOT, processes_about, wait_for

SAYS_WHERE = """
import os, time
from pathlib import Path
from django.conf import settings
from django.db import connection
from tests.embedded import FOLDER

def test_says_where(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    said = [FOLDER, settings.SITE_URL, settings.DATABASES["default"]["HOST"]]
    Path(__file__).with_name("said").write_text(" ".join(map(str, said)))
    time.sleep(float(os.environ.get("STAY", "0")))
"""
SKIPS = """
import pytest

@pytest.mark.skip(reason={reason!r})
def test_something():
    pass
"""
FOREIGN = {"DATABASE_URL": "postgresql://postgres@127.0.0.1:1/precious", "SITE_URL": "https://real.example"}

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def pytest_run(tmp_path: Path) -> Start:
    """Return a function that starts pytest on one file, with more environment if need be."""

    def start(text: str, **environment: str) -> subprocess.Popen[str]:
        (tmp_path / "test_one.py").write_text(text)
        options = ["-c", "pyproject.toml", "-p", "no:cacheprovider", str(tmp_path / "test_one.py")]
        without_ci = {name: value for name, value in os.environ.items() if name not in ("CI", "STAY")}
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", *options],
            cwd=ROOT,
            env=without_ci | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A shell that puts a run into its background lets it ignore Ctrl-C, and so would this child.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )

    return start


def places_of(said: Path) -> tuple[Path, str, Path]:
    folder, site, host = said.read_text().split()
    return Path(folder), site, Path(host)


def test_uses_its_own_services_whatever_the_environment_says(tmp_path, pytest_run):
    run = pytest_run(SAYS_WHERE, **FOREIGN)
    output, _ = run.communicate(timeout=60)
    assert run.returncode == 0, output
    folder, site, host = places_of(tmp_path / "said")
    assert site == "https://bulletin.example.org"
    assert host.is_relative_to(folder)
    assert not folder.exists()
    assert processes_about(folder) == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_leaves_nothing_when_interrupted(tmp_path, pytest_run, number):
    run = pytest_run(SAYS_WHERE, STAY="60")
    assert wait_for((tmp_path / "said").exists, 60)
    assert wait_for((tmp_path / "said").read_text, 5)
    folder, _, _ = places_of(tmp_path / "said")
    run.send_signal(number)
    run.communicate(timeout=20)
    assert run.returncode != 0
    assert not folder.exists()
    assert processes_about(folder) == {}


def test_a_skip_is_a_failure_in_ci_and_nowhere_else(pytest_run):
    here = pytest_run(SKIPS.format(reason="no server"))
    assert "1 skipped" in here.communicate(timeout=60)[0]
    ci = pytest_run(SKIPS.format(reason="no server"), CI="true")
    output, _ = ci.communicate(timeout=60)
    assert ci.returncode == 1
    assert "skipped, which CI does not accept: Skipped: no server" in output
