"""Workers that stand still past their lease, and workers whose clocks differ: they share one mailing."""

import os
import signal
import time
from contextlib import suppress

import psutil
import pytest

from mailings.models import Delivery, Mailing
from tests.faults.house import READERS, finished, mailing_soon
from tests.faults.oracle import DATA, RCPT, TAKEN, Moment
from tests.faults.processes import QUIET, caller, children, running, stop, wait_for, worker
from tests.faults.verdict import judge

PHASES = (RCPT, DATA, TAKEN)


class Sleeper:
    """Stops one child of a worker at each of three phases: claimed only, on the wire, and taken."""

    def __init__(self, worker) -> None:
        self.worker = worker
        self.asleep: dict[str, int] = {}
        self.letters: list[str] = []

    def at(self, moment: Moment) -> None:
        """Stop the child that is here, unless this phase or this child has its turn behind it."""
        child = caller(self.worker, moment.port)
        if not child or moment.number < 5 or moment.phase in self.asleep or child in self.asleep.values():
            return
        self.asleep[moment.phase] = child
        self.letters.append(moment.address)
        stop(child)

    def wake(self) -> None:
        """Let all of them go on."""
        for child in self.asleep.values():
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGCONT)


def test_f18_a_worker_that_stood_still_past_its_lease(oracle, env, beat):
    mailing_soon(READERS)
    with worker(env, "sleepy", concurrency=3) as sleepy:
        sleeper = Sleeper(sleepy)
        oracle.at |= dict.fromkeys(PHASES, sleeper.at)
        wait_for(lambda: len(sleeper.asleep) == 3)
        oracle.at.clear()
        held = Delivery.objects.filter(state__in=["claimed", "on_wire"]).count()
        with worker(env, "awake"):
            wait_for(finished)
            before = rows()
            sleeper.wake()
            # Each looks for its letters, finds that they are no longer its own, and takes its next task.
            wait_for(lambda: not any(map(talks, sleeper.asleep.values())))
            time.sleep(2)
    assert held > 3
    assert rows() == before
    verdict = judge("F18 a worker stopped past its lease goes on", oracle, note=f"{held} letters held meanwhile")
    assert (verdict.lost, verdict.listed, verdict.duplicates) == (0, 0, 0)


def talks(pid: int) -> bool:
    """Whether a process still holds a connection to a relay."""
    with suppress(psutil.NoSuchProcess):
        return bool(psutil.Process(pid).net_connections("tcp"))
    return False


def rows() -> list[tuple]:
    """What the ledger says of each letter."""
    return list(Delivery.objects.order_by("pk").values_list("pk", "state", "attempts", "sent_at", "smtp_text"))


@pytest.mark.full
def test_two_hosts_whose_clocks_differ_share_one_mailing(oracle, env, beat, tmp_path):
    mailing_soon(READERS)
    oracle.at[TAKEN] = lambda moment: time.sleep(0.02)
    with host(env, tmp_path / "north", -20) as north, host(env, tmp_path / "south", 20) as south:
        callers = set()
        oracle.at[RCPT] = lambda moment: callers.add("north" if caller(north, moment.port) else "south")
        wait_for(finished)
        assert children(north) and children(south)
    assert callers == {"north", "south"}
    verdict = judge("two hosts, clocks 40 s apart, share a mailing", oracle)
    assert (verdict.lost, verdict.listed, verdict.duplicates) == (0, 0, 0)
    assert all(
        abs((mailing.finished_at - mailing.started_at).total_seconds()) < 300 for mailing in Mailing.objects.all()
    )


def host(env: dict[str, str], folder, off: float):
    """Run a worker on a host of its own: a working folder, a name, and a clock that is off."""
    folder.mkdir()
    words = ["--quiet", "-A", "config.celery", "worker", "-n", f"{folder.name}@{folder.name}.example.org", *QUIET]
    words += ["--concurrency", "2", "--without-gossip", "--without-mingle"]
    return running(env, "-m", "tests.faults.other_clock", str(off), *words, cwd=folder)
