"""Workers that die, or stand still, at every moment: nobody is lost, and with a ledger nobody gets two copies."""

import os
import subprocess
import time

import pytest
from django.conf import settings
from django.db import connection

from mailings.models import Delivery, Mailing
from mailings.statements import column
from tests.faults.crew import Marksman, crew, strike_while_it_sends
from tests.faults.house import FULL, READERS, finished, mailing_soon
from tests.faults.oracle import ANSWERED, TAKEN, Moment
from tests.faults.processes import CONCURRENCY, children, strike, wait_for, worker
from tests.faults.verdict import judge

KILLS = int(os.environ.get("KILLS") or (50 if FULL else 8))
EACH = READERS // (40 if FULL else 3)
CONNECTIONS = settings.SMTP_CONNECTIONS
# Letters between their dot and the record of its answer, when a worker dies with all its processes.
AT_STAKE = CONCURRENCY * CONNECTIONS


def slowly(moment: Moment) -> None:
    """Take a little time between writing a letter down and saying so, for a kill to fall into."""
    time.sleep(0.02)


def settled_by_log() -> int:
    return Delivery.objects.filter(smtp_text__startswith="found in the relay's log").count()


def test_f1_workers_killed_at_random(oracle, env, beat):
    oracle.at[TAKEN] = slowly
    with crew(env) as workers:
        strike_while_it_sends(workers, oracle, KILLS)
    note = f"{Mailing.objects.count()} mailings, {settled_by_log()} letters settled by the log"
    verdict = judge("F1 workers killed at random, with a ledger", oracle, workers.kills, note=note)
    assert (verdict.lost, verdict.listed, verdict.duplicates) == (0, 0, 0)


@pytest.mark.full
def test_f1_without_a_ledger(oracle, env_without_ledger, beat):
    oracle.at[TAKEN] = slowly
    with crew(env_without_ledger) as workers:
        strike_while_it_sends(workers, oracle, KILLS)
    verdict = judge("F1 workers killed at random, without", oracle, workers.kills)
    # Tried once more and killed again: a person is told, for nobody can know whether it arrived.
    assert verdict.lost == verdict.listed
    assert verdict.duplicates <= workers.kills * AT_STAKE


def test_f2_killed_between_the_answer_and_its_record(oracle, env, beat):
    mailing_soon(READERS)
    with worker(env) as process:
        marksman = Marksman(process, EACH)
        oracle.at |= {TAKEN: marksman.at_taken, ANSWERED: marksman.at_answered}
        wait_for(finished)
    note = f"{settled_by_log()} letters settled by the log"
    verdict = judge("F2 killed between 250 and its record, with a ledger", oracle, marksman.kills, note=note)
    assert (verdict.lost, verdict.listed, verdict.duplicates) == (0, 0, 0)
    # Each kill fell where it was to: the log alone knew of that letter, and of those on the other connections.
    assert 0 < marksman.kills <= settled_by_log() <= marksman.kills * CONNECTIONS


@pytest.mark.full
def test_f2_without_a_ledger(oracle, env_without_ledger, beat):
    mailing_soon(READERS)
    with worker(env_without_ledger) as process:
        marksman = Marksman(process, EACH)
        oracle.at |= {TAKEN: marksman.at_taken, ANSWERED: marksman.at_answered}
        wait_for(finished)
    verdict = judge("F2 killed between 250 and its record, without", oracle, marksman.kills)
    assert verdict.lost == verdict.listed
    assert 0 < verdict.duplicates <= marksman.kills * CONNECTIONS


class SlowMarks:
    """Lets PostgreSQL think about some letters' first mark, and kills the worker meanwhile.

    The mark is committed all the same, so that those letters, and all others of their round, are on the wire by our
    word and none of them has left.
    """

    THINKING = """
        CREATE OR REPLACE FUNCTION think() RETURNS trigger LANGUAGE plpgsql
          AS 'BEGIN PERFORM pg_sleep(1); RETURN NULL; END';
        CREATE TRIGGER thinks AFTER UPDATE ON mailings_delivery FOR EACH ROW
          WHEN (NEW.state = 'on_wire' AND NEW.attempts = 1 AND NEW.id %% %(each)s = 0) EXECUTE FUNCTION think();
    """
    IS_THINKING = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"

    def __init__(self, worker: subprocess.Popen, each: int) -> None:
        self.worker = worker
        self.kills = 0
        with connection.cursor() as cursor:
            cursor.execute(self.THINKING, {"each": each})

    def strike_until_finished(self) -> None:
        """Kill whoever waits for a mark, each time."""
        while not finished():
            if column(self.IS_THINKING, {}) and (pool := children(self.worker)):
                self.kills += 1
                strike(pool[0])
                wait_for(lambda: not column(self.IS_THINKING, {}))
            time.sleep(0.05)

    def forget(self) -> None:
        """Let PostgreSQL be quick again."""
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER thinks ON mailings_delivery")


def killed_at_marks(env: dict[str, str]) -> int:
    """Mail an issue by a worker that is killed between marks and letters; return how often."""
    mailing_soon(READERS)
    with worker(env, concurrency=1) as process:
        marks = SlowMarks(process, EACH)
        try:
            marks.strike_until_finished()
        finally:
            marks.forget()
    return marks.kills


def test_f3_killed_between_the_mark_and_the_letter(oracle, env, beat):
    kills = killed_at_marks(env)
    retried = Delivery.objects.filter(attempts__gt=1).count()
    note = f"{retried} letters marked that had not left"
    verdict = judge("F3 killed between on_wire and the letter, with a ledger", oracle, kills, note=note)
    assert (verdict.lost, verdict.listed, verdict.duplicates) == (0, 0, 0)
    assert 0 < kills <= retried


@pytest.mark.full
def test_f3_without_a_ledger(oracle, env_without_ledger, beat):
    kills = killed_at_marks(env_without_ledger)
    retried = Delivery.objects.filter(unknown_retried=True).count()
    verdict = judge("F3 killed between on_wire and the letter, without", oracle, kills)
    # A letter that is hit at its second try too gets no third one: the report lists it.
    assert verdict.lost <= verdict.listed
    assert verdict.duplicates <= kills * CONNECTIONS
    assert 0 < kills <= retried
