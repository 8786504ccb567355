import datetime
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.bulletins.finding import make_many, make_topic
from tests.factories import make_item, make_published, make_section, make_withdrawn

pytestmark = pytest.mark.django_db
MARCH = datetime.date(2024, 3, 1)


def test_an_empty_archive_says_so(client):
    response = client.get("/bulletins/")
    assert response.status_code == 200
    assert "Nothing is published yet" in response.content.decode()


def test_years_are_headings_with_their_issues_newest_first(client):
    for month in [MARCH, datetime.date(2023, 12, 1), datetime.date(2024, 5, 1)]:
        make_published(month)
    page = client.get("/bulletins/").content.decode()
    marks = ['id="year.2024"', "May 2024 e-b", "March 2024 e-b", 'id="year.2023"', "December 2023 e-b"]
    places = [page.index(mark) for mark in marks]
    assert places == sorted(places)


def test_an_issue_shows_date_summary_and_headlines(client):
    bulletin = make_published(MARCH, summary="What March brought.")
    make_item(bulletin, headline="A second headline")
    page = client.get("/bulletins/").content.decode()
    assert "Wednesday 6 March 2024" in page
    assert "What March brought." in page
    assert '<a href="/bulletins/2024/march/#a-second-headline">A second headline</a>' in page


def test_headlines_come_in_reading_order(client):
    bulletin = make_published(MARCH)
    last = make_section(bulletin, heading="Later", position=9)
    first = make_section(bulletin, heading="Sooner", position=5)
    make_item(bulletin, section=last, headline="Comes last", position=1)
    make_item(bulletin, section=first, headline="Comes before", position=2)
    page = client.get("/bulletins/").content.decode()
    assert page.index("An example headline") < page.index("Comes before") < page.index("Comes last")


def test_drafts_future_and_withdrawn_issues_stay_out(client):
    make_published(datetime.date(2060, 1, 1))
    make_withdrawn(datetime.date(2024, 4, 1), "A name was wrong.")
    page = client.get("/bulletins/").content.decode()
    assert "2060" not in page
    assert "April 2024" not in page


def test_a_year_shows_its_own_issues_only(client):
    make_published(MARCH)
    make_published(datetime.date(2023, 12, 1))
    page = client.get("/bulletins/2024/").content.decode()
    assert "March 2024" in page
    assert "December 2023" not in page


@pytest.mark.parametrize("year", ["2019", "0", "0000", "99999", "9999", "-1", "24", "march"])
def test_a_year_without_issues_is_not_found(client, year):
    assert client.get(f"/bulletins/{year}/").status_code == 404


def test_query_counts_do_not_grow_with_the_archive(client, django_assert_num_queries):
    for month in range(1, 13):
        make_published(datetime.date(2024, month, 1))
        make_published(datetime.date(2023, month, 1))
    with django_assert_num_queries(5):
        client.get("/bulletins/")
    with django_assert_num_queries(5):
        client.get("/bulletins/2024/")


@pytest.mark.parametrize("path", ["/bulletins/", "/bulletins/2024/"])
def test_odd_queries_get_the_page_and_other_methods_do_not(client, path):
    make_published(MARCH)
    assert client.get(f"{path}?page=-1&q=%00").status_code == 200
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 405


def test_only_the_newest_issue_is_large(client):
    make_published(MARCH)
    make_published(datetime.date(2023, 12, 1))
    page = client.get("/bulletins/").content.decode()
    assert page.count("Newest issue") == 1
    assert page.index("Newest issue") < page.index("March 2024 e-b") < page.index("December 2023 e-b")


def test_years_lead_to_each_other_with_their_numbers_of_issues(client):
    for month in [MARCH, datetime.date(2024, 5, 1), datetime.date(2023, 12, 1)]:
        make_published(month)
    year, archive = client.get("/bulletins/2024/").content.decode(), client.get("/bulletins/").content.decode()
    for page in (year, archive):
        assert re.findall(r'href="/bulletins/(\d+)/".*?<small>(\d+)<', page) == [("2024", "2"), ("2023", "1")]
    assert '<a href="/bulletins/2024/" aria-current="page">2024' in year
    assert 'aria-current="page">2024' not in archive


def test_the_only_year_needs_no_way_to_others(client):
    make_published(MARCH)
    assert 'aria-label="Years"' not in client.get("/bulletins/").content.decode()
    assert 'aria-label="Years"' not in client.get("/bulletins/2024/").content.decode()


@pytest.mark.parametrize(
    "path", ["/", "/bulletins/", "/bulletins/1951/", "/bulletins/1951/may/", "/bulletins/1951/may/phones-1/"]
)
def test_a_large_archive_asks_as_many_queries_as_a_small_one(client, path, django_assert_num_queries):
    topic = make_topic("Online safety")
    make_many(20, items=3, topic=topic)
    with CaptureQueriesContext(connection) as few:
        assert client.get(path).status_code == 200
    make_many(200, items=3, topic=topic, since=1970)
    with django_assert_num_queries(len(few)):
        client.get(path)


@pytest.mark.parametrize(
    "path", ["/", "/bulletins/", "/bulletins/1951/may/", "/bulletins/1951/may/phones-1/", "/topics/online-safety/"]
)
def test_no_page_loads_the_words_that_items_are_found_by(client, path):
    make_many(20, items=3, topic=make_topic("Online safety"))
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    assert not [query["sql"] for query in queries if '"words"' in query["sql"]]
