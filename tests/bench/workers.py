"""A real Celery worker at work on a mailing: how long it takes, and what it costs."""

import datetime
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil
from celery import current_app
from django.db import connection
from django.utils import timezone

from config.programs import CannotRun
from mailings.models import Mailing
from mailings.tasks import drain
from tests.faults.processes import celery

# One turn for the whole mailing, as a relay without end would have it.
A_TURN = "100000"
PATIENCE_SECONDS, LOOK_SECONDS = 1800, 0.2


@dataclass(frozen=True)
class Work:
    """Letters a second, and microseconds of processor time a letter: the worker's, PostgreSQL's and the sink's."""

    rate: float
    worker: float
    postgres: float
    sink: float


@contextmanager
def worker(port: int, **environment: str) -> Iterator[list[psutil.Process]]:
    """Run a worker with one process that sends to a port, idle so far; yield its processes."""
    env = {**os.environ, "EMAIL_URL": f"smtp://127.0.0.1:{port}", "DRAIN_SECONDS": A_TURN, **environment}
    words = ["worker", "-Q", "sending", "--concurrency", "1", "--loglevel", "ERROR"]
    with celery({**env, "PYTHONWARNINGS": "ignore"}, *words, "--without-gossip", "--without-mingle") as process:
        while not current_app.control.inspect(timeout=0.5).ping():
            if process.poll() is not None:
                raise CannotRun("The worker did not start.")
        parent = psutil.Process(process.pid)
        yield [parent, *parent.children(recursive=True)]


def work(mailing: Mailing, letters: int, processes: list[psutil.Process], sink: int) -> Work:
    """Nudge the worker, and wait until the mailing is finished: each reader was sent one letter at the first try."""
    parts = (seconds_of(processes), postgres_seconds(), seconds_of([psutil.Process(sink)]))
    began = timezone.now()
    drain.apply_async([mailing.pk])
    ended = wait_for_end(mailing)
    seconds = (ended - began).total_seconds()
    now = (seconds_of(processes), postgres_seconds(), seconds_of([psutil.Process(sink)]))
    done = mailing.deliveries.filter(state="sent", attempts=1).count()
    if done != letters:
        raise CannotRun(f"Of {letters:,} letters {done:,} were sent at the first try: the figure would be a lie.")
    return Work(
        letters / seconds, *((after - before) / letters * 1e6 for before, after in zip(parts, now, strict=True))
    )


def wait_for_end(mailing: Mailing) -> datetime.datetime:
    """Wait until a mailing is finished; return when it was. It asks seldom, for each question costs its worker time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (ended := Mailing.objects.get(pk=mailing.pk).finished_at) is None:
        if time.monotonic() > deadline:
            raise CannotRun("The mailing does not come to its end.")
        time.sleep(LOOK_SECONDS)
    return ended


def seconds_of(processes: list[psutil.Process]) -> float:
    """Return the processor time that processes have used; one that has just ended counts no more."""
    seconds = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            time = process.cpu_times()
            seconds += time.user + time.system
    return seconds


def postgres_seconds() -> float:
    """Return the processor time of the whole server with all its processes, also those that have ended."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = psutil.Process(cursor.fetchone()[0]).parent()
    assert server is not None
    ended = server.cpu_times()
    return seconds_of([server, *server.children()]) + ended.children_user + ended.children_system
