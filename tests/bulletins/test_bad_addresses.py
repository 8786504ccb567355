"""B32: whatever is typed after the host, a page or 404 comes back, never a fault."""

import datetime

import pytest
from django.urls import reverse

from tests.bulletins.finding import make_topic
from tests.factories import make_published, make_resource

pytestmark = pytest.mark.django_db

NO_SUCH_PAGE = [
    "/bulletins/9999-99/",
    "/bulletins/9999/99/",
    "/bulletins/0000/march/",
    "/bulletins/2024/-1/",
    "/bulletins/2024/%00/",
    "/bulletins/%00/",
    "/bulletins/2024%00/march/",
    "/bulletins/2024/march/%00/",
    "/bulletins/2024/march/%2e%2e%2f/",
    "/bulletins/2024/march/../../admin/",
    "/bulletins/2024/%F0%9F%99%82/",
    "/bulletins/2024/%FF%FE/",
    f"/bulletins/2024/{'x' * 5000}/",
    f"/bulletins/2024/march/{'x' * 5000}/",
    f"/bulletins/{'9' * 5000}/",
    "/bulletins/٢٠٢٤/",
    "/bulletins/2024/march'%20OR%201=1--/",
    "/bulletins/2024/<script>/",
    "/parental-resources/%00/",
    f"/parental-resources/{'x' * 5000}/",
    "/%00",
    "/wp-login.php",
    "/.env",
    "/c/999999",
]
ODD_QUERIES = [
    "page=-1",
    "page=0",
    "page=x",
    "page=9999999999999999999999",
    "page=%00",
    "page=1&page=2",
    "q=%00",
    f"q={'x' * 10_000}",
    "q=%FF%FE",
    "q=%F0%9F%99%82",
    "year=9999-99",
    "next=//evil.example",
    "%00=%00",
    "&&==&;",
    "<script>alert(1)</script>",
]


@pytest.fixture
def pages() -> list[str]:
    """Every kind of public page that is read by GET."""
    issue = make_published(datetime.date(2024, 3, 1))
    item = issue.items.get()
    resource = make_resource("An example guide")
    topic = make_topic("Online safety")
    names = [
        "bulletins:home",
        "bulletins:archive",
        "bulletins:topics",
        "resources:hub",
        "resources:link_to_us",
        "subscribers:subscribe",
    ]
    return [
        *map(reverse, names),
        "/bulletins/2024/",
        topic.get_absolute_url(),
        issue.author.get_absolute_url(),
        issue.get_absolute_url(),
        reverse("bulletins:item", args=[2024, issue.slug, item.slug]),
        resource.get_absolute_url(),
    ]


@pytest.mark.parametrize("path", NO_SUCH_PAGE, ids=lambda path: f"B32 {path[:40]}")
def test_an_address_that_is_none_is_not_found(client, path):
    make_published(datetime.date(2024, 3, 1))
    for method in (client.get, client.head):
        response = method(path)
        assert response.status_code == 404
        assert not response.cookies
    page = client.get(path).content.decode()
    assert "<h1>" in page, "in the dress of the site"
    assert "<script>" not in page


@pytest.mark.parametrize("query", ODD_QUERIES, ids=lambda query: f"B32 ?{query[:40]}")
def test_an_odd_query_gets_the_page_and_shows_nothing_of_itself(client, pages, query):
    for page in pages:
        response = client.get(f"{page}?{query}")
        assert response.status_code == 200, page
        assert not response.cookies
        assert "<script>alert" not in response.content.decode()
        assert "evil.example" not in response.content.decode()


def test_a_query_leads_nowhere_else(client):
    make_published(datetime.date(2024, 3, 1))
    response = client.get("/bulletins/latest/?next=//evil.example&page=%00")
    assert (response.status_code, response["Location"]) == (302, "/bulletins/2024/march/")
