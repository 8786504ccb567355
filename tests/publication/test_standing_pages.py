import pytest

from tests.factories import make_publication

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/privacy/", "/accessibility/"])
def test_they_open_with_and_without_a_publication(client, path):
    assert client.get(path).status_code == 200
    make_publication()
    assert "editors@example.org" in client.get(path).content.decode()


def test_privacy_says_what_is_stored(client):
    page = client.get("/privacy/").content.decode()
    for words in ["no cookies", "no trackers", "the words you agreed to", "keyed hash"]:
        assert words in page


@pytest.mark.parametrize("path", ["/privacy/", "/accessibility/", "/healthz"])
def test_only_get_and_head(client, path):
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 405
    assert client.get(f"{path}?page=-1&q=%00").status_code == 200


def test_every_page_names_who_publishes_and_marks_where_one_is(client):
    make_publication(organisation="Example Learning", postal_address="1 Example Street")
    page = client.get("/privacy/").content.decode()
    assert "Example Learning" in page
    assert "1 Example Street" in page
    assert '<a href="/privacy/" aria-current="page">Privacy</a>' in page
    assert page.count("aria-current") == 1


def test_platform_links_stand_on_every_page(client):
    links = make_publication().links
    links.create(kind="podcast", label="Example Podcasts", url="https://podcasts.example.org/")
    assert '<a href="https://podcasts.example.org/">Example Podcasts</a>' in client.get("/").content.decode()


def test_pages_ask_nothing_of_other_hosts_and_hold_no_script(client):
    page = client.get("/").content.decode()
    assert "<script" not in page
    assert "style=" not in page
    assert 'src="http' not in page
    assert '<link rel="stylesheet" href="/static/site.css">' in page
