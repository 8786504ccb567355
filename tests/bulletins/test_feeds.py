"""The feeds, read by a parser that is not ours."""

import datetime
import json
import re
from pathlib import Path

import feedparser
import jsonschema
import pytest
import time_machine
from django.core.files.base import ContentFile
from django.template.loader import render_to_string
from lxml import etree

from bulletins.approval import withdraw
from bulletins.models import Bulletin, NewsItem
from tests.bulletins.cast import make_note, make_topic
from tests.bulletins.odd import CONTROL, ODD, WITHOUT_CONTROL, as_read
from tests.factories import (
    make_bulletin,
    make_event,
    make_item,
    make_publication,
    make_published,
    make_section,
    make_withdrawn,
)
from tests.publication.test_pictures import photo, written

pytestmark = pytest.mark.django_db
MARCH = datetime.date(2024, 3, 1)
SITE = "https://bulletin.example.org"
SCHEMA = json.loads((Path(__file__).parent / "schemas" / "json-feed-1.1.json").read_text())
FORMS = ["atom", "rss", "json"]
TYPES = {
    "atom": "application/atom+xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "json": "application/feed+json",
}
ATOM = "{http://www.w3.org/2005/Atom}"


def feed(client, form="atom", path="/feeds/bulletins."):
    """Fetch a feed and have it parsed strictly; return its entries as one kind of dictionary, whatever its form."""
    response = client.get(f"{path}{form}")
    assert (response.status_code, response["Content-Type"]) == (200, TYPES[form])
    if form == "json":
        return read_json(response.content)
    etree.fromstring(response.content)
    found = feedparser.parse(response.content, sanitize_html=False, response_headers={"content-type": TYPES[form]})
    assert not found.bozo, found.get("bozo_exception")
    return [read_xml(entry) for entry in found.entries]


def read_json(content):
    document = json.loads(content)
    jsonschema.validate(document, SCHEMA)
    return [
        {
            "id": item["id"],
            "link": item["url"],
            "title": item["title"],
            "summary": item.get("summary", ""),
            "html": item["content_html"],
            "author": item["authors"][0]["name"],
            "published": datetime.datetime.fromisoformat(item["date_published"]),
            "updated": datetime.datetime.fromisoformat(item["date_modified"]),
            "topics": item.get("tags", []),
        }
        for item in document["items"]
    ]


def read_xml(entry):
    return {
        "id": entry.id,
        "link": entry.link,
        "title": entry.title,
        "summary": entry.summary,
        "html": entry.content[0].value,
        "author": entry.author,
        "published": datetime.datetime(*entry.published_parsed[:6], tzinfo=datetime.UTC),
        "updated": datetime.datetime(*entry.updated_parsed[:6], tzinfo=datetime.UTC),
        "topics": [tag.term for tag in entry.get("tags", [])],
    }


def words_of(html):
    """Return the words of an HTML text as a reader's program makes them out."""
    return " ".join("".join(etree.HTML(html).itertext()).split())


@pytest.mark.parametrize("form", FORMS)
def test_an_entry_is_an_issue_whole(client, form):
    make_publication()
    bulletin = make_published(MARCH, summary="What March brought.", sign_off="<p>Until April.</p>")
    make_item(
        bulletin, headline="Second", body="<blockquote>Look out.<cite>A source</cite></blockquote><ul><li>7</li></ul>"
    )
    make_event(make_section(bulletin, heading="Webinars", kind="webinars"), link="https://events.example.org/1")
    [entry] = feed(client, form)
    assert entry["link"] == f"{SITE}/bulletins/2024/march/"
    assert (entry["title"], entry["author"], entry["summary"]) == (
        "March 2024 e-bulletin",
        "Erin Example",
        "What March brought.",
    )
    text = words_of(entry["html"])
    for words in [
        "Welcome to the example issue.",
        "In the news",
        "An example headline",
        "An example story.",
        "Look out.— A source",
        "An example webinar",
        "Wednesday 6 March 2024, 16:30",
        "Details and booking at events.example.org",
        "Until April.",
        "Example Editor",
    ]:
        assert words in text
    assert 'href="https://events.example.org/1"' in entry["html"]
    assert f'href="{SITE}/bulletins/2024/march/second/"' in entry["html"]


@pytest.mark.parametrize("form", FORMS)
def test_every_address_in_it_is_whole_and_the_sites_own(client, form, settings):
    settings.ALLOWED_HOSTS = ["*"]
    bulletin = make_published(MARCH, intro='<p><a href="/subscribe/">x</a> <a href="#second">y</a></p>')
    make_item(bulletin, headline="Second", image=ContentFile(written(photo(), "JPEG"), "x.jpg"), image_alt="A & B")
    response = client.get(f"/feeds/bulletins.{form}", headers={"host": "evil.example"})
    assert b"evil.example" not in response.content
    [entry] = feed(client, form)
    addresses = re.findall(r'(?:href|src)="([^"]*)"', entry["html"])
    assert {f"{SITE}/subscribe/", f"{SITE}/bulletins/2024/march/#second"} <= set(addresses)
    assert [address for address in addresses if not address.startswith(f"{SITE}/")] == []
    [image] = etree.HTML(entry["html"]).iter("img")
    assert image.get("src") == SITE + NewsItem.objects.get(slug="second").image.url
    assert (image.get("alt"), image.get("width"), image.get("height")) == ("A & B", "300", "200")


@pytest.mark.parametrize("form", FORMS)
def test_newest_first_and_only_what_readers_may_see(client, form):
    for month in [MARCH, datetime.date(2024, 5, 1), datetime.date(2023, 12, 1), datetime.date(2060, 1, 1)]:
        make_published(month)
    make_bulletin(month=datetime.date(2024, 6, 1), title="A draft")
    make_withdrawn(datetime.date(2024, 4, 1), "A name was wrong.")
    titles = [entry["title"] for entry in feed(client, form)]
    assert titles == ["May 2024 e-bulletin", "March 2024 e-bulletin", "December 2023 e-bulletin"]


@pytest.mark.parametrize("form", FORMS)
def test_a_withdrawn_issue_leaves(client, form):
    bulletin = make_published(MARCH)
    make_topic("Online safety", bulletin.items.get())
    assert len(feed(client, form)) == len(feed(client, form, "/topics/online-safety/feed.")) == 1
    withdraw(bulletin, "A name was wrong.")
    assert feed(client, form) == feed(client, form, "/topics/online-safety/feed.") == []


@pytest.mark.parametrize("form", FORMS)
def test_a_correction_shows_its_note_and_day_and_moves_updated(client, form):
    bulletin = make_published(MARCH)
    item = bulletin.items.get()
    make_topic("Online safety", item)
    [before] = feed(client, form)
    assert before["published"] == before["updated"] == bulletin.publish_at
    note = make_note(bulletin, "It is 12 & not 11 March.", item=item)
    for path in ["/feeds/bulletins.", "/topics/online-safety/feed."]:
        [after] = feed(client, form, path)
        assert (after["published"], after["updated"]) == (bulletin.publish_at, note.at)
        assert "Corrected 8 March 2024: It is 12 & not 11 March." in words_of(after["html"])
    assert feed(client, form)[0]["id"] == before["id"]


def test_a_note_about_the_issue_does_not_change_its_items(client):
    bulletin = make_published(MARCH)
    make_topic("Online safety", bulletin.items.get())
    make_note(bulletin, "The day was wrong.")
    [entry] = feed(client, "atom", "/topics/online-safety/feed.")
    assert entry["updated"] == bulletin.publish_at
    assert "The day was wrong." not in entry["html"]


@pytest.mark.parametrize("form", FORMS)
def test_ids_outlive_every_change_of_title_slug_and_day(client, form):
    bulletin = make_published(MARCH)
    make_topic("Online safety", bulletin.items.get())
    before = [feed(client, form)[0]["id"], feed(client, form, "/topics/online-safety/feed.")[0]["id"]]
    later = datetime.datetime(2024, 3, 13, 7, 30, tzinfo=datetime.UTC)
    Bulletin.objects.update(title="Another", slug="elsewhere", publish_at=later, publish_reason="It was late.")
    NewsItem.objects.update(headline="Another", slug="another")
    after = [feed(client, form)[0]["id"], feed(client, form, "/topics/online-safety/feed.")[0]["id"]]
    assert before == after
    assert before[0] != before[1]
    assert all(re.fullmatch(r"tag:bulletin\.example\.org,\d{4}-\d\d-\d\d:(issue|item)-\d+", key) for key in before)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("headline", [*ODD.values(), CONTROL], ids=[*ODD, "control"])
def test_odd_characters_stay_what_they_are(client, form, headline):
    title = WITHOUT_CONTROL if headline == CONTROL else as_read(headline)
    make_publication(name=headline[:100], strapline=headline)
    bulletin = make_published(MARCH, title=headline[:150], summary=headline)
    item = make_item(bulletin, headline=headline[:160], body=f"<p>x\ufffe &amp; {title.split()[0]}</p>")
    make_topic("Online safety", item)
    [entry] = feed(client, form)
    [alone] = feed(client, form, "/topics/online-safety/feed.")
    assert [entry["title"], alone["title"]] == [title[:150].strip(), title]
    assert title in words_of(entry["html"])


def test_titles_are_text_and_full_texts_are_html(client):
    make_published(MARCH, title="<b> & co")
    root = etree.fromstring(client.get("/feeds/bulletins.atom").content)
    [entry] = root.findall(f"{ATOM}entry")
    assert entry.find(f"{ATOM}title").text == "<b> & co"
    assert entry.find(f"{ATOM}title").get("type", "text") == "text"
    assert entry.find(f"{ATOM}content").get("type") == "html"


def test_atom_has_what_its_standard_asks_for(client):
    make_publication(strapline="Safeguarding news.")
    make_published(MARCH)
    root = etree.fromstring(client.get("/feeds/bulletins.atom").content)
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    assert links == {"self": f"{SITE}/feeds/bulletins.atom", "alternate": f"{SITE}/bulletins/"}
    assert root.find(f"{ATOM}id").text == f"{SITE}/feeds/bulletins.atom"
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "en-GB"
    rfc3339 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)"
    for element in root.iter(f"{ATOM}updated", f"{ATOM}published"):
        assert re.fullmatch(rfc3339, element.text)
    [entry] = root.findall(f"{ATOM}entry")
    for name in ["id", "title", "updated", "published", "author", "content", "summary"]:
        assert len(entry.findall(f"{ATOM}{name}")) == 1


def test_rss_has_what_its_standard_asks_for(client):
    make_published(MARCH)
    channel = etree.fromstring(client.get("/feeds/bulletins.rss").content).find("channel")
    assert all(channel.find(name).text for name in ["title", "link", "description", "lastBuildDate"])
    assert channel.find(f"{ATOM}link").get("href") == f"{SITE}/feeds/bulletins.rss"
    assert channel.find("item/guid").get("isPermaLink") == "false"
    assert channel.find("item/pubDate").text == "Wed, 06 Mar 2024 07:30:00 +0000"


def test_json_names_itself_and_its_page(client):
    make_publication(name="First Wednesday")
    make_published(MARCH)
    document = client.get("/feeds/bulletins.json").json()
    assert document["feed_url"] == f"{SITE}/feeds/bulletins.json"
    assert document["home_page_url"] == f"{SITE}/bulletins/"
    assert (document["title"], document["language"]) == ("First Wednesday", "en-GB")


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_feed_is_one_too(client, form):
    make_topic("Nothing yet")
    assert feed(client, form) == feed(client, form, "/topics/nothing-yet/feed.") == []


@pytest.mark.parametrize("form", FORMS)
def test_a_topics_feed_has_its_items_and_no_others(client, form):
    first, second = make_published(MARCH), make_published(datetime.date(2024, 5, 1))
    items = [
        make_item(bulletin, headline=f"About it in {bulletin.title}", link="https://gov.example/x")
        for bulletin in (first, second)
    ]
    make_topic("Online safety", *items)
    make_topic("Prevent", items[0])
    entries = feed(client, form, "/topics/online-safety/feed.")
    assert [entry["title"] for entry in entries] == [
        "About it in May 2024 e-bulletin",
        "About it in March 2024 e-bulletin",
    ]
    assert entries[1]["link"] == f"{SITE}/bulletins/2024/march/about-it-in-march-2024-e-bulletin/"
    assert sorted(entries[1]["topics"]) == ["Online safety", "Prevent"]
    assert "An example story." in entries[1]["html"]
    assert 'href="https://gov.example/x"' in entries[1]["html"]
    assert f'href="{SITE}/bulletins/2024/march/#about-it-in-march-2024-e-bulletin"' in entries[1]["html"]


@pytest.mark.parametrize("path", ["/topics/nothing/feed.atom", "/topics/a%00b/feed.atom", "/feeds/bulletins.xml"])
def test_what_is_not_there_is_not_found(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("form", FORMS)
def test_only_the_newest_twenty(client, form):
    for month in range(1, 13):
        make_published(datetime.date(2023, month, 1))
        make_published(datetime.date(2024, month, 1))
    make_topic("Online safety", *NewsItem.objects.all())
    for path in ["/feeds/bulletins.", "/topics/online-safety/feed."]:
        entries = feed(client, form, path)
        assert len(entries) == 20
        assert entries[0]["published"].date() == datetime.date(2024, 12, 4)


@pytest.mark.parametrize("issues", [1, 25])
def test_query_counts_do_not_grow_with_the_archive(client, django_assert_num_queries, issues):
    make_publication()
    bulletins = [make_published(datetime.date(2000 + number, 3, 1)) for number in range(issues)]
    for bulletin in bulletins:
        make_note(bulletin, "A note.", item=bulletin.items.get())
        make_event(make_section(bulletin, kind="podcasts", body="<p>x</p>"))
    make_topic("Online safety", *NewsItem.objects.all())
    NewsItem.objects.update(superseded_elsewhere="New keys")
    newest = bulletins[-1].items.get()
    NewsItem.objects.exclude(pk=newest.pk).update(superseded_by=newest)
    # What readers are told of the items takes three: what is newer, what is older, and since when.
    with django_assert_num_queries(12):
        client.get("/feeds/bulletins.atom")
    with django_assert_num_queries(11):
        client.get("/topics/online-safety/feed.atom")


@pytest.mark.parametrize("path", ["/feeds/bulletins.atom", "/feeds/bulletins.rss", "/feeds/bulletins.json"])
def test_head_has_no_body_and_other_methods_are_refused(client, path):
    make_published(MARCH)
    answer = client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert client.post(path).status_code == 405
    assert client.get(f"{path}?page=-1&q=%00").status_code == 200


@pytest.mark.parametrize("form", FORMS)
def test_the_same_rows_give_the_same_bytes_once_they_are_old(client, form):
    make_published(MARCH)
    first = client.get(f"/feeds/bulletins.{form}").content
    with time_machine.travel(datetime.datetime(2031, 1, 1, tzinfo=datetime.UTC)):
        assert client.get(f"/feeds/bulletins.{form}").content == first


@pytest.mark.parametrize("path", ["/", "/bulletins/", "/bulletins/2024/", "/bulletins/2024/march/"])
def test_pages_lead_programs_to_the_feeds(client, path):
    make_published(MARCH)
    page = client.get(path).content.decode()
    links = re.findall(r'<link rel="alternate" type="([^"]+)" title="[^"]+" href="([^"]+)">', page)
    assert links == [
        ("application/atom+xml", "/feeds/bulletins.atom"),
        ("application/rss+xml", "/feeds/bulletins.rss"),
        ("application/feed+json", "/feeds/bulletins.json"),
    ]


def test_the_archive_leads_readers_to_feeds_and_calendar(client):
    make_published(MARCH)
    page = client.get("/bulletins/").content.decode()
    for path in ["/feeds/bulletins.atom", "/feeds/bulletins.rss", "/feeds/bulletins.json", "/bulletins/calendar.ics"]:
        assert f'<a href="{path}">' in page


def test_a_topics_page_may_lead_programs_to_its_own_feeds():
    page = render_to_string("bulletins/_topic_feeds.html", {"topic": make_topic("Online safety")})
    assert re.findall(r'href="([^"]+)"', page) == [f"/topics/online-safety/feed.{form}" for form in FORMS]


# What readers are told before the text

NEWER = f"{SITE}/bulletins/2024/may/new-guidance/"


def both(client, form):
    """Return the entry of the issue of March, and that of its item in its topic's feed."""
    return [
        next(entry for entry in feed(client, form, path) if "/2024/march/" in entry["link"])
        for path in ["/feeds/bulletins.", "/topics/online-safety/feed."]
    ]


@pytest.fixture
def superseded():
    """An item of March whose place one of May took on the 10th."""
    item = make_published(MARCH).items.get()
    make_topic("Online safety", item)
    item.superseded_by = make_item(make_published(datetime.date(2024, 5, 1)), headline="New guidance")
    with time_machine.travel(datetime.datetime(2024, 5, 10, tzinfo=datetime.UTC), tick=False):
        item.save()
    return item


@pytest.mark.parametrize("form", FORMS)
def test_what_was_superseded_says_so_before_its_text_and_leads_to_the_newer_one(client, form, superseded):
    for entry in both(client, form):
        said = f'<strong>This has been superseded:</strong> see <a href="{NEWER}">New guidance</a> (May 2024)'
        assert entry["html"].count(said) == 1
        assert entry["html"].index(said) < entry["html"].index("An example story.")
    assert entry["summary"] == "Superseded. An example story."
    newer = next(entry for entry in feed(client, form) if "/2024/may/" in entry["link"])
    assert f'Replaces: <a href="{SITE}/bulletins/2024/march/an-example-headline/">' in newer["html"]


@pytest.mark.parametrize("form", FORMS)
def test_that_it_was_superseded_is_a_change_of_its_moment(client, form, superseded):
    told = datetime.datetime(2024, 5, 10, tzinfo=datetime.UTC)
    assert [entry["updated"] for entry in both(client, form)] == [told, told]
    later = datetime.datetime(2024, 5, 15, 7, 30, tzinfo=datetime.UTC)
    Bulletin.objects.filter(slug="may").update(publish_at=later, publish_reason="It was late.")
    assert [entry["updated"] for entry in both(client, form)] == [later, later]


@pytest.mark.parametrize("form", FORMS)
def test_without_a_moment_in_the_history_no_day_is_made_up(client, form):
    bulletin = make_published(MARCH)
    make_topic("Online safety", bulletin.items.get())
    NewsItem.objects.update(superseded_elsewhere="New <keys>", superseded_link="https://council.example.org/")
    for entry in both(client, form):
        assert "New &lt;keys&gt;</a>" in entry["html"]
        assert entry["updated"] == bulletin.publish_at


@pytest.mark.parametrize("form", FORMS)
def test_what_readers_may_not_see_supersedes_nothing(client, form, superseded):
    withdraw(superseded.superseded_by.bulletin, "It was wrong.")
    for entry in both(client, form):
        assert "This has been superseded" not in entry["html"]
        assert entry["updated"] == entry["published"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("day", "old"), [(datetime.date(2025, 9, 5), False), (datetime.date(2025, 9, 6), True)])
def test_what_may_be_out_of_date_says_so(client, form, day, old):
    make_topic("Online safety", make_published(MARCH).items.get())
    with time_machine.travel(datetime.datetime.combine(day, datetime.time(12), datetime.UTC)):
        for entry in both(client, form):
            words = "This was published in March 2024. It may be out of date."
            assert (words in entry["html"]) is old
            assert entry["updated"] == entry["published"]
