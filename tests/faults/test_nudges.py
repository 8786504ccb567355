"""Nudges that are lost, doubled or too many: PostgreSQL holds every fact, so each reader gets one letter."""

import os
import signal
import time
from contextlib import ExitStack
from itertools import pairwise

import pytest
from django.conf import settings
from redis import Redis

from config.services import Services
from mailings.models import Delivery, Mailing
from mailings.tasks import drain
from tests.faults.house import FULL, READERS, finished, mailing_soon
from tests.faults.oracle import TAKEN, Oracle
from tests.faults.processes import TIMES, kill, manage, running, wait_for, worker
from tests.faults.processes import beat as running_beat
from tests.faults.verdict import Verdict, judge
from tests.faults.web import site, status_of

TICKERS = 4
TICKS = 200 if FULL else 10


def slowly(moment) -> None:
    """Make the mailing long enough to break something in its middle."""
    time.sleep(0.02)


def nobody_lost_or_twice(verdict: Verdict) -> None:
    assert (verdict.lost, verdict.listed, verdict.duplicates) == (0, 0, 0)


@pytest.mark.full
def test_f5_redis_is_flushed_in_mid_run(oracle, env, beat):
    oracle.at[TAKEN] = slowly
    redis, flushes = Redis.from_url(settings.REDIS_URL), 0
    mailing_soon(READERS)
    with worker(env):
        wait_for(lambda: oracle.count > READERS // 10)
        while not finished():
            redis.flushall()
            flushes += 1
            time.sleep(0.5)
    stood = longest_pause(oracle)
    note = f"{flushes} times, never longer than {stood:.1f} s without a letter"
    nobody_lost_or_twice(judge("F5 Redis flushed each half second", oracle, note=note))
    assert stood < 2 * int(TIMES["TICK_SECONDS"])


def longest_pause(oracle: Oracle) -> float:
    """The longest time without a letter between the first and the last."""
    times = sorted(named for _, _, named in oracle.accepted())
    return max(later - earlier for earlier, later in pairwise(times))


@pytest.mark.full
def test_f6_redis_is_killed_and_comes_back_empty(oracle, env, tmp_path):
    oracle.at[TAKEN] = slowly
    mailing_soon(READERS)
    # Where the unprivileged user whom Redis runs as can come to, which pytest's own folder is not.
    with Services(tmp_path, want_postgres=False) as own:
        env = {**env, "REDIS_URL": own.redis_url}
        redis = own.running[0]
        with worker(env) as process, running_beat(env, tmp_path / "schedule"), site(REDIS_URL=own.redis_url) as port:
            wait_for(lambda: oracle.count > READERS // 10)
            os.kill(redis.process.pid, signal.SIGKILL)
            redis.process.wait()
            # A drain under way needs no broker; the next one never comes.
            wait_for(lambda: still(oracle))
            alone = oracle.count
            assert not finished()
            said = manage(env, "tick")
            assert "sending from here" in said.stderr
            from_here = oracle.count - alone
            time.sleep(10)
            assert status_of(port, "/subscribe/") == 200
            redis.start()
            wait_for(finished)
            assert process.poll() is None
    note = f"{from_here} letters by manage.py tick meanwhile"
    assert from_here > 0
    nobody_lost_or_twice(judge("F6 Redis killed, back empty, workers reconnect", oracle, note=note))


def test_f6_redis_stands_still_and_answers_nobody(oracle, env, tmp_path):
    readers = READERS // 10
    with Services(tmp_path, want_postgres=False) as own:
        env, redis = {**env, "REDIS_URL": own.redis_url}, own.running[0].process
        os.kill(redis.pid, signal.SIGSTOP)
        try:
            mailing_soon(readers, seconds=0)
            time.sleep(1)
            began = time.monotonic()
            said = manage(env, "tick")
            seconds = time.monotonic() - began
            doctor = manage(env, "doctor", "--offline")
        finally:
            os.kill(redis.pid, signal.SIGCONT)
    assert "sending from here" in said.stderr
    assert "Traceback" not in said.stderr + doctor.stderr
    assert "The workers were not asked, for they listen to Redis." in doctor.stdout
    nobody_lost_or_twice(judge("F6 Redis stands still", oracle, note=f"all sent by manage.py tick, {seconds:.0f} s"))
    assert finished()


def still(oracle) -> bool:
    """Whether no letter came for two seconds."""
    before = oracle.count
    time.sleep(2)
    return oracle.count == before


def test_f9_two_beats_and_four_other_clocks_at_once(oracle, env, beat, tmp_path):
    with ExitStack() as clocks:
        clocks.enter_context(worker(env))
        clocks.enter_context(running_beat(env, tmp_path / "second"))
        tickers = [clocks.enter_context(running(env, "-m", "tests.faults.ticking", str(TICKS))) for _ in range(TICKERS)]
        mailing_soon(READERS, seconds=4)
        wait_for(finished)
        assert [ticker.wait(300) for ticker in tickers] == [0] * TICKERS
    assert Mailing.objects.count() == 1
    assert Delivery.objects.count() == READERS
    note = f"{TICKERS * TICKS} ticks beside the beats', 1 mailing"
    nobody_lost_or_twice(judge("F9 two beats and four other clocks at once", oracle, note=note))


@pytest.mark.full
@pytest.mark.parametrize("second_clock", [False, True], ids=["beat again", "second clock"])
def test_f11_beats_schedule_is_deleted_at_the_hour(oracle, env, beat, tmp_path, second_clock):
    mailing_soon(READERS, seconds=5)
    with ExitStack() as house:
        house.enter_context(worker(env))
        wait_for(lambda: list(tmp_path.glob("schedule*")) != [])
        time.sleep(2)
        kill(beat)
        for file in tmp_path.glob("schedule*"):
            file.unlink()
        time.sleep(4)
        assert not Mailing.objects.exists()
        if second_clock:
            while not finished():
                assert manage(env, "tick").returncode == 0
        else:
            house.enter_context(running_beat(env, tmp_path / "schedule"))
            wait_for(finished)
    by = "manage.py tick sends" if second_clock else "beat starts anew"
    nobody_lost_or_twice(judge(f"F11 beat dead, its schedule deleted, {by}", oracle))


def test_f25_the_same_nudge_twenty_times(oracle, env, beat):
    oracle.at[TAKEN] = slowly
    mailing_soon(READERS)
    with worker(env, "one"), worker(env, "two"):
        wait_for(lambda: oracle.count > READERS // 10)
        for _ in range(20):
            drain.delay(Mailing.objects.get().pk)
        wait_for(finished)
    nobody_lost_or_twice(judge("F25 the same nudge delivered 20 times", oracle))
