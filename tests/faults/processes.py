"""Real Celery processes with the test's own database and relay, in sessions of their own, and how they die."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psutil
from django.conf import settings
from django.db import connection

# Short enough for a test, in the proportions of the defaults; a relay's own patience lies below RELAY_IDLE_SECONDS.
TIMES = {
    "TICK_SECONDS": "1",
    "LEASE_SECONDS": "2",
    "LEASE_RENEWAL_SECONDS": "0.5",
    "RELAY_IDLE_SECONDS": "4",
    "DRAIN_SECONDS": "5",
}
QUIET = ["--loglevel", "ERROR"]
CONCURRENCY = 2


def environment(relay_port: int, **more: str) -> dict[str, str]:
    """The processes' environment: this test's own database and relay; an empty word takes a variable out."""
    database = connection.settings_dict
    url = f"postgresql://{database['USER']}@{quote(str(database['HOST']), safe='')}:5432/{database['NAME']}"
    values = {**os.environ, **TIMES, "DATABASE_URL": url, "EMAIL_URL": f"smtp://127.0.0.1:{relay_port}", **more}
    return {name: value for name, value in values.items() if value}


def start(env: dict[str, str], *words: str, cwd: Path | None = None) -> subprocess.Popen:
    """Start a Python program in a session of its own."""
    path = f"{settings.BASE_DIR}{os.pathsep}{env.get('PYTHONPATH', '')}"
    command = [sys.executable, *words]
    return subprocess.Popen(
        command, env={**env, "PYTHONPATH": path}, cwd=cwd or settings.BASE_DIR, start_new_session=True
    )


@contextmanager
def running(env: dict[str, str], *words: str, cwd: Path | None = None) -> Iterator[subprocess.Popen]:
    """Run a Python program; whatever is left of it is killed at the end."""
    process = start(env, *words, cwd=cwd)
    try:
        yield process
    finally:
        kill(process)


def celery(env: dict[str, str], *words: str):
    """Run a Celery process."""
    return running(env, "-m", "celery", "--quiet", "-A", "config.celery", *words)


def worker_words(name: str = "one", concurrency: int = CONCURRENCY) -> list[str]:
    """The words that start a worker."""
    host = ["-n", f"{name}@{name}.example.org", "--concurrency", str(concurrency)]
    return [
        "-m",
        "celery",
        "--quiet",
        "-A",
        "config.celery",
        "worker",
        *host,
        *QUIET,
        "--without-gossip",
        "--without-mingle",
    ]


def worker(env: dict[str, str], name: str = "one", concurrency: int = CONCURRENCY):
    """Run a worker for both queues."""
    return running(env, *worker_words(name, concurrency))


def beat(env: dict[str, str], schedule: Path):
    """Run Celery's beat."""
    return celery(env, "beat", *QUIET, "-s", str(schedule), "--pidfile", "")


def manage(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Run a management command to its end."""
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(command, env=env, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=300)


def kill(process: subprocess.Popen) -> None:
    """Kill a process and its children, as a power cut would."""
    tell(process, signal.SIGKILL)
    process.wait()


def tell(process: subprocess.Popen, number: signal.Signals) -> None:
    """Send a signal to a process and its children."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def children(process: subprocess.Popen) -> list[int]:
    """The children of a process by number."""
    try:
        return [child.pid for child in psutil.Process(process.pid).children()]
    except psutil.NoSuchProcess:
        return []


def caller(process: subprocess.Popen, port: int) -> int | None:
    """The child of a worker that talks to a relay from this port; None when it is none of this worker's."""
    for pid in children(process):
        with suppress(psutil.NoSuchProcess):
            if any(line.laddr.port == port for line in psutil.Process(pid).net_connections("tcp")):
                return pid
    return None


def stop(pid: int) -> None:
    """Stop a process where it stands, and wait until it does."""
    with suppress(ProcessLookupError, psutil.NoSuchProcess):
        os.kill(pid, signal.SIGSTOP)
        wait_for(lambda: psutil.Process(pid).status() in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE))


def strike(pid: int) -> None:
    """Kill one process; harmless when it is gone."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def wait_for(what: Callable[[], bool], seconds: float = 300) -> float:
    """Wait until something holds; return the seconds it took."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() < began + seconds, "it took too long"
        time.sleep(0.05)
    return time.monotonic() - began
