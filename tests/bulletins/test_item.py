import datetime

import pytest

from tests.factories import make_bulletin, make_item, make_publication, make_published

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
    with django_assert_num_queries(8):
        client.get(PATH)


def test_only_get_and_head(client):
    make_published(MARCH)
    assert client.head(PATH).status_code == 200
    assert client.post(PATH).status_code == 405
