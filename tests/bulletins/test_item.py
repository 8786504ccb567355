import datetime
import re

import pytest

from tests.factories import make_bulletin, make_item, make_publication, make_published, make_section

pytestmark = pytest.mark.django_db
MARCH = datetime.date(2024, 3, 1)
PATH = "/bulletins/2024/march/an-example-headline/"


def test_it_shows_the_item_and_the_way_to_its_place(client):
    make_published(MARCH)
    page = client.get(PATH).content.decode()
    assert "<h1>An example headline</h1>" in page
    assert "<p>An example story.</p>" in page
    assert 'href="/bulletins/2024/march/#an-example-headline"' in page


def test_it_lists_the_other_items_of_the_issue(client):
    make_item(make_published(MARCH), headline="A second headline")
    page = client.get(PATH).content.decode()
    assert 'href="/bulletins/2024/march/a-second-headline/"' in page
    assert f'href="{PATH}"' not in page


def test_alone_in_its_issue_it_lists_no_others(client):
    make_published(MARCH)
    assert "Also in this issue" not in client.get(PATH).content.decode()


def test_a_headline_with_markup_is_shown_literally(client):
    make_item(make_published(MARCH), headline="<b>Bold</b>", slug="bold")
    assert "<h1>&lt;b&gt;Bold&lt;/b&gt;</h1>" in client.get("/bulletins/2024/march/bold/").content.decode()


@pytest.mark.parametrize("slug", ["nothing", "AN-EXAMPLE-HEADLINE", "a%00b", "x" * 300])
def test_an_unknown_item_is_not_found(client, slug):
    make_published(MARCH)
    assert client.get(f"/bulletins/2024/march/{slug}/").status_code == 404


def test_an_item_of_a_draft_is_not_found(client):
    make_bulletin(month=MARCH)
    assert client.get(PATH).status_code == 404


def test_the_query_count_does_not_grow_with_the_issue(client, django_assert_num_queries):
    make_publication()
    bulletin = make_published(MARCH)
    for _ in range(8):
        make_item(bulletin)
    with django_assert_num_queries(14):
        client.get(PATH)


def test_only_get_and_head(client):
    make_published(MARCH)
    assert client.head(PATH).status_code == 200
    assert client.post(PATH).status_code == 405


def test_it_leads_to_the_items_before_and_after_it_in_reading_order(client):
    bulletin = make_published(MARCH)
    later = make_section(bulletin, heading="Later")
    make_item(bulletin, section=later, headline="Third")
    make_item(bulletin, headline="Second")
    page = client.get("/bulletins/2024/march/second/").content.decode()
    assert f'rel="prev" href="{PATH}"' in page
    assert 'rel="next" href="/bulletins/2024/march/third/"' in page
    assert 'rel="prev"' not in client.get(PATH).content.decode()
    assert 'rel="next"' not in client.get("/bulletins/2024/march/third/").content.decode()


def test_its_description_is_how_it_begins(client):
    bulletin = make_published(MARCH)
    make_item(bulletin, headline="Long", body=f"<p>“Fish” &amp;\n<em>chips</em></p><p>{'more ' * 80}</p>")
    make_item(bulletin, headline="Nothing but <this>", slug="bare", body="")
    page = client.get("/bulletins/2024/march/long/").content.decode()
    description = re.findall(r'<meta name="description" content="([^"]*)">', page)
    assert len(description) == 1
    assert description[0].startswith("“Fish” &amp; chips more more")
    assert description[0].endswith("more …")
    assert len(description[0]) <= 160
    bare = client.get("/bulletins/2024/march/bare/").content.decode()
    assert '<meta name="description" content="Nothing but &lt;this&gt;">' in bare


def test_headings_in_its_text_follow_its_title(client):
    make_item(make_published(MARCH), headline="Deep", body="<h3>One</h3><p>x</p><h4>Two</h4>")
    page = client.get("/bulletins/2024/march/deep/").content.decode()
    assert "<h2>One</h2>" in page
    assert "<h3>Two</h3>" in page
