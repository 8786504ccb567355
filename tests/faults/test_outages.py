"""Workers, database and relay that are away, slow or refuse: nobody is lost, and nobody gets two copies."""

import datetime
import time
from collections import Counter
from random import Random

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from mailings import steering
from mailings.drain import BACKOFF_MINUTES, JITTER
from mailings.models import AlertSent, Delivery, Mailing, Rhythm
from subscribers.models import Subscriber
from tests.faults.hours import hurry, time_passes
from tests.faults.house import READERS, finished, mailing_soon, opened
from tests.faults.oracle import AUTH, BODY, DATA, DROP, RCPT, TAKEN, Moment, share
from tests.faults.processes import beat as running_beat
from tests.faults.processes import environment, wait_for, worker
from tests.faults.verdict import judge

MINUTE = datetime.timedelta(minutes=1)
HOUR = datetime.timedelta(hours=1)
# The times of a real installation, all but the tick.
REAL_TIMES = {
    "LEASE_SECONDS": "45",
    "LEASE_RENEWAL_SECONDS": "10",
    "RELAY_IDLE_SECONDS": "900",
    "DRAIN_SECONDS": "30",
}


def states() -> Counter[str]:
    return Counter(Delivery.objects.values_list("state", flat=True))


def attempts() -> set[int]:
    """How often the letters of a mailing were tried."""
    return set(Delivery.objects.values_list("attempts", flat=True))


def ticked_since(moment: datetime.datetime) -> bool:
    last = Rhythm.objects.ticked_at()
    return last is not None and last > moment


def paused_for(cause: str) -> bool:
    return Mailing.objects.filter(state="paused", pause_cause=cause).exists()


def hurried(what):
    """Ask a question, and let no letter wait for its next try."""

    def ask() -> bool:
        hurry()
        return what()

    return ask


def test_f4_all_workers_are_down_for_half_an_hour(oracle, env, beat):
    mailing_soon(READERS)
    with worker(env):
        wait_for(lambda: oracle.count > READERS // 4)
    time_passes(30 * MINUTE, oracle)
    before, down = oracle.count, timezone.now()
    with worker(env):
        wait_for(lambda: ticked_since(down))
        seconds = wait_for(lambda: oracle.count > before)
        wait_for(finished)
    verdict = judge("F4 all workers down for 30 minutes", oracle, note=f"resumed {seconds:.1f} s after the first tick")
    assert (verdict.lost, verdict.listed, verdict.duplicates) == (0, 0, 0)
    assert before < READERS
    assert seconds < 5


@pytest.mark.full
@pytest.mark.parametrize(
    ("phase", "name"), [(DATA, "F12 drops before 354, 10 %"), (BODY, "F12 drops in the body, 10 %")], ids=[DATA, BODY]
)
def test_f12_the_relay_hangs_up_before_the_dot(oracle, env, beat, phase, name):
    oracle.at[phase] = share(0.1, DROP)
    mailing_soon(READERS)
    with worker(env):
        wait_for(hurried(finished), 900)
    drops = next(oracle.numbers[phase]) - 1 - oracle.count
    verdict = judge(name, oracle, note=f"{drops} drops")
    assert (verdict.lost, verdict.listed, verdict.duplicates) == (0, 0, 0)
    assert drops > READERS // 20


@pytest.mark.full
def test_f14_the_last_answer_comes_late(oracle):
    env = environment(oracle.port, MAIL_LEDGER="", **REAL_TIMES)
    oracle.at[TAKEN] = lambda moment: time.sleep(120) if moment.number % (READERS // 2) == 5 else None
    mailing_soon(READERS)
    with running_beat(env, oracle.record.with_name("schedule")), worker(env):
        wait_for(opened)
        wait_for(lambda: states()["on_wire"] > 0)
        wait_for(finished, 600)
    verdict = judge("F14 final reply delayed by 120 s, twice, no ledger", oracle)
    assert (verdict.lost, verdict.listed, verdict.duplicates) == (0, 0, 0)
    assert verdict.seconds > 120
    assert attempts() == {1}


class Storm:
    """Puts off three letters of ten, whenever they come, and remembers when it did."""

    def __init__(self) -> None:
        self.chance = Random(15)
        self.times: Counter[str] = Counter()
        self.last: dict[str, float] = {}

    def answer(self, moment: Moment) -> str | None:
        """Answer a recipient."""
        if self.chance.random() >= 0.3:
            return None
        self.times[moment.address] += 1
        self.last[moment.address] = time.time()
        return "451 4.7.1 come again later"

    def check(self) -> None:
        """Compare each letter that waits with the table of pauses."""
        waits = Delivery.objects.filter(state="queued").values_list(
            "subscriber__address", "attempts", "not_before", "smtp_code"
        )
        for address, tried, until, code in waits:
            assert (tried, code) == (self.times[address], 451)
            minutes = BACKOFF_MINUTES[min(tried, len(BACKOFF_MINUTES)) - 1]
            pause = until.timestamp() - self.last[address]
            assert 60 * minutes * (1 - JITTER) - 1 < pause < 60 * minutes * (1 + JITTER) + 5


def at_rest() -> bool:
    """Whether every letter is done, or waits for a later try."""
    now = timezone.now()
    return opened() and not Delivery.objects.exclude(state="sent").exclude(state="queued", not_before__gt=now).exists()


@pytest.mark.full
def test_f15_a_storm_of_deferrals(oracle, env, beat):
    storm = Storm()
    oracle.at[RCPT] = storm.answer
    mailing_soon(READERS)
    with worker(env):
        while not finished():
            wait_for(lambda: at_rest() or finished(), 300)
            storm.check()
            hurry()
    note = f"{storm.times.total()} deferrals, one letter {max(storm.times.values())} times"
    verdict = judge("F15 30 % of all tries are answered 451", oracle, note=note)
    assert (verdict.lost, verdict.listed, verdict.duplicates) == (0, 0, 0)
    for address, tried in Delivery.objects.values_list("subscriber__address", "attempts"):
        assert tried == storm.times[address] + 1


@pytest.mark.full
def test_f16_the_relay_is_away_for_two_hours(oracle, env, beat):
    oracle.refuse()
    mailing_soon(READERS)
    with worker(env):
        wait_for(hurried(lambda: paused_for("connection")), 300)
        troubles = Mailing.objects.get().troubles
        # Three looks at a relay that is still away: nothing changes, and staff hear of it once.
        for _ in range(3):
            time_passes(40 * MINUTE, oracle)
            wait_for(lambda: Mailing.objects.filter(look_again_at__gt=timezone.now()).exists())
        assert (paused_for("connection"), states(), attempts()) == (True, Counter(queued=READERS), {0})
        oracle.listen()
        time_passes(6 * MINUTE, oracle)
        wait_for(hurried(finished), 300)
        wait_for(lambda: not AlertSent.objects.filter(sent_at=None).exists())
    verdict = judge("F16 relay down for two hours", oracle, note=f"paused after {troubles} failures, went on by itself")
    assert (verdict.lost, verdict.listed, verdict.duplicates) == (0, 0, 0)
    # Two workers may fail at the same moment.
    assert troubles in (20, 21)
    assert attempts() == {1}
    (alert,) = AlertSent.objects.filter(kind__startswith="paused")
    assert "20 connections to the relay failed in a row" in alert.words


def test_f17_the_relay_refuses_our_login(oracle):
    env = environment(oracle.port, EMAIL_URL=f"smtp://bulletin:secret@127.0.0.1:{oracle.port}")
    oracle.at[AUTH] = lambda moment: "535 5.7.8 authentication failed"
    mailing_soon(READERS)
    with running_beat(env, oracle.record.with_name("schedule")), worker(env):
        seconds = wait_for(lambda: paused_for("login"), 60)
        time.sleep(3)
        assert (states(), attempts(), oracle.count) == (Counter(queued=READERS), {0}, 0)
        tries = next(oracle.numbers[AUTH]) - 1
        oracle.at.clear()
        time.sleep(2)
        assert paused_for("login")
        person = get_user_model().objects.get()
        assert steering.resume(Mailing.objects.get(), person, "the password is mended", timezone.now())
        wait_for(hurried(finished), 300)
        wait_for(lambda: not AlertSent.objects.filter(sent_at=None).exists())
    verdict = judge("F17 the relay refuses our login (535)", oracle, note=f"paused after {seconds:.1f} s")
    assert (verdict.lost, verdict.listed, verdict.duplicates) == (0, 0, 0)
    (alert,) = AlertSent.objects.filter(kind__startswith="paused")
    assert "refuses our login: 535" in alert.words
    assert (attempts(), states()) == ({1}, Counter(sent=READERS))
    # The mailing itself does not knock again and again; the alert is tried with each tick.
    assert tries < 30


POISON = ["jürgen@example.org", "reader@exämple.org", "straße@example.org"]


def test_f24_letters_that_cannot_be_written(oracle, env, beat):
    mailing_soon(READERS)
    for number, address in enumerate(POISON):
        Subscriber.objects.filter(address=f"reader{number * 60}@example.org").update(address=address)
    with worker(env):
        wait_for(finished)
    failed = Delivery.objects.filter(state="failed")
    verdict = judge("F24 readers whose letter cannot be written", oracle, left=POISON, note=f"{failed.count()} failed")
    assert (verdict.lost, verdict.listed, verdict.duplicates) == (0, 0, 0)
    assert states() == Counter(sent=READERS - len(POISON), failed=len(POISON))
    assert {text[:28] for text in failed.values_list("smtp_text", flat=True)} == {"the letter cannot be written"}
