import datetime

import pytest
import time_machine

from bulletins.models import PublicationDay
from tests.factories import make_publication, make_published, make_resource

pytestmark = pytest.mark.django_db
MARCH = datetime.date(2024, 3, 1)
DECEMBER = datetime.date(2026, 12, 1)


def make_day(month: datetime.date, day: int, **fields) -> PublicationDay:
    return PublicationDay.objects.create(month=month, date=month.replace(day=day), **fields)


def test_it_says_what_this_is_and_for_whom(client):
    make_publication(name="Example News", strapline="News for example schools")
    page = client.get("/").content.decode()
    assert "<h1>News for example schools</h1>" in page
    assert "Example News is the e-bulletin of Example Learning" in page


def test_without_a_row_the_publication_has_plain_defaults(client):
    page = client.get("/").content.decode()
    assert "First Wednesday is the e-bulletin for everyone" in page


def test_while_nothing_is_published_it_says_so(client):
    page = client.get("/").content.decode()
    assert "Nothing is published yet" in page
    assert "Newest issue" not in page


def test_the_newest_issue_shows_its_contents_linked_to_its_page(client):
    make_published(datetime.date(2024, 2, 1))
    make_published(MARCH)
    page = client.get("/").content.decode()
    assert "March 2024 e-bulletin" in page
    assert "February 2024 e-bulletin" not in page
    assert 'href="/bulletins/2024/march/#an-example-headline"' in page


@time_machine.travel("2026-11-20 12:00:00Z", tick=False)
def test_the_next_issue_is_announced_in_words(client):
    make_day(DECEMBER, 2)
    page = client.get("/").content.decode()
    assert 'Next issue:</strong> <time datetime="2026-12-02">Wednesday 2 December 2026</time>' in page


@pytest.mark.parametrize(("clock", "announced"), [("07:29", "2 December"), ("07:30", "6 January")])
def test_after_its_hour_a_day_is_no_longer_next(client, clock, announced):
    make_day(DECEMBER, 2)
    make_day(datetime.date(2027, 1, 1), 6)
    with time_machine.travel(f"2026-12-02 {clock}:00Z", tick=False):
        assert f"Wednesday {announced}" in client.get("/").content.decode()


@time_machine.travel("2026-11-20 12:00:00Z", tick=False)
def test_a_skipped_day_is_not_announced(client):
    make_day(DECEMBER, 2, state="skipped", reason="the office is closed")
    assert "Next issue" not in client.get("/").content.decode()


def test_parents_find_three_resources(client):
    for number in range(4):
        make_resource(f"Guide {number}", position=number)
    page = client.get("/").content.decode()
    assert 'href="/parental-resources/guide-2/"' in page
    assert "Guide 3" not in page


def test_it_holds_the_sign_up_form(client):
    assert 'action="/subscribe/"' in client.get("/").content.decode()


def test_query_count_does_not_grow_with_the_archive(client, django_assert_num_queries):
    make_publication()
    for month in range(1, 8):
        make_published(datetime.date(2024, month, 1))
    with django_assert_num_queries(14):
        client.get("/")


@pytest.mark.parametrize("query", ["?page=-1", "?q=%00", "?x[]=1&x=%ff"])
def test_odd_queries_get_the_page(client, query):
    assert client.get(f"/{query}").status_code == 200


def test_only_get_and_head(client):
    assert client.head("/").status_code == 200
    assert client.post("/").status_code == 405
    assert client.delete("/").status_code == 405


def test_no_cookie_is_set(client):
    make_published(MARCH)
    for path in [
        "/",
        "/bulletins/",
        "/bulletins/2024/march/",
        "/parental-resources/",
        "/privacy/",
        "/nothing/",
    ]:
        assert not client.get(path).cookies
