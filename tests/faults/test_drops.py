"""The relay takes a letter and hangs up before it says so."""

import pytest

from mailings.models import Delivery
from tests.faults.house import FULL, READERS, finished, mailing_soon
from tests.faults.oracle import DROP, TAKEN, Moment, share
from tests.faults.processes import wait_for, worker
from tests.faults.verdict import judge

PART = 0.02 if FULL else 0.05


class Dropping:
    """Hangs up after a share of the letters it took, and counts."""

    def __init__(self) -> None:
        self.by_chance = share(PART, DROP)
        self.drops = 0

    def __call__(self, moment: Moment) -> str | None:
        answer = self.by_chance(moment)
        self.drops += answer == DROP
        return answer


def test_f13_dropped_after_the_dot(oracle, env, beat):
    oracle.at[TAKEN] = dropping = Dropping()
    mailing_soon(READERS)
    with worker(env):
        wait_for(finished)
    verdict = judge("F13 dropped after the dot, with a ledger", oracle, note=f"{dropping.drops} drops")
    assert dropping.drops > 0
    assert Delivery.objects.filter(smtp_text__startswith="found in the relay's log").count() == dropping.drops
    assert (verdict.lost, verdict.listed, verdict.duplicates) == (0, 0, 0)


@pytest.mark.full
def test_f13_without_a_ledger(oracle, env_without_ledger, beat):
    oracle.at[TAKEN] = dropping = Dropping()
    mailing_soon(READERS)
    with worker(env_without_ledger):
        wait_for(finished)
    verdict = judge("F13 dropped after the dot, without", oracle, note=f"{dropping.drops} drops")
    assert (verdict.lost, verdict.listed) == (0, 0)
    assert 0 < verdict.duplicates <= dropping.drops
