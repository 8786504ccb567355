import datetime
import re

import pytest
from django.db import IntegrityError

from resources.models import Resource
from tests.factories import make_helpline, make_publication, make_resource, make_resource_topic

pytestmark = pytest.mark.django_db
PATH = "/parental-resources/a-guide/"


def test_it_shows_the_guide_and_when_it_was_checked(client):
    make_resource("A guide", body="<p>Talk <em>early</em>.</p>", reviewed_on=datetime.date(2026, 1, 12))
    page = client.get(PATH).content.decode()
    assert "<h1>A guide</h1>" in page
    assert "<p>Talk <em>early</em>.</p>" in page
    assert "1&nbsp;minute to read" in page
    assert "12 January 2026" in page


def test_its_headings_stand_right_under_its_title(client):
    make_resource("A guide", body="<h3>First</h3><p>x</p><h4>Then</h4>")
    page = client.get(PATH).content.decode()
    assert re.findall(r"<(h[1-6])>(A guide|First|Then)<", page) == [("h1", "A guide"), ("h2", "First"), ("h3", "Then")]


def test_it_leads_to_four_others_those_of_its_topic_first(client):
    topic = make_resource_topic("Friends")
    make_resource("A guide", topic=topic)
    for number in range(5):
        make_resource(f"Other {number}", position=number)
    make_resource("Close", topic=topic, position=9)
    page = client.get(PATH).content.decode()
    others = page[page.index('id="others.heading"') :]
    assert re.findall(r'<h3><a href="/[^"]+">([^<]+)</a></h3>', others) == ["Close", "Other 0", "Other 1", "Other 2"]
    assert f'href="{PATH}"' not in page
    assert 'href="/parental-resources/?topic=friends">Friends</a>' in page


def test_without_a_topic_the_others_come_in_their_order(client):
    make_resource("A guide")
    make_resource("Second", position=2, topic=make_resource_topic("Friends"))
    make_resource("First", position=1)
    assert list(Resource.objects.beside(Resource.objects.get(slug="a-guide")).values_list("title", flat=True)) == [
        "First",
        "Second",
    ]


def test_it_leads_back_to_all_and_schools_to_their_page(client):
    make_resource("A guide")
    make_resource("Another guide")
    page = client.get(PATH).content.decode()
    assert '<a href="/parental-resources/">All resources for parents</a>' in page
    assert 'href="/parental-resources/link-to-us/"' in page


def test_the_query_count_does_not_grow(client, django_assert_num_queries):
    make_publication()
    make_resource("A guide", topic=make_resource_topic("Friends"))
    for number in range(9):
        make_resource(f"Guide {number}")
        make_helpline(f"Line {number}")
    # The publication with its links, the resource, the helplines and the others.
    with django_assert_num_queries(5):
        client.get(PATH)


def test_its_body_is_cleaned(client):
    make_resource("A guide", body="<script>alert(1)</script><p onclick='x'>Safe {{ site_url }}</p>")
    page = client.get(PATH).content.decode()
    assert "<p>Safe {{ site_url }}</p>" in page
    assert "<script" not in page


@pytest.mark.parametrize("slug", ["nothing", "a%00b", "a%20b"])
def test_an_unknown_one_is_not_found(client, slug):
    assert client.get(f"/parental-resources/{slug}/").status_code == 404


def test_only_get_and_head(client):
    make_resource("A guide")
    assert client.head(PATH).status_code == 200
    assert client.post(PATH).status_code == 405


@pytest.mark.parametrize("fields", [{"slug": "link-to-us"}, {"slug": ""}, {"title": ""}])
def test_it_has_a_title_and_an_address_of_its_own(fields):
    with pytest.raises(IntegrityError, match="resource_has_title_and_slug"):
        make_resource(fields.get("title", "A guide"), **{"slug": fields.get("slug", "a-guide")})


def test_a_review_lasts_eighteen_months():
    day = datetime.date(2025, 1, 31)
    assert not Resource(reviewed_on=day).is_overdue(datetime.date(2026, 7, 31))
    assert Resource(reviewed_on=day).is_overdue(datetime.date(2026, 8, 5))
    assert Resource().is_overdue(day)
