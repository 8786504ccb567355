"""Guessing passwords: what is counted, how long a door stays shut, and that nobody shuts another's."""

import datetime
import logging
from ipaddress import ip_network

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.auth import get_user_model

from tests.conftest import SecureClient
from tests.factories import make_staff

pytestmark = pytest.mark.django_db
RIGHT, WRONG = "a long enough password", "guessed"
HERE, ELSEWHERE = "203.0.113.7", "198.51.100.9"
MORNING = datetime.datetime(2026, 3, 4, 9, 0, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def alice():
    return make_staff("alice")


@pytest.fixture
def twice_as_patient(monkeypatch):
    """Ten failures of one name, or at one address, instead of fifty."""
    monkeypatch.setattr("publication.lockout.WIDER", 2)


def sign_in(name="alice", password=WRONG, address=HERE, **more):
    return SecureClient(REMOTE_ADDR=address).post("/admin/login/", {"username": name, "password": password}, **more)


def fail(times: int, **more):
    return [sign_in(**more) for _ in range(times)][-1]


def is_in(response) -> bool:
    return response.status_code == 302


def test_the_fifth_wrong_password_shuts_the_door_even_to_the_right_one():
    assert fail(4).status_code == 200
    assert fail(1).status_code == 429
    assert sign_in(password=RIGHT).status_code == 429


def test_before_that_the_right_one_opens_it_and_the_count_begins_anew():
    fail(4)
    assert is_in(sign_in(password=RIGHT))
    assert fail(4).status_code == 200


def test_the_page_says_when_to_try_again_and_what_to_do():
    with time_machine.travel(MORNING, tick=False):
        response = fail(5)
    page = response.content.decode()
    assert "There were too many wrong passwords." in page
    assert "<strong>09:15</strong>" in page
    assert "An administrator can let you in at once" in page
    assert response["Retry-After"] == "901"
    assert response["Cache-Control"] == "no-store"


def test_trying_a_shut_door_keeps_it_shut_no_longer():
    with time_machine.travel(MORNING, tick=False) as clock:
        fail(5)
        clock.shift(datetime.timedelta(minutes=14))
        response = sign_in(password=RIGHT)
        assert response.status_code == 429
        assert "<strong>09:15</strong>" in response.content.decode()
        assert response["Retry-After"] == "61"
        clock.shift(datetime.timedelta(minutes=2))
        assert is_in(sign_in(password=RIGHT))


def test_another_browser_at_the_same_address_is_no_new_door():
    for number in range(5):
        response = sign_in(headers={"user-agent": f"Browser {number}"})
    assert response.status_code == 429


@pytest.mark.usefixtures("twice_as_patient")
def test_strangers_elsewhere_do_not_shut_it_here():
    assert is_in(sign_in(password=RIGHT))
    fail(5, address=ELSEWHERE)
    for number in range(12):
        fail(1, address=f"198.51.100.{number + 10}")
    assert is_in(sign_in(password=RIGHT))


@pytest.mark.usefixtures("twice_as_patient")
def test_guessing_one_name_from_many_addresses_ends_where_it_never_signed_in():
    for number in range(10):
        fail(1, address=f"198.51.100.{number + 10}")
    assert sign_in(password=RIGHT, address=HERE).status_code == 429


@pytest.mark.usefixtures("twice_as_patient")
def test_guessing_many_names_from_one_address_ends_too():
    for number in range(10):
        response = sign_in(name=f"name-{number}")
    assert response.status_code == 429
    assert sign_in(name="bob").status_code == 429
    assert is_in(sign_in(password=RIGHT, address=ELSEWHERE))


def test_a_name_that_nobody_has_is_answered_alike():
    theirs, nobodys = fail(1), fail(1, name="nobody")
    assert theirs.status_code == nobodys.status_code == 200
    assert [response.status_code for response in (fail(4), fail(4, name="nobody"))] == [429, 429]


def test_the_address_behind_a_proxy_counts_not_the_proxys(settings):
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.1")]
    fail(5, address="10.0.0.1", headers={"x-forwarded-for": HERE})
    assert sign_in(address="10.0.0.1", password=RIGHT, headers={"x-forwarded-for": HERE}).status_code == 429
    assert is_in(sign_in(address="10.0.0.1", password=RIGHT, headers={"x-forwarded-for": ELSEWHERE}))


def test_an_address_that_a_client_makes_up_does_not_count():
    for number in range(5):
        response = sign_in(headers={"x-forwarded-for": f"192.0.2.{number}"})
    assert response.status_code == 429


def test_who_is_signed_in_stays_so():
    client = SecureClient()
    client.force_login(get_user_model().objects.get(username="alice"))
    fail(5, address="127.0.0.1")
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("name", ["x" * 10_000, "a\r\nb", "a\0b", "\u202eecila", "<script>", "😀"])
def test_odd_names_are_wrong_names(name):
    assert sign_in(name=name).status_code == 200


def test_nothing_that_was_typed_is_written_down_but_the_name(caplog):
    with caplog.at_level(logging.DEBUG):
        fail(5, name="Robin\tExample", password="a secret")
    assert HERE in caplog.text
    assert "Robin" not in caplog.text
    assert "a secret" not in caplog.text
    stored = AccessAttempt.objects.get()
    assert (stored.username, stored.failures_since_start) == ("Robin\tExample", 5)
    assert "a secret" not in stored.post_data
    assert "Robin" not in stored.post_data


def test_what_no_longer_counts_is_thrown_away():
    with time_machine.travel(MORNING, tick=False):
        fail(1, name="somebody")
    with time_machine.travel(MORNING + datetime.timedelta(hours=1), tick=False):
        fail(1)
    assert [attempt.username for attempt in AccessAttempt.objects.all()] == ["alice"]


@pytest.mark.parametrize(
    "there", ["//evil.example/", "https://evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_signing_in_leads_nowhere_else(there):
    response = SecureClient().post("/admin/login/", {"username": "alice", "password": RIGHT, "next": there})
    assert (response.status_code, response["Location"]) == (302, "/admin/")
