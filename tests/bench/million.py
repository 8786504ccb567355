"""A mailing to a million readers: how long it takes to open, until its first letter has left, what its worker holds.

Opening is compared with a bare INSERT .. SELECT of the same columns into the same table. Beside it stands one into a
plain table, which knows the two foreign keys, one letter a reader, and the queue's index, and nothing else.
"""

import statistics
import time

import psutil
from django.db import connection
from django.utils import timezone

from config.company import say
from config.programs import CannotRun
from mailings.models import Mailing
from mailings.opening import open_mailing
from mailings.tasks import drain
from tests.bench.archive import forget_issues
from tests.bench.measured import Measured, spread
from tests.bench.postbag import make_issue, make_readers
from tests.bench.sinks import smtp_sink
from tests.bench.workers import worker

READERS, ROUNDS, SENDING_SECONDS = 1_000_000, 5, 60
PLAIN = """
    DROP TABLE IF EXISTS plain;
    CREATE TABLE plain (LIKE mailings_delivery INCLUDING DEFAULTS INCLUDING IDENTITY);
    ALTER TABLE plain ADD PRIMARY KEY (id), ADD UNIQUE (mailing_id, subscriber_id),
                      ADD FOREIGN KEY (mailing_id) REFERENCES mailings_mailing,
                      ADD FOREIGN KEY (subscriber_id) REFERENCES subscribers_subscriber;
    CREATE INDEX ON plain (mailing_id, not_before) WHERE state = 'queued';
    CHECKPOINT;
"""
EMPTY = "TRUNCATE mailings_delivery CASCADE; CHECKPOINT;"
FILL = """
    INSERT INTO {table} (mailing_id, subscriber_id, address_hash, state, attempts, not_before, unknown_retried,
                         smtp_text, message_id)
    SELECT %s, s.id, s.address_hash, 'queued', 0, now(), false, '', '<b' || s.id || '@bulletin.example.org>'
      FROM subscribers_subscriber s WHERE s.status = 'active'
"""
Memory = tuple[float, float]


def bench() -> dict[str, Measured]:
    """Open and fill in turns, several rounds; in the last one the worker goes on for a while."""
    make_readers(READERS)
    bare, plain, opened, first, memory = [], [], [], [], (0.0, 0.0)
    with smtp_sink() as (port, _):
        for place in range(ROUNDS):
            mailing, seconds, until_first, memory = mailed(port, SENDING_SECONDS if place == ROUNDS - 1 else 0)
            opened.append(seconds)
            first.append(until_first)
            bare.append(filled("mailings_delivery", EMPTY, mailing))
            plain.append(filled("plain", PLAIN, mailing))
            took = f"opened {seconds:.1f} s, first letter {until_first:.1f} s"
            say(f"  Round {place + 1}: bare {bare[-1]:.1f} s, plain table {plain[-1]:.1f} s, {took}")
    usual, figures = statistics.median(bare), spread("bare INSERT .. SELECT, seconds", bare)
    figures |= spread("INSERT .. SELECT into a plain table, seconds", plain)
    figures["opened, against the plain table"] = statistics.median(opened) / statistics.median(plain)
    idle, most = memory
    in_mb = {"idle worker, MB": idle / 1e6, "the most while it sent, MB": most / 1e6}
    return {
        "open_vs_insert_select": cost(opened, usual, 1.2, figures | spread("opened, seconds", opened)),
        "send_first_letter": cost(first, usual, 2, figures | spread("first letter sent, seconds", first)),
        "worker_rss_million_vs_idle": Measured(most / idle, promised=1.3, figures=in_mb, is_cost=True),
    }


def cost(seconds: list[float], usual: float, promised: float, figures: dict[str, float]) -> Measured:
    """Return how much longer than usual something takes."""
    return Measured(statistics.median(seconds) / usual, promised, figures, is_cost=True)


def mailed(port: int, going_on: float) -> tuple[Mailing, float, float, Memory]:
    """Open a mailing; return it, the seconds that took, those until a letter was sent, and what its worker held."""
    forget_issues()
    issue = make_issue(timezone.now())
    with worker(port) as processes:
        sender = processes[-1]
        idle = sender.memory_info().rss
        began = time.perf_counter()
        mailing = open_mailing(issue, timezone.now())
        opened = time.perf_counter() - began
        if mailing is None or mailing.planned != READERS:
            raise CannotRun("The mailing was not opened to everybody.")
        drain.apply_async([mailing.pk])
        while not mailing.deliveries.filter(state="sent").exists():
            time.sleep(0.01)
        first = time.perf_counter() - began
        return mailing, opened, first, (idle, most_held(sender, going_on))


def most_held(process: psutil.Process, seconds: float) -> float:
    """Return the most memory that a process holds in so many seconds, in bytes."""
    until, most = time.monotonic() + seconds, 0.0
    while True:
        most = max(most, process.memory_info().rss)
        if time.monotonic() > until:
            return most
        time.sleep(0.2)


def filled(table: str, before: str, mailing: Mailing) -> float:
    """Return the seconds that filling a table takes, made ready by some statements before."""
    with connection.cursor() as cursor:
        for statement in before.split(";")[:-1]:
            cursor.execute(statement)
        began = time.perf_counter()
        cursor.execute(FILL.format(table=table), [mailing.pk])
        return time.perf_counter() - began
