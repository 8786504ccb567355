"""A copy of the database, made in the middle of a mailing and started on another host, sends nothing by itself."""

import datetime
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from redis import Redis

from mailings.alerts import raise_alert
from mailings.claiming import claim
from mailings.models import AlertSent, Delivery, Mailing, MailingAct
from mailings.opening import day_of
from publication.models import SenderClaim
from subscribers.models import OutgoingLetter
from tests.factories import make_subscriber
from tests.faults.elsewhere import at_database, copied_here
from tests.faults.house import READERS, finished, mailing_soon
from tests.faults.oracle import TAKEN, Oracle, running_oracle
from tests.faults.processes import beat as running_beat
from tests.faults.processes import environment, wait_for, worker
from tests.faults.verdict import judge

THE_COPY = "https://copy.example.org"
NEW_READER = "new@example.org"


@contextmanager
def host_of_the_copy(oracle: Oracle) -> Iterator[None]:
    """Run a clock and a worker as on another host: with the copy, a Redis and a relay of its own."""
    redis_url = settings.REDIS_URL.replace("db=0", "db=1")
    Redis.from_url(redis_url).flushdb()
    schedule = oracle.record.with_name("schedule")
    env = environment(oracle.port, MAIL_LEDGER=str(oracle.log), SENDER_IDENTITY=THE_COPY, REDIS_URL=redis_url)
    with running_beat(env, schedule), worker(env, "copy"):
        yield


def owe_letters(at: datetime.datetime) -> None:
    """Let a sign-up wait for its confirmation, and staff for an alert."""
    reader = make_subscriber(status="pending", address=NEW_READER)
    OutgoingLetter.objects.create(subscriber=reader, kind="confirm", due=at)
    raise_alert(day_of(Mailing.objects.get().bulletin, at), "for the test", "Something is to be told. Now.", at)


def open_letters() -> int:
    return Delivery.objects.filter(state__in=["queued", "claimed", "on_wire", "unknown"]).count()


def owed() -> int:
    return OutgoingLetter.objects.filter(sent=None).count() + AlertSent.objects.filter(sent_at=None).count()


def test_f22_a_copy_on_another_host_sends_nothing_until_it_is_claimed(oracle, env, beat, tmp_path, monkeypatch):
    (tmp_path / "copy").mkdir()
    # Slow enough for a copy to be made in the middle.
    oracle.at[TAKEN] = lambda moment: time.sleep(0.04)
    mailing_soon(READERS)
    with ExitStack() as house, running_oracle(tmp_path / "copy") as elsewhere:
        house.enter_context(worker(env))
        wait_for(lambda: oracle.count > READERS // 4)
        host, name = house.enter_context(copied_here())
        # The first host knows nothing of the copy, and goes on.
        wait_for(finished, 300)
        with at_database(host, name), host_of_the_copy(elsewhere):
            unsent = open_letters()
            assert unsent > READERS // 4
            owe_letters(timezone.now() - datetime.timedelta(minutes=1))
            time.sleep(8)
            assert (elsewhere.accepted(), owed()) == ([], 2)
            take_over_here(monkeypatch)
            wait_for(lambda: owed() == 0)
            time.sleep(5)
            left_for = sorted(address for _, address, _ in elsewhere.accepted())
            assert (Mailing.objects.get().state, Mailing.objects.get().pause_cause) == ("paused", "takeover")
            assert Delivery.objects.filter(state="queued").count() > 0
            staff = sorted(User.objects.values_list("email", flat=True))
    assert left_for == sorted([NEW_READER, *staff])
    note = f"{unsent} letters open in the copy, 0 of them sent; after the claim paused"
    verdict = judge("F22 a copy of the database on another host", oracle, note=note)
    assert (verdict.lost, verdict.listed, verdict.duplicates) == (0, 0, 0)


def take_over_here(monkeypatch) -> None:
    """Claim the sending for the host of the copy, as a member of staff does at its desk."""
    monkeypatch.setattr(settings, "SENDER_IDENTITY", THE_COPY)
    person = User.objects.get()
    assert claim(person, "the first host burned down", timezone.now()) == 1
    assert SenderClaim.objects.in_force().identity == THE_COPY
    assert MailingAct.objects.filter(act="pause", by=person).count() == 1
