"""`make demo` in a copy of the checkout: it starts, is found, and stops in every way people stop it."""

import fcntl
import http.client
import os
import pty
import re
import signal
import subprocess
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.launch import stop_once
from config.ports import free_port
from tests.config.machine import listener, modes_above, processes_about, wait_for

START_SECONDS = 60
STOP_SECONDS = 12
SOMEWHERE_ELSE = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
# The stamp counts as made: these tests bring their own virtual environment.
MAKE_DEMO = ["make", "-o", ".venv/.installed", "demo"]


def own_terminal() -> None:
    """Make standard output the terminal of this session: its closing hangs the session up."""
    fcntl.ioctl(1, termios.TIOCSCTTY, 0)


class Demo:
    """`make demo` on a given port, with what it has said so far."""

    def __init__(self, checkout: Path, environment: dict[str, str], terminal: int | None = None) -> None:
        self.checkout = checkout
        self.port = free_port()
        self.log = checkout / "demo.log"
        with self.log.open("wb") as log:
            self.make = subprocess.Popen(
                [*MAKE_DEMO, f"PORT={self.port}"],
                cwd=checkout,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log if terminal is None else terminal,
                stderr=log,
                start_new_session=True,
                preexec_fn=None if terminal is None else own_terminal,
            )

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def answers(self) -> bool:
        try:
            return self.status("/healthz") == 200
        except OSError:
            return False

    def status(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path)
        return connection.getresponse().status

    def launcher(self) -> int:
        """Return the launcher's process: make runs nothing else."""
        children = Path(f"/proc/{self.make.pid}/task/{self.make.pid}/children").read_text().split()
        return int(children[0])

    def wait(self) -> int:
        return self.make.wait(STOP_SECONDS)


@contextmanager
def running(checkout: Path, environment: dict[str, str], terminal: int | None = None) -> Iterator[Demo]:
    demo = Demo(checkout, environment, terminal)
    try:
        assert wait_for(lambda: demo.answers() or demo.make.poll() is not None, START_SECONDS), demo.said()
        assert demo.make.poll() is None, demo.said()
        yield demo
    finally:
        if demo.make.poll() is None:
            os.killpg(demo.make.pid, signal.SIGTERM)
            demo.wait()


def manage(checkout: Path, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [".venv/bin/python", "manage.py", *words],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def launch(checkout: Path, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MAKE_DEMO, *words], cwd=checkout, env=environment, capture_output=True, text=True, timeout=60
    )


def test_is_found_by_manage_and_stops_with_make(checkout, places, bare_environment):
    before = modes_above(checkout / "var")
    with running(checkout, bare_environment) as demo:
        assert wait_for(lambda: "Ctrl-C stops everything" in demo.said(), 10)
        assert f"http://127.0.0.1:{demo.port}/demo/mailbox/" in demo.said()
        assert demo.status("/") == 200
        query = "from django.conf import settings; print(settings.SITE_URL)"
        shown = manage(checkout, bare_environment, "shell", "-v", "0", "-c", query)
        assert (shown.stdout, shown.returncode) == (f"http://127.0.0.1:{demo.port}\n", 0), shown.stderr
        assert "No planned migration" in manage(checkout, bare_environment, "migrate", "--plan").stdout
        second = launch(checkout, bare_environment)
        assert f"already runs at http://127.0.0.1:{demo.port}/" in second.stderr
        assert second.returncode != 0
        demo.make.terminate()
        demo.wait()
    assert not wait_for(lambda: demo.answers(), 0)
    assert not (checkout / "var/demo/env").exists()
    assert not (places[1] / "pg/postmaster.pid").exists()
    assert modes_above(checkout / "var") == before


def test_says_what_is_missing_when_no_demo_runs(checkout, bare_environment):
    shown = manage(checkout, bare_environment, "check")
    assert shown.returncode == 1
    assert "is missing" in shown.stderr
    assert shown.stderr.count("\n") == 1


def test_stops_with_control_c(checkout, places, bare_environment):
    with running(checkout, bare_environment) as demo:
        launcher = demo.launcher()
        os.killpg(demo.make.pid, signal.SIGINT)
        demo.wait()
    assert "Everything has stopped." in demo.said()
    assert "Traceback" not in demo.said()
    assert not Path(f"/proc/{launcher}").exists()


def test_stops_when_its_terminal_is_closed(checkout, places, bare_environment):
    ours, theirs = pty.openpty()
    with running(checkout, bare_environment, terminal=theirs) as demo:
        os.close(theirs)
        os.close(ours)
        demo.wait()
    assert "Traceback" not in demo.said()
    assert not (checkout / "var/demo/env").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_stops_in_the_middle_of_starting(checkout, places, bare_environment, number):
    demo = Demo(checkout, bare_environment)
    assert wait_for(lambda: "Bringing the database" in demo.said(), START_SECONDS)
    os.killpg(demo.make.pid, number)
    demo.wait()
    assert "Traceback" not in demo.said()
    assert "Everything has stopped." in demo.said()


def test_leaves_nothing_when_killed_by_force(checkout, places, bare_environment):
    with running(checkout, bare_environment) as demo:
        os.kill(demo.launcher(), signal.SIGKILL)
        demo.wait()
        # Nobody is left to press a worker that is just starting: it ends in its own time.
        assert wait_for(lambda: not processes_about(*places), 60)


def test_stops_everything_when_one_process_dies_and_says_which(checkout, places, bare_environment):
    with running(checkout, bare_environment) as demo:
        beat = next(number for number, command in processes_about(*places).items() if " beat " in command)
        os.kill(beat, signal.SIGKILL)
        assert demo.wait() != 0
    # The site may have answered the test a moment before it answered the demo.
    assert re.search("The process 'beat' of the Procfile (has ended by itself|ended while starting)", demo.said())


def test_a_taken_port_is_an_error(checkout, places, bare_environment):
    with listener() as taken:
        refused = launch(checkout, bare_environment, f"PORT={taken.getsockname()[1]}")
    assert refused.returncode != 0
    assert "cannot be used" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_database_that_does_not_answer_is_said_without_a_traceback(checkout, places, bare_environment):
    refused = launch(checkout, bare_environment | SOMEWHERE_ELSE)
    assert refused.returncode != 0
    assert "`manage.py migrate` failed" in refused.stderr
    assert "Connection refused" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_reset_removes_what_earlier_demos_left(checkout, places, bare_environment):
    folder, data = checkout / "var" / "demo", places[1] / "pg"
    for left in (folder / "mailbox" / "new", data):
        left.mkdir(parents=True, exist_ok=True)
    (folder / "keys.json").write_text("{}")
    damaged = launch(checkout, bare_environment)
    assert "keys.json is damaged: start over with `make demo RESET=1`" in damaged.stderr
    refused = launch(checkout, bare_environment | SOMEWHERE_ELSE, "RESET=1")
    assert "RESET leaves the PostgreSQL at DATABASE_URL as it is." in refused.stdout
    assert "SECRET_KEY" in (folder / "keys.json").read_text()
    assert not (folder / "mailbox").exists()


def test_a_child_caught_before_its_program_just_ends():
    launcher = os.getpid()
    child = os.fork()
    if not child:
        try:
            stop_once(launcher, signal.SIGTERM, None)
        finally:
            os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
