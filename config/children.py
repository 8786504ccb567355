"""Child processes that end with us: in a session of their own, watched, stopped, never left behind."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.programs import NOBODY, CannotRun

PR_SET_PDEATHSIG = 1
C_LIBRARY = ctypes.CDLL(None)
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
START_SECONDS = 60
STOP_SECONDS = 8
PREDECESSOR_SECONDS = 10
TAIL_LINES = 12

Process = subprocess.Popen[bytes]


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let the signals that stop us wait until a child is made and noted.

    What a handler raises inside a fork's own callbacks Python reports and throws away: we would never stop.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def ends_with_us(ask: signal.Signals) -> Callable[[], None]:
    """Return a preexec_fn: the child is sent `ask` when we end, even by kill -9 (on Linux only)."""
    parent = os.getpid()

    def arrange() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
        if sys.platform != "linux":
            return
        C_LIBRARY.prctl(PR_SET_PDEATHSIG, int(ask))
        if os.getppid() != parent:
            os._exit(1)

    return arrange


@dataclass
class Server:
    """One embedded server: its command, its log, and the signal that stops it."""

    name: str
    command: list[str]
    log: Path
    stop_with: signal.Signals
    process: Process | None = None

    def start(self) -> Process:
        """Start it, as nobody if we are root, with an environment that holds nothing of ours."""
        as_root = os.geteuid() == 0
        with self.log.open("wb") as output, undisturbed():
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env={"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)},
                start_new_session=True,
                preexec_fn=ends_with_us(self.stop_with),
                user=NOBODY if as_root else None,
                group=NOBODY if as_root else None,
                extra_groups=[] if as_root else None,
            )
        return self.process

    def wait_until(self, answers: Callable[[], None], not_yet: type[Exception]) -> None:
        """Wait until `answers` no longer raises `not_yet`; CannotRun with the log's end if it dies."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            alive = self.process is not None and self.process.poll() is None
            try:
                return answers()
            except not_yet as error:
                if not alive:
                    raise CannotRun(f"{self.name} stopped while starting.\n{self.last_words()}") from error
            time.sleep(0.02)
        raise CannotRun(f"{self.name} did not answer within {START_SECONDS} s: see {self.log}.")

    def run_to_end(self) -> None:
        """Start it and wait for its end: CannotRun with the log's end if it fails."""
        process = self.start()
        try:
            if process.wait():
                raise CannotRun(f"{self.name} failed.\n{self.last_words()}")
        finally:
            end(process, signal.SIGKILL)

    def stop(self) -> None:
        """Stop it, gently first; harmless when it does not run."""
        if self.process:
            end(self.process, self.stop_with)

    def last_words(self) -> str:
        """Return the end of its log, with the log's place."""
        lines = self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        return "\n".join([f"{self.log} ends:", *lines])


def end(process: Process, ask: signal.Signals) -> None:
    """Ask a process to stop, and kill it with its whole session if it does not within STOP_SECONDS."""
    if process.poll() is None:
        process.send_signal(ask)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def await_predecessor(pid_file: Path, name: str) -> None:
    """Wait for a server that our killed predecessor left in the middle of stopping; clear its stale note.

    Raises CannotRun when that server does not go.
    """
    deadline = time.monotonic() + PREDECESSOR_SECONDS
    while (owner := noted_process(pid_file)) and command_of(owner) == name:
        if time.monotonic() > deadline:
            raise CannotRun(f"Another {name} (process {owner}) works in {pid_file.parent}: stop that one first.")
        time.sleep(0.05)
    # Without this note PostgreSQL would refuse to start if the number now belongs to another program.
    if owner and command_of(owner):
        pid_file.unlink(missing_ok=True)


def noted_process(pid_file: Path) -> int:
    """Return the process number in a server's note, 0 when there is none."""
    try:
        first = pid_file.read_text().split("\n", 1)[0]
    except FileNotFoundError:
        return 0
    return int(first) if first.isdigit() else 0


def command_of(process: int) -> str:
    """Return the short command name of a living process, or nothing (also where there is no /proc)."""
    try:
        return Path(f"/proc/{process}/comm").read_text().strip()
    except OSError:
        return ""
