import datetime
import re

import pytest

from tests.factories import make_helpline, make_publication, make_resource, make_resource_topic

pytestmark = pytest.mark.django_db
PATH = "/parental-resources/"


def words(page: str) -> str:
    """A page's text, its white space made plain."""
    return " ".join(re.sub(r"<[^>]+>|&nbsp;", " ", page).split())


def test_it_lists_the_resources_in_their_order(client):
    make_resource("Second guide", position=2)
    make_resource("First guide", position=1)
    page = client.get(PATH).content.decode()
    assert page.index("First guide") < page.index("Second guide")
    assert 'href="/parental-resources/first-guide/"' in page


def test_a_card_says_how_long_it_takes_and_when_it_was_checked(client):
    make_resource("Long guide", body=f"<p>{'word ' * 530}</p>", reviewed_on=datetime.date(2026, 3, 3))
    assert "2 minutes to read · Last checked 3 March 2026" in words(client.get(PATH).content.decode())


def test_a_short_resource_takes_one_minute(client):
    make_resource("Short guide", body="<p>Talk.</p>")
    page = words(client.get(PATH).content.decode())
    assert "1 minute to read" in page
    assert "Last checked" not in page


def test_while_there_are_none_it_says_so(client):
    response = client.get(PATH)
    assert response.status_code == 200
    assert "No resource is here yet." in response.content.decode()


def test_it_shows_schools_the_way(client):
    assert 'href="/parental-resources/link-to-us/"' in client.get(PATH).content.decode()


def test_all_helplines_stand_at_its_end(client):
    make_helpline(
        "Night Line",
        number="",
        urgent=False,
        other_way="Text NIGHT to 80000",
        hours="From dusk",
        url="https://night.example.org/help",
    )
    page = client.get(PATH).content.decode()
    listed = page[page.index('id="helplines"') :]
    shown = ("Night Line", "For parents in examples", "Text NIGHT to 80000", "From dusk", "night.example.org")
    assert [piece for piece in shown if piece not in words(listed)] == []
    assert 'href="https://night.example.org/help"' in listed


def test_the_query_count_does_not_grow(client, django_assert_num_queries):
    make_publication()
    for number in range(9):
        make_resource(f"Guide {number}", topic=make_resource_topic(f"Topic {number}"))
        make_helpline(f"Line {number}")
    # The publication with its links, the topics, the number of resources, the resources, and the helplines twice.
    with django_assert_num_queries(7):
        client.get(PATH)


def test_odd_queries_get_the_page_and_other_methods_do_not(client):
    assert client.get(f"{PATH}?page=-1&q=%00").status_code == 200
    assert client.head(PATH).status_code == 200
    assert client.post(PATH).status_code == 405
