import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

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


@pytest.mark.parametrize("path", ["/", "/bulletins/", "/parental-resources/", "/subscribe/", "/privacy/", "/nothing/"])
def test_every_page_has_one_title_and_one_description(client, path):
    make_publication()
    page = client.get(path).content.decode()
    assert len(re.findall(r"<title>[^<]+</title>", page)) == 1
    assert len(re.findall(r'<meta name="description" content="[^"]+">', page)) == 1


def test_on_paper_every_page_ends_with_its_name_and_address(client):
    make_publication(name="Example News")
    page = client.get("/privacy/").content.decode()
    assert '<p class="printed">Example News, https://bulletin.example.org/privacy/</p>' in page


def test_browsers_that_ask_for_the_icon_by_its_old_name_are_led_to_it(client):
    response = client.get("/favicon.ico")
    assert response.status_code == 301
    assert finders.find(response["Location"].removeprefix("/static/"))


def test_the_styles_ask_nothing_of_other_hosts_and_find_what_they_name():
    styles = Path(finders.find("site.css")).read_text(encoding="utf-8")
    assert "@import" not in styles
    named = re.findall(r"url\(\"?([^)\"]+)", styles)
    assert named
    for name in named:
        assert finders.find(name), name
