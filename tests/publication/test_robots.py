"""What crawlers are told, asked as they ask it."""

import urllib.robotparser

import pytest

pytestmark = pytest.mark.django_db
SITE = "https://bulletin.example.org"


@pytest.fixture
def rules(client):
    parser = urllib.robotparser.RobotFileParser()
    response = client.get("/robots.txt")
    assert (response.status_code, response["Content-Type"]) == (200, "text/plain; charset=utf-8")
    parser.parse(response.content.decode().splitlines())
    return parser


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/bulletins/",
        "/bulletins/2024/march/",
        "/bulletins/2024/march/doxing/",
        "/topics/prevent/",
        "/subscribe/",
        "/parental-resources/",
        "/feeds/bulletins.atom",
        "/sitemap.xml",
        "/static/site.css",
        "/media/pictures/a.jpg",
    ],
)
def test_what_readers_read_is_open(rules, path):
    assert rules.can_fetch("AnyBot", SITE + path)


@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin/bulletins/",
        "/drafts/token/",
        "/unsubscribe/token/",
        "/subscribe/confirm/token/",
        "/preferences/token/",
        "/bulletins/search/?q=doxing",
    ],
)
def test_the_desk_tokens_and_results_are_not(rules, path):
    assert not rules.can_fetch("AnyBot", SITE + path)


def test_the_map_is_named_by_its_public_address(rules):
    assert rules.site_maps() == [f"{SITE}/sitemap.xml"]


def test_only_get_and_head(client):
    assert client.head("/robots.txt").status_code == 200
    assert client.post("/robots.txt").status_code == 405
    assert client.get("/robots.txt?page=-1&q=%00").status_code == 200


def test_it_asks_the_database_nothing(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/robots.txt")
