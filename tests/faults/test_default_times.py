"""How soon it goes on at the default times: a tick each 15 s, a lease of 45 s, cron's `manage.py tick` each 5 min."""

import time

import pytest

from config.services import Services
from mailings.clock import STALLED_AFTER
from mailings.models import Delivery, Mailing
from tests.faults.house import READERS, finished, mailing_soon
from tests.faults.oracle import TAKEN, Oracle
from tests.faults.processes import TIMES, environment, kill, manage, wait_for, worker
from tests.faults.processes import beat as running_beat
from tests.faults.verdict import judge

# Only the relay's own patience stays short; all else is as installed.
AS_INSTALLED = dict.fromkeys(TIMES, "") | {"RELAY_IDLE_SECONDS": TIMES["RELAY_IDLE_SECONDS"]}
CRON_SECONDS = 300
AFTER_A_DEATH_SECONDS = 75

pytestmark = pytest.mark.full


@pytest.fixture
def env(oracle) -> dict[str, str]:
    """The processes' environment, with the default times."""
    oracle.at[TAKEN] = lambda moment: time.sleep(0.02)
    return environment(oracle.port, MAIL_LEDGER=str(oracle.log), **AS_INSTALLED)


def not_on_the_wire() -> list[int]:
    """The letters that are queued or claimed."""
    return list(Delivery.objects.filter(state__in=["queued", "claimed"]).values_list("pk", flat=True))


def all_sent(letters: list[int]) -> bool:
    return not Delivery.objects.filter(pk__in=letters).exclude(state="sent").exists()


def still(oracle: Oracle, seconds: float = 3) -> bool:
    """Whether no letter came for some seconds."""
    before = oracle.count
    time.sleep(seconds)
    return oracle.count == before


def test_after_a_workers_death(oracle, env, beat):
    mailing_soon(READERS)
    with worker(env, "first") as first:
        wait_for(lambda: oracle.count > READERS * 0.9)
        kill(first)
        letters = not_on_the_wire()
        claimed = Delivery.objects.filter(state="claimed").count()
    with worker(env, "second"):
        took = wait_for(lambda: all_sent(letters))
        wait_for(finished)
    note = f"{claimed} claimed letters of the dead worker, all others too, sent by {took:.0f} s after its death"
    verdict = judge("F1 worker dies, default times", oracle, kills=1, note=note)
    assert claimed > 0
    assert (verdict.lost, verdict.duplicates) == (0, 0)
    assert took <= AFTER_A_DEATH_SECONDS


def test_beat_is_dead_at_the_hour(oracle, env):
    mailing_soon(READERS)
    with worker(env):
        time.sleep(10)
        assert not Mailing.objects.exists()
        # One tick opens it; the workers then nudge each other to its end.
        began = time.monotonic()
        assert manage(env, "tick").returncode == 0
        wait_for(lambda: oracle.count > 0)
        first = time.monotonic() - began
        wait_for(finished)
        took = time.monotonic() - began
    note = f"after cron's tick: first letter in {first:.1f} s, all in {took:.0f} s"
    verdict = judge("F11 beat is dead at the hour, default times", oracle, note=note)
    assert (verdict.lost, verdict.duplicates) == (0, 0)


def by_cron(env: dict[str, str], letters: list[int]) -> float:
    """Tick once, as cron would in its fifth minute at the latest; return the seconds until all letters are sent."""
    began = time.monotonic()
    assert manage(env, "tick").returncode == 0
    assert all_sent(letters)
    return time.monotonic() - began


def test_after_redis_is_gone(oracle, env, tmp_path):
    mailing_soon(READERS)
    with Services(tmp_path, want_postgres=False) as own:
        env = {**env, "REDIS_URL": own.redis_url}
        with worker(env), running_beat(env, tmp_path / "schedule"):
            wait_for(lambda: oracle.count > 0)
            own.running[0].process.kill()
            wait_for(lambda: still(oracle))
            letters = not_on_the_wire()
            took = by_cron(env, letters)
    verdict = judge(
        "F6 Redis dies, default times", oracle, note=f"{len(letters)} letters, cron's tick took {took:.0f} s"
    )
    assert letters
    assert (verdict.lost, verdict.duplicates) == (0, 0)
    assert took <= CRON_SECONDS


def test_nobody_listens_though_redis_answers(oracle, env):
    mailing_soon(READERS)
    wait_for(lambda: manage(env, "tick").stdout.startswith("1 mailing"))
    time.sleep(STALLED_AFTER.total_seconds() + 1)
    letters = not_on_the_wire()
    took = by_cron(env, letters)
    verdict = judge("F6 no worker listens, default times", oracle, note=f"cron's tick took {took:.0f} s")
    assert len(letters) == READERS
    assert (verdict.lost, verdict.duplicates) == (0, 0)
    assert took <= CRON_SECONDS
