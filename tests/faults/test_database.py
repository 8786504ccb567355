"""A PostgreSQL that crashes again and again, or whose disk is full."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from mailings.models import Delivery, Mailing
from tests.faults.elsewhere import Postgres, own_postgres, patiently
from tests.faults.hours import hurry
from tests.faults.house import READERS, finished, mailing_soon
from tests.faults.oracle import Oracle
from tests.faults.processes import beat as running_beat
from tests.faults.processes import environment, kill, wait_for, worker_words
from tests.faults.small_disk import Ballast, small_disk
from tests.faults.verdict import judge
from tests.faults.web import site, status_of

pytestmark = pytest.mark.full
CRASHES = 5


@contextmanager
def crew_with_a_log(oracle: Oracle, **more: str) -> Iterator[Path]:
    """Run beat and a worker; give the file with all that they say from warnings upwards."""
    env = environment(oracle.port, MAIL_LEDGER=str(oracle.log), **more)
    log = oracle.record.with_name("worker.log")
    words = [word if word != "ERROR" else "WARNING" for word in worker_words()]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *words], env=env, cwd=settings.BASE_DIR, stderr=output, start_new_session=True
        )
    try:
        with running_beat(env, oracle.record.with_name("schedule")):
            yield log
    finally:
        kill(process)


def test_f7_postgresql_crashes_while_it_sends(oracle):
    with own_postgres() as postgres, crew_with_a_log(oracle) as log, site() as port:
        mailing_soon(READERS)
        for crash in range(1, CRASHES + 1):
            wait_for(lambda crash=crash: oracle.count > crash * READERS // (CRASHES + 2))
            postgres.crash()
            assert status_of(port) == 503
            time.sleep(2)
            assert (status_of(port), status_of(port, "/healthz")) == (503, 200)
            postgres.start()
            wait_for(lambda: status_of(port) == 200, 20)
        wait_for(patiently(lambda: hurry() or finished()))
        said = log.read_text(errors="replace")
        note = f"{CRASHES} restarts, 503 and then 200 each time, {said.count('Traceback')} tracebacks"
        verdict = judge("F7 PostgreSQL restarts at once while it sends", oracle, note=note)
    assert (verdict.lost, verdict.listed, verdict.duplicates) == (0, 0, 0)
    assert said.count("Traceback") == 0, said[:20_000]
    # A line now and then, not a loop: leases are renewed, and the clock ticks, twice a second here.
    assert said.count("\n") < 120 * CRASHES


SLOW_PLAN = """
    CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.id % 400 = 0 THEN PERFORM pg_sleep(0.5); END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER dawdle BEFORE INSERT ON mailings_delivery FOR EACH ROW EXECUTE FUNCTION dawdle();
"""


def planning() -> bool:
    """Whether somebody queues the letters at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE '%%mailings_delivery%%'"
        )
        return cursor.fetchone() is not None


def counts() -> tuple[int, int]:
    return Mailing.objects.count(), Delivery.objects.count()


def test_f8_postgresql_crashes_while_the_letters_are_queued(oracle):
    with own_postgres() as postgres:
        with connection.cursor() as cursor:
            cursor.execute(SLOW_PLAN)
        with crew_with_a_log(oracle):
            mailing_soon(READERS)
            seen = [crash_while_it_plans(postgres) for _ in range(3)]
            wait_for(patiently(finished))
        verdict = judge("F8 PostgreSQL restarts while the letters are queued", oracle, note=f"rows left: {seen}")
        assert counts() == (1, READERS)
    assert set(seen) <= {(0, 0), (1, READERS)}
    assert (verdict.lost, verdict.listed, verdict.duplicates) == (0, 0, 0)


def crash_while_it_plans(postgres: Postgres) -> tuple[int, int]:
    """Let the database crash in the middle of the planning INSERT; return what is there afterwards."""
    wait_for(patiently(planning))
    postgres.crash()
    connection.close()
    postgres.start()
    return counts()


def test_f23_the_database_has_no_space_left(oracle):
    with small_disk(megabytes=160) as disk, own_postgres(disk) as postgres:
        ballast = Ballast(disk)
        with crew_with_a_log(oracle) as log:
            mailing_soon(READERS)
            wait_for(patiently(lambda: oracle.count > READERS // 4))
            ballast.fill()
            stopped_at = count_at_rest(oracle)
            # PostgreSQL itself stops when it cannot write its log; whoever runs it starts it again with space.
            stopped = postgres.server.process.poll() is not None
            ballast.throw_off()
            if stopped:
                postgres.start()
            wait_for(patiently(lambda: hurry() or finished()))
        said = log.read_text(errors="replace")
        note = f"stopped at {stopped_at} letters, PostgreSQL {'stopped' if stopped else 'went on'}"
        verdict = judge("F23 no space left on the database's disk", oracle, note=note)
    assert (verdict.lost, verdict.listed, verdict.duplicates) == (0, 0, 0)
    assert READERS // 4 < stopped_at < READERS
    assert os.strerror(28) in said or stopped


def count_at_rest(oracle: Oracle) -> int:
    """Wait until no letter has been accepted for a while; return how many were."""
    before = -1
    while before != oracle.count:
        before = oracle.count
        time.sleep(12)
    return before
