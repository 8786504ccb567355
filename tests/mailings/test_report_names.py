"""The list of names behind each count: by mailing and state, by a whole address, and never more than is read."""

import pytest
from django.urls import reverse

from mailings.admin.deliveries import FirstPages
from tests.factories import make_staff
from tests.mailings.cast import make_mailing, put

pytestmark = pytest.mark.django_db

NAMES = reverse("admin:mailings_delivery_changelist")


@pytest.fixture
def grace(client):
    client.force_login(make_staff("grace", "view_delivery", "view_mailing"))


def names(client, **query):
    answer = client.get(NAMES, query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_state_lists_its_readers_alone(client, grace):
    mailing = make_mailing(readers=2)
    put(mailing.deliveries.get(subscriber__address="reader1@example.org"), "skipped", smtp_text="the reader had left")
    words = names(client, mailing=mailing.pk, state__exact="skipped")
    assert "reader1@example.org" in words
    assert "the reader had left" in words
    assert "reader0@example.org" not in words


@pytest.mark.parametrize("state", ["queued", "claimed", "on_wire", "sent", "failed", "unknown", "skipped", "abandoned"])
def test_each_state_has_a_list(client, grace, state):
    mailing = make_mailing(readers=1)
    ways = {"sent": ["claimed", "on_wire"], "on_wire": ["claimed"], "failed": ["claimed"]}
    ways |= {"unknown": ["claimed", "on_wire"], "abandoned": ["claimed", "on_wire", "unknown"]}
    for step in [*ways.get(state, []), *([state] if state != "queued" else [])]:
        put(mailing.deliveries.get(), step)
    assert "reader0@example.org" in names(client, mailing=mailing.pk, state__exact=state)


def test_the_whole_address_finds_a_letter_also_of_an_erased_reader(client, grace):
    mailing = make_mailing(readers=2)
    mailing.deliveries.get(subscriber__address="reader0@example.org").subscriber.delete()
    words = names(client, q=" READER0@example.org")
    assert "a reader who was erased" in words
    assert "reader1@example.org" not in words
    assert "Nothing fits" in names(client, q="reader")


@pytest.mark.parametrize("query", [{"q": "\x00"}, {"q": "x" * 3000}, {"mailing": "x"}, {"mailing": "9" * 30}])
def test_a_strange_question_is_answered(client, grace, query):
    make_mailing(readers=1)
    names(client, **query)


def test_a_long_list_costs_what_a_short_one_does(client, grace, django_assert_max_num_queries):
    mailing = make_mailing(readers=60)
    with django_assert_max_num_queries(14) as queries:
        names(client, mailing=mailing.pk, state__exact="queued")
    assert [one["sql"] for one in queries.captured_queries if "COUNT(*) FROM (SELECT" in one["sql"]]
    assert not [one["sql"] for one in queries.captured_queries if "letter_token" in one["sql"]]


def test_the_pages_end_and_say_so(client, grace, monkeypatch):
    monkeypatch.setattr(FirstPages, "most", 3)
    mailing = make_mailing(readers=4)
    assert "These are the first 3." in names(client, mailing=mailing.pk)
    monkeypatch.setattr(FirstPages, "most", 5)
    assert "These are the first" not in names(client, mailing=mailing.pk)


def test_one_letter_is_looked_at_and_nothing_is_changed(client, grace):
    delivery = make_mailing(readers=1).deliveries.get()
    place = reverse("admin:mailings_delivery_change", args=[delivery.pk])
    assert delivery.message_id.strip("<>") in client.get(place).content.decode()
    assert client.post(place, {"state": "sent"}).status_code == 403
    for name in ("add", "delete"):
        args = [delivery.pk] if name == "delete" else []
        assert client.get(reverse(f"admin:mailings_delivery_{name}", args=args)).status_code == 403


def test_who_may_not_see_names_sees_none(client):
    make_mailing(readers=1)
    client.force_login(make_staff("ed", "view_mailing", "steer_mailing"))
    assert client.get(NAMES).status_code == 403
