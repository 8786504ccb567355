"""What the tests of this room share: a moment, a sign-up, and what a page must not do."""

import datetime
import re
import time
from email.message import EmailMessage
from typing import Any

import time_machine
from django.http import HttpResponse
from django.test import Client

from subscribers import consent, stamps
from subscribers.models import ConsentEvent, Subscriber

NOON = datetime.datetime(2026, 3, 9, 12, 0, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)


def sign_up(address: str = "ada@example.org", at: datetime.datetime = NOON) -> Subscriber:
    """Ask for an address and return who the database then knows there."""
    consent.ask(address, "The words at sign-up.", "test", at)
    return Subscriber.objects.at_address(address).get()


def stamped(shown: str = stamps.FIRST, seconds: float = 10) -> str:
    """Return the stamp of a form that was shown so many seconds ago."""
    with time_machine.travel(time.time() - seconds, tick=False):
        return stamps.stamp(shown)


def press(visitor: Client, address: str, headers: dict[str, str] | None = None, **fields: Any) -> Any:
    """Post the whole form as a person does who was shown it ten seconds ago."""
    fields = {"address": address, "stamp": stamped(), **fields}
    return visitor.post("/subscribe/", fields, headers=headers)


def last_said(person: Subscriber) -> ConsentEvent:
    """Return the newest of a person's consent."""
    return person.consent.latest("pk")


def part(letter: EmailMessage, kind: str) -> str:
    """Return a letter's plain or html part."""
    body = letter.get_body((kind,))
    assert body is not None
    return body.get_content()


def link_in(letter: EmailMessage, page: str) -> str:
    """Return the path of the first link to a page in a letter's text."""
    text = part(letter, "plain")
    return re.findall(rf"https://bulletin\.example\.org({page}\S+)", text)[0]


def assert_private(response: HttpResponse) -> None:
    """No cookie, no cache, no referrer, no search engine."""
    assert not response.cookies
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Robots-Tag"] == "noindex"
