"""The desk's lists of readers: statuses in words and numbers, and what the lists cost."""

import pytest
from django.urls import reverse

from tests.factories import make_staff, make_subscriber
from tests.subscribers.cast import NOON

pytestmark = pytest.mark.django_db

PEOPLE = reverse("admin:subscribers_subscriber_changelist")
LETTERS = reverse("admin:subscribers_outgoingletter_changelist")


@pytest.fixture
def staff(client):
    client.force_login(make_staff("grace", is_superuser=True))


def test_each_status_has_its_number_in_the_filter(client, staff):
    for status in ("active", "active", "bounced"):
        make_subscriber(status=status)
    page = client.get(PEOPLE).content.decode()
    assert "active (2)" in page
    assert "bounced: the address does not work (1)" in page
    assert "complained: marked a letter as spam (0)" in page


def test_the_newest_stand_first_with_their_status(client, staff):
    make_subscriber(address="old@example.org")
    make_subscriber(address="new@example.org", status="pending")
    page = client.get(PEOPLE).content.decode()
    assert page.index("new@example.org") < page.index("old@example.org")
    assert "Pending" in page


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("subscriber", "People subscribe by themselves"),
        ("suppression", "kept here as hashes"),
        ("outgoingletter", "waits here until it has left"),
    ],
)
def test_an_empty_list_says_what_it_is_for(client, staff, model, words):
    assert words in client.get(reverse(f"admin:subscribers_{model}_changelist")).content.decode()


@pytest.mark.parametrize("url", [PEOPLE, LETTERS])
def test_a_long_list_costs_what_a_short_one_does(client, staff, url, django_assert_max_num_queries):
    for _ in range(20):
        make_subscriber().letters.create(kind="confirm", due=NOON)
    with django_assert_max_num_queries(12):
        client.get(url)
