import datetime
import re

import pytest

from bulletins.models import NewsItem
from tests.bulletins.finding import MARCH, make_found, make_many, make_topic
from tests.factories import make_bulletin, make_item, make_published

pytestmark = pytest.mark.django_db
MAY = datetime.date(2024, 5, 1)
PATH = "/topics/online-safety/"


def headlines(page: str) -> list[str]:
    return re.findall(r"<h3><a href=[^>]*>(.*?)</a></h3>", page)


def test_a_topic_shows_its_items_newest_first(client):
    make_found("Older", "An old story.", topics=["Online safety"])
    make_found("Newer", topics=["Online safety"], month=MAY)
    make_found("Of something else", topics=["Vaping"], month=MAY)
    page = client.get(PATH).content.decode()
    assert "<h1>Online safety</h1>" in page
    assert headlines(page) == ["Newer", "Older"]
    assert "<p>An old story.</p>" in page
    assert 'href="/bulletins/2024/march/older/"' in page
    assert '<a href="/bulletins/2024/march/">March 2024 e-bulletin</a>' in page
    assert "2 items, the newest first" in page


def test_items_of_one_issue_come_in_its_order(client):
    for position, headline in ((3, "Third"), (1, "First"), (2, "Second")):
        make_found(headline, topics=["Online safety"], position=position)
    assert headlines(client.get(PATH).content.decode()) == ["First", "Second", "Third"]


def test_drafts_future_and_withdrawn_items_stay_out(client):
    topic = make_topic("Online safety")
    future = make_published(datetime.date(2060, 1, 1))
    withdrawn = make_published(datetime.date(2024, 4, 1))
    for bulletin in (make_bulletin(month=MARCH), future, withdrawn):
        make_item(bulletin, headline="Secret").topics.add(topic)
    withdrawn.status, withdrawn.withdrawn_reason = "withdrawn", "It was wrong."
    withdrawn.save()
    page = client.get(PATH).content.decode()
    assert "Secret" not in page
    assert "Nothing is published on this topic yet" in page
    assert "No item has a topic yet" in client.get("/topics/").content.decode()


def test_a_topic_without_items_says_so_and_leads_on(client):
    make_topic("Online safety")
    response = client.get(PATH)
    assert response.status_code == 200
    assert "Nothing is published on this topic yet" in response.content.decode()
    assert 'href="/bulletins/latest/"' in response.content.decode()


@pytest.mark.parametrize("slug", ["nothing", "%00", "x" * 5000, "ONLINE-SAFETY", "-1", "%F0%9F%99%82", "<script>"])
def test_an_unknown_topic_is_not_found(client, slug):
    make_topic("Online safety")
    assert client.get(f"/topics/{slug}/").status_code == 404


def test_a_topic_leads_to_the_others_with_their_numbers(client):
    make_found("One", topics=["Online safety", "Vaping"])
    make_found("Two", topics=["Vaping"])
    page = client.get(PATH).content.decode()
    assert re.findall(r'<li><a href="/topics/vaping/">Vaping</a> <small>(\d+)<', page) == ["2"]
    others = page[page.index("Other topics") : page.index("</aside>")]
    assert "/topics/online-safety/" not in others


def test_twenty_items_a_page(client):
    make_many(5, items=9, topic=make_topic("Online safety"))
    first, last = (client.get(PATH, {"page": number}).content.decode() for number in (1, 3))
    assert len(headlines(first)) == 20 and len(headlines(last)) == 5
    assert '<a rel="next" href="?page=2">' in first and 'rel="prev"' not in first
    assert '<a rel="prev" href="?page=2">' in last and 'rel="next"' not in last
    assert "<title>Online safety, page 3 ·" in last


@pytest.mark.parametrize("query", ["page=-1", "page=999999", "page=abc", "page=%00", "page=", f"page={'9' * 9000}"])
def test_an_odd_page_is_the_first_or_the_last(client, query):
    make_many(3, items=9, topic=make_topic("Online safety"))
    response = client.get(f"{PATH}?{query}")
    assert response.status_code == 200
    assert len(headlines(response.content.decode())) in (20, 7)


def test_the_list_shows_topics_in_use_with_number_and_last_date(client):
    make_found("One", topics=["Vaping", "Online safety"])
    make_found("Two", topics=["Vaping"], month=MAY)
    make_topic("Empty")
    page = client.get("/topics/").content.decode()
    assert re.findall(r'<h2><a href="/topics/([\w-]+)/">', page) == ["online-safety", "vaping"]
    assert re.findall(r"(\d+) items?\b", page[page.index("<h1>") :]) == ["1", "2"]
    assert "1 May 2024" in page


def test_an_item_leads_to_its_topics(client):
    make_found("One", topics=["Online safety"])
    make_found("Two", topics=["Vaping"])
    page = client.get("/bulletins/2024/march/one/").content.decode()
    assert re.findall(r'href="/topics/([\w-]+)/"', page) == ["online-safety"]


def test_the_archive_leads_to_the_topics_and_the_search(client):
    make_found("One", topics=["Online safety"])
    page = client.get("/bulletins/").content.decode()
    assert 'href="/topics/"' in page
    assert 'action="/bulletins/search/"' in page


def test_each_page_of_a_topic_is_its_own_and_offers_the_topics_feeds(client):
    make_many(10, items=3, topic=make_topic("Online safety"))
    first, second = (client.get(f"{PATH}{end}").content.decode() for end in ("", "?page=2"))
    assert f'rel="canonical" href="https://bulletin.example.org{PATH}"' in first
    assert f'rel="canonical" href="https://bulletin.example.org{PATH}?page=2"' in second
    assert f'href="{PATH}feed.atom"' in first


@pytest.mark.parametrize("path", [PATH, f"{PATH}?page=2", "/topics/"])
def test_a_large_archive_asks_as_many_queries_as_a_small_one(client, path, django_assert_num_queries):
    topic = make_topic("Online safety")
    make_many(10, items=3, topic=topic)
    # How fresh the archive is; the topic, how many items, the items, their topics, the other topics; the publication
    # and its links.
    queries = 4 if path == "/topics/" else 8
    with django_assert_num_queries(queries):
        client.get(path)
    make_many(200, items=3, topic=topic, since=1970)
    with django_assert_num_queries(queries):
        client.get(path)


@pytest.mark.parametrize("path", [PATH, "/topics/"])
def test_only_get_and_head(client, path):
    make_topic("Online safety")
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 405


# What was superseded, and the feeds


LISTS = [PATH, "/bulletins/search/?q=guidance"]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_leads_from_what_was_superseded_to_the_newer_item(client, path):
    old = make_found("Old guidance", topics=["Online safety"])
    assert "Superseded" not in client.get(path).content.decode()
    NewsItem.objects.filter(pk=old.pk).update(superseded_by=make_found("New keys", month=MAY))
    page = client.get(path).content.decode()
    newer = '<a href="/bulletins/2024/may/new-keys/">New keys</a> (May 2024)'
    assert f"<strong>Superseded:</strong> see {newer}" in page


@pytest.mark.parametrize("path", LISTS)
def test_what_readers_may_not_see_supersedes_nothing_in_a_list(client, path):
    old = make_found("Old guidance", topics=["Online safety"])
    draft = make_bulletin(month=MAY, publish_at=None).items.get()
    NewsItem.objects.filter(pk=old.pk).update(superseded_by=draft)
    assert "Superseded" not in client.get(path).content.decode()


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("link", "words"),
    [("", "A &amp; B"), ("https://x.example/", '<a href="https://x.example/" rel="noopener noreferrer">A &amp; B</a>')],
)
def test_a_list_names_what_took_its_place_elsewhere(client, path, link, words):
    make_found("Old guidance", topics=["Online safety"])
    NewsItem.objects.update(superseded_elsewhere="A & B", superseded_link=link)
    assert f"<strong>Superseded:</strong> see {words}</p>" in client.get(path).content.decode()


@pytest.mark.parametrize("path", LISTS)
def test_marks_of_what_was_superseded_cost_no_queries(client, path, django_assert_max_num_queries):
    make_found("New guidance", month=MAY, topics=["Online safety"])
    make_many(2, items=3, topic=make_topic("Online safety"))
    NewsItem.objects.update(body="<p>Guidance.</p>")
    with django_assert_max_num_queries(30) as before:
        client.get(path)
    newest = NewsItem.objects.get(headline="New guidance")
    NewsItem.objects.exclude(pk=newest.pk).update(superseded_by=newest)
    with django_assert_max_num_queries(len(before)):
        page = client.get(path)
    assert page.content.decode().count("Superseded:") >= 6


def test_a_topic_ends_with_its_feeds(client):
    make_found("One", topics=["Online safety"])
    page = client.get(PATH).content.decode()
    found = re.findall(r'<a href="([^"]+)">(\w+ [Ff]eed)</a>', page[page.index("Follow this topic:") :])
    assert found == [
        (f"{PATH}feed.atom", "Atom feed"),
        (f"{PATH}feed.rss", "RSS feed"),
        (f"{PATH}feed.json", "JSON Feed"),
    ]
    assert page.index("</article>") < page.index("Follow this topic:")
