"""Staff sessions: cookies that only this host gets, eight hours after the last request, and with the browser."""

import datetime

import pytest
import time_machine

from tests.conftest import SecureClient
from tests.factories import make_staff
from tests.publication.test_lockout import RIGHT

pytestmark = pytest.mark.django_db
NINE = datetime.datetime(2026, 3, 4, 9, 0, tzinfo=datetime.UTC)
SESSION, TOKEN = "__Host-sessionid", "__Host-csrftoken"


def signed_in() -> SecureClient:
    make_staff("alice")
    client = SecureClient()
    assert client.post("/admin/login/", {"username": "alice", "password": RIGHT}).status_code == 302
    return client


@pytest.mark.parametrize("name", [SESSION, TOKEN])
def test_the_cookies_are_for_this_host_alone_and_no_script_reads_them(name):
    cookie = signed_in().cookies[name]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
    assert (cookie["path"], cookie["domain"]) == ("/", "")


def test_the_session_ends_with_the_browser():
    cookie = signed_in().cookies[SESSION]
    assert (cookie["expires"], cookie["max-age"]) == ("", "")


def test_it_ends_eight_hours_after_the_last_request():
    with time_machine.travel(NINE, tick=False) as clock:
        client = signed_in()
        for _ in range(3):
            clock.shift(datetime.timedelta(hours=7))
            assert client.get("/admin/").status_code == 200
        clock.shift(datetime.timedelta(hours=8, seconds=1))
        assert client.get("/admin/").status_code == 302


def test_a_session_that_somebody_laid_there_is_not_the_one_after_signing_in():
    client = SecureClient()
    session = client.session
    session["laid"] = "by somebody"
    session.save()
    before = client.cookies[SESSION].value
    make_staff("alice")
    client.post("/admin/login/", {"username": "alice", "password": RIGHT})
    after = client.cookies[SESSION].value
    assert before != after
    client.cookies[SESSION] = before
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize("path", ["/", "/bulletins/", "/subscribe/", "/privacy/", "/nothing/here/"])
def test_readers_get_no_cookie(client, path):
    assert not client.get(path).cookies
