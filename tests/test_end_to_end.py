"""The main job with nothing replaced: beat, a worker that is killed in mid-send, Redis, PostgreSQL, SMTP."""

import datetime
import re
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from mailings.models import Delivery, Mailing
from mailings.reports import balance
from publication.letters import staff_addresses
from subscribers.models import Subscriber
from tests.factories import make_approved, make_publication
from tests.faults.processes import beat, environment, kill, wait_for, worker
from tests.relay import Relay, running_relay

READERS = 300
pytestmark = pytest.mark.django_db(transaction=True)


def finished() -> bool:
    return Mailing.objects.filter(state="finished").exists()


@pytest.fixture
def relay() -> Iterator[Relay]:
    with running_relay() as relay:
        relay.seconds_a_letter = 0.01
        yield relay


def test_a_killed_worker_loses_nobody_and_repeats_at_most_one_a_connection(relay, tmp_path):
    make_publication()
    now = timezone.now()
    for number in range(READERS):
        Subscriber.objects.create(address=f"reader{number}@example.org", status="active", created_at=now)
    Subscriber.objects.create(address="pending@example.org", created_at=now)
    issue(month=1)
    env = environment(settings.EMAIL_PORT)
    with beat(env, tmp_path / "beat"):
        with worker(env, concurrency=1) as first:
            wait_for(lambda: len(relay.accepted) > READERS // 3)
            kill(first)
            reached = len(relay.accepted)
        assert reached < READERS, "it was killed too late to show anything"
        with worker(env, concurrency=1):
            wait_for(finished)
    letters = to_readers(relay)
    copies = Counter(letter["To"] for letter in letters)
    assert set(copies) == {f"reader{number}@example.org" for number in range(READERS)}
    assert sum(copies.values()) - READERS <= settings.SMTP_CONNECTIONS
    mailing = Mailing.objects.get()
    assert (mailing.planned, mailing.sent) == (READERS, READERS)
    assert balance(mailing).holds
    ids = {letter["Message-ID"] for letter in letters}
    assert ids == set(Delivery.objects.values_list("message_id", flat=True))
    assert all("List-Id" in letter for letter in letters)


def test_from_signing_up_to_leaving_with_one_click(relay, tmp_path):
    make_publication()
    client = Client(enforce_csrf_checks=True)
    env = environment(settings.EMAIL_PORT)
    with (
        beat(env, tmp_path / "beat"),
        worker(env, concurrency=1),
    ):
        # As from the form of the home page: one press there, and one more on the page it leads to.
        page = client.post("/subscribe/", {"address": "new@example.org"}, secure=True).content.decode()
        fields = {"address": "new@example.org", "stamp": re.findall('name="stamp" value="([^"]+)"', page)[0]}
        assert client.post("/subscribe/", fields, secure=True).status_code == 303
        wait_for(lambda: len(to_readers(relay)) == 1)
        confirm = link(relay, 0, "/subscribe/confirm/")
        assert client.get(confirm, secure=True).status_code == 200
        assert Subscriber.objects.get().status == "pending"
        assert client.post(confirm, secure=True).status_code == 200
        assert Subscriber.objects.get().status == "active"

        issue(month=1)
        wait_for(lambda: len(to_readers(relay)) == 2)
        (one_click,) = re.findall(r"<(https:[^>]+)>", to_readers(relay)[1]["List-Unsubscribe"])
        answer = client.post(urlsplit(one_click).path, {"List-Unsubscribe": "One-Click"}, secure=True)
        assert (answer.status_code, answer.cookies) == (200, {})
        assert Subscriber.objects.get().status == "unsubscribed"

        issue(month=2)
        wait_for(lambda: Mailing.objects.filter(state="finished").count() == 2)
    assert len(to_readers(relay)) == 2


def issue(month: int) -> None:
    """Approve an issue whose hour has come: no tick finds it still ahead and looks at its checklist."""
    hour = timezone.now() - datetime.timedelta(seconds=10)
    make_approved(
        at=hour,
        month=datetime.date(2026, month, 1),
        title=f"Issue {month}",
        publish_at=hour,
        publish_reason="test",
    )


def to_readers(relay: Relay) -> list[EmailMessage]:
    """Return the letters but for those to staff: in the week before a first Wednesday the clock asks for an issue."""
    staff = set(staff_addresses())
    return [letter for letter in relay.letters() if letter["To"] not in staff]


def link(relay: Relay, number: int, path: str) -> str:
    """Return the path of the link in a letter's text that leads to a page."""
    text = to_readers(relay)[number].get_body(("plain",)).get_content()
    return re.search(rf"https://bulletin\.example\.org({re.escape(path)}\S+)", text)[1]
