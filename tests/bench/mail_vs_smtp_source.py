"""Letters a second: a real worker with the whole ledger, against Postfix's smtp-source, which keeps no record.

Both give the same letter of 42 kB to the same smtp-sink, in turns: each run of ours is compared with those of
smtp-source just before and after it, for this machine is not as fast now as in a minute. The sink has a core of its
own; at the end, without. The curve over connections is in the figures, and one over the time of a commit: as the disk
has it, and with five milliseconds more (commit_delay).
"""

import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from config.company import say
from tests.bench.cores import core_of_its_own
from tests.bench.measured import Measured, spread
from tests.bench.postbag import make_readers, one_letter, open_to_all
from tests.bench.sinks import smtp_sink
from tests.bench.tools import program, version, with_libraries
from tests.bench.workers import Work, work, worker

LETTERS, ROUNDS = 20_000, 5
SLOW_LETTERS, FEW_ROUNDS, COMMIT_MICROSECONDS = 8_000, 3, 5_000
CONNECTIONS = (10, 20, 40, 80)
BEST = 80
SESSIONS = "10"


def bench() -> dict[str, Measured]:
    """Send in turns by smtp-source and by workers with more and more connections; the ratio is at the best."""
    make_readers(LETTERS)
    letter = one_letter(open_to_all())
    with smtp_sink() as (port, sink):
        versions = [version([program("postconf", "postfix"), "-d", "mail_version"]), of_postgres()]
        say(f"  Postfix: {versions[0]}; PostgreSQL {versions[1]}; a letter has {len(letter):,} bytes.")
        turns = Turns(port, sink, letter)
        with core_of_its_own(sink):
            for _ in range(ROUNDS):
                for number in CONNECTIONS:
                    turns.take(f"{number} connections", number)
            with slow_commits():
                for number in CONNECTIONS[1:] * FEW_ROUNDS:
                    turns.take(f"{number} connections, commits of 5 ms", number, SLOW_LETTERS)
        turns.send_by_source()
        for number in CONNECTIONS[2:] * FEW_ROUNDS:
            turns.take(f"{number} connections, no core apart", number)
    figures = turns.figures()
    return {"mail_vs_smtp_source": Measured(figures[f"{BEST} connections, ratio"], promised=0.9, figures=figures)}


class Turns:
    """Runs of smtp-source and of ours in turns, each of ours by its name."""

    def __init__(self, port: int, sink: int, letter: bytes) -> None:
        self.port, self.sink, self.letter = port, sink, letter
        self.source: list[float] = []
        self.ours: dict[str, list[Work]] = {}
        self.ratios: dict[str, list[float]] = {}

    def send_by_source(self) -> None:
        """Let smtp-source send first."""
        self.source.append(smtp_source(self.port, self.letter))

    def take(self, name: str, connections: int, letters: int = LETTERS) -> None:
        """Let a worker send, and smtp-source after it."""
        if not self.source:
            self.send_by_source()
        work = send(self.port, self.sink, connections, letters)
        before = self.source[-1]
        self.send_by_source()
        ratio = work.rate / statistics.mean([before, self.source[-1]])
        self.ours.setdefault(name, []).append(work)
        self.ratios.setdefault(name, []).append(ratio)
        say(f"  {name}: {work.rate:,.0f} letters a second, {ratio:.2f} of smtp-source's around it")

    def figures(self) -> dict[str, float]:
        """Return what was found out."""
        figures = spread("smtp-source, letters a second", self.source)
        for name, works in self.ours.items():
            figures |= spread(f"{name}, ratio", self.ratios[name]) | curve(name, works)
        return figures


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


def curve(name: str, works: list[Work]) -> dict[str, float]:
    """Return the figures of one point of a curve."""
    parts = ("worker", "postgres", "sink")
    costs = {f"{name}, {part} us a letter": statistics.median(getattr(one, part) for one in works) for part in parts}
    return spread(f"{name}, letters a second", [one.rate for one in works]) | costs
