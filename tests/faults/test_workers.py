"""Workers that die, or stand still, at every moment: nobody is lost, and with a ledger nobody gets two copies."""

import os
import time

import pytest

from mailings.models import Delivery, Mailing
from tests.faults.crew import Marksman, crew, strike_while_it_sends
from tests.faults.house import FULL, READERS, finished, mailing_soon
from tests.faults.oracle import ANSWERED, DATA, TAKEN, Moment
from tests.faults.processes import CONCURRENCY, wait_for, worker
from tests.faults.verdict import judge

KILLS = int(os.environ.get("KILLS") or (50 if FULL else 8))
EACH = READERS // (40 if FULL else 3)


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
    assert verdict.duplicates <= workers.kills * CONCURRENCY


def test_f2_killed_between_the_answer_and_its_record(oracle, env, beat):
    mailing_soon(READERS)
    with worker(env) as process:
        marksman = Marksman(process, EACH)
        oracle.at |= {TAKEN: marksman.at_taken, ANSWERED: marksman.at_answered}
        wait_for(finished)
    note = f"{settled_by_log()} letters settled by the log"
    verdict = judge("F2 killed between 250 and its record, with a ledger", oracle, marksman.kills, note=note)
    assert (verdict.lost, verdict.listed, verdict.duplicates) == (0, 0, 0)
    # Each kill fell where it was to: the log alone knew of that letter.
    assert settled_by_log() == marksman.kills > 0


@pytest.mark.full
def test_f2_without_a_ledger(oracle, env_without_ledger, beat):
    mailing_soon(READERS)
    with worker(env_without_ledger) as process:
        marksman = Marksman(process, EACH)
        oracle.at |= {TAKEN: marksman.at_taken, ANSWERED: marksman.at_answered}
        wait_for(finished)
    verdict = judge("F2 killed between 250 and its record, without", oracle, marksman.kills)
    assert verdict.lost == 0
    assert 0 < verdict.duplicates <= marksman.kills


def test_f3_killed_between_the_mark_and_the_dot(oracle, env, beat):
    mailing_soon(READERS)
    with worker(env) as process:
        marksman = Marksman(process, EACH)
        oracle.at[DATA] = marksman.at_data
        wait_for(finished)
    verdict = judge("F3 killed between on_wire and the dot, with a ledger", oracle, marksman.kills)
    assert (verdict.lost, verdict.listed, verdict.duplicates) == (0, 0, 0)
    assert marksman.kills > 0


@pytest.mark.full
def test_f3_without_a_ledger(oracle, env_without_ledger, beat):
    mailing_soon(READERS)
    with worker(env_without_ledger) as process:
        marksman = Marksman(process, EACH)
        oracle.at[DATA] = marksman.at_data
        wait_for(finished)
    retried = Delivery.objects.filter(unknown_retried=True).count()
    verdict = judge("F3 killed between on_wire and the dot, without", oracle, marksman.kills)
    # A letter that is hit at its second try too gets no third one: the report lists it.
    assert (verdict.lost, verdict.duplicates) == (verdict.listed, 0)
    assert retried + verdict.listed == marksman.kills > 0
