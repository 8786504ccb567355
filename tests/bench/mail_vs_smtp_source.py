"""Letters a second: a real worker with the whole ledger, against Postfix's smtp-source, which keeps no record.

Both give the same letter of 42 kB to the same smtp-sink, in turns. The curve over connections is in the figures, and
one over the time of a commit: as the disk has it, and with five milliseconds more (commit_delay).
"""

import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from config.company import say
from tests.bench.measured import Measured, spread
from tests.bench.postbag import make_readers, one_letter, open_to_all
from tests.bench.sinks import smtp_sink
from tests.bench.tools import program, version, with_libraries
from tests.bench.workers import Work, work, worker

LETTERS, ROUNDS = 10_000, 5
SLOW_LETTERS, SLOW_ROUNDS, COMMIT_MICROSECONDS = 4_000, 3, 5_000
CONNECTIONS = (10, 20, 40, 80)
SESSIONS = "10"


def bench() -> dict[str, Measured]:
    """Send in turns by smtp-source and by workers with more and more connections; the ratio is at the default."""
    make_readers(LETTERS)
    at = sorted({*CONNECTIONS, settings.SMTP_CONNECTIONS})
    with smtp_sink() as (port, sink):
        say(
            f"  {version([program('postconf', 'postfix'), '-d', 'mail_version'])} (Postfix); PostgreSQL {of_postgres()}"
        )
        source, ours = in_turns(port, sink, at)
        figures = spread("smtp-source, letters a second", source)
        for number, works in ours.items():
            figures |= curve(f"{number} connections", works, source)
        with slow_commits():
            for number in at[-3:]:
                works = [send(port, sink, number, SLOW_LETTERS) for _ in range(SLOW_ROUNDS)]
                figures |= curve(f"{number} connections, commits of 5 ms", works, source)
    ratio = figures[f"{settings.SMTP_CONNECTIONS} connections, ratio"]
    return {"mail_vs_smtp_source": Measured(ratio, promised=0.9, figures=figures)}


def in_turns(port: int, sink: int, at: list[int]) -> tuple[list[float], dict[int, list[Work]]]:
    """Send all letters by each sender in turn, several rounds."""
    source: list[float] = []
    ours: dict[int, list[Work]] = {number: [] for number in at}
    letter = one_letter(open_to_all())
    say(f"  A letter has {len(letter):,} bytes.")
    for place in range(ROUNDS):
        source.append(smtp_source(port, letter))
        for number in at:
            ours[number].append(send(port, sink, number, LETTERS))
        rates = ", ".join(f"{ours[number][-1].rate:,.0f} with {number}" for number in at)
        say(f"  Round {place + 1}: smtp-source {source[-1]:,.0f} letters a second, ours {rates} connections")
    return source, ours


def send(port: int, sink: int, connections: int, letters: int) -> Work:
    """Mail an issue by a worker with so many connections."""
    make_only(letters)
    mailing = open_to_all()
    with worker(port, SMTP_CONNECTIONS=str(connections)) as processes:
        return work(mailing, letters, processes, sink)


def make_only(letters: int) -> None:
    """Let so many of the readers be active."""
    with connection.cursor() as cursor:
        active = "id IN (SELECT id FROM subscribers_subscriber ORDER BY id LIMIT %s)"
        cursor.execute(f"UPDATE subscribers_subscriber SET status = 'unsubscribed' WHERE NOT {active}", [letters])
        cursor.execute(
            f"UPDATE subscribers_subscriber SET status = 'active' WHERE status <> 'active' AND {active}", [letters]
        )


def smtp_source(port: int, letter: bytes) -> float:
    """Send the letter as often as there are readers by smtp-source; return letters a second."""
    source = program("smtp-source", "postfix")
    with tempfile.NamedTemporaryFile() as file:
        file.write(letter.replace(b"\r\n", b"\n"))
        file.flush()
        options = ["-d", "-s", SESSIONS, "-m", str(LETTERS), "-N", "-M", "client.example", "-F", file.name]
        people = ["-f", "bulletin@example.org", "-t", "reader@example.org"]
        began = time.perf_counter()
        subprocess.run([source, *options, *people, f"inet:127.0.0.1:{port}"], check=True, env=with_libraries(source))
        return LETTERS / (time.perf_counter() - began)


@contextmanager
def slow_commits() -> Iterator[None]:
    """Let each commit take five milliseconds more inside `with`."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER SYSTEM SET commit_delay = {COMMIT_MICROSECONDS}")
        cursor.execute("ALTER SYSTEM SET commit_siblings = 0")
        cursor.execute("SELECT pg_reload_conf()")
        yield
        cursor.execute("ALTER SYSTEM RESET ALL")
        cursor.execute("SELECT pg_reload_conf()")


def of_postgres() -> str:
    """Return the server's version."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return cursor.fetchone()[0]


def curve(name: str, works: list[Work], source: list[float]) -> dict[str, float]:
    """Return the figures of one point of a curve."""
    rates = [one.rate for one in works]
    return {
        f"{name}, ratio": statistics.median(rates) / statistics.median(source),
        **spread(f"{name}, letters a second", rates),
        **{
            f"{name}, {part} us a letter": statistics.median(getattr(one, part) for one in works)
            for part in ("worker", "postgres", "sink")
        },
    }
