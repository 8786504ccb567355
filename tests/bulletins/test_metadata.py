"""What a page says of itself to programs: canonical address, cards for sharing, JSON-LD, the map of the site."""

import datetime
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile
from django.utils import timezone
from lxml import etree
from PIL import Image

from bulletins.drafts import draft_link
from bulletins.models import Bulletin, NewsItem
from tests.bulletins.cast import make_note, make_topic
from tests.bulletins.odd import CONTROL, ODD, WITHOUT_CONTROL, as_read
from tests.factories import (
    make_bulletin,
    make_event,
    make_item,
    make_publication,
    make_published,
    make_resource,
    make_section,
    make_source,
    make_withdrawn,
)
from tests.publication.test_pictures import photo, written

pytestmark = pytest.mark.django_db
MARCH = datetime.date(2024, 3, 1)
SITE = "https://bulletin.example.org"
ISSUE = "/bulletins/2024/march/"
ITEM = f"{ISSUE}an-example-headline/"
XSD = etree.XMLSchema(etree.parse(Path(__file__).parent / "schemas" / "sitemap-0.9.xsd"))
NS = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


class Head(HTMLParser):
    """Reads a page as a program does: its title, its meta and link elements, its JSON-LD."""

    def __init__(self, html):
        super().__init__()
        self.title, self.metas, self.links, self.scripts, self.open = "", [], [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.open = "node" if found.get("type") == "application/ld+json" else tag
        if tag == "meta":
            self.metas.append((found.get("name") or found.get("property"), found.get("content")))
        elif tag == "link":
            self.links.append((found["rel"], found["href"]))
        elif self.open == "node":
            self.scripts.append("")

    def handle_data(self, data):
        if self.open == "title":
            self.title += data
        elif self.open == "node":
            self.scripts[-1] += data

    def handle_endtag(self, tag):
        self.open = ""

    @property
    def nodes(self):
        return [json.loads(script) for script in self.scripts]

    def meta(self, name):
        """Return the only meta element of a name."""
        [content] = [content for key, content in self.metas if key == name]
        return content

    def link(self, rel):
        """Return where the only link of a kind leads."""
        [href] = [href for key, href in self.links if key == rel]
        return href


def head(client, path):
    response = client.get(path)
    assert response.status_code == 200
    return Head(response.content.decode())


@pytest.mark.parametrize("path", ["/", "/bulletins/", "/bulletins/2024/", ISSUE, ITEM, "/subscribe/", "/privacy/"])
def test_every_page_names_its_own_address_whatever_host_was_asked(client, settings, path):
    settings.ALLOWED_HOSTS = ["*"]
    make_published(MARCH)
    page = Head(client.get(f"{path}?utm_source=x", headers={"host": "evil.example"}).content.decode())
    assert page.link("canonical") == page.meta("og:url") == SITE + path
    assert "evil.example" not in str(page.metas + page.links + page.scripts)


def test_pages_for_parents_do_too(client):
    make_resource("Sleep")
    for path in ["/parental-resources/", "/parental-resources/sleep/", "/parental-resources/link-to-us/"]:
        page = head(client, path)
        assert page.link("canonical") == SITE + path
        assert page.meta("og:title") and page.meta("og:description") == page.meta("description")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/subscribe/confirm/a-secret-token/", 410),
        ("/unsubscribe/a-secret-token/", 200),
        ("/drafts/a-secret-token/", 410),
        ("/nothing/here/", 404),
        ("/bulletins/2024/april/", 410),
    ],
)
def test_what_is_secret_or_gone_is_not_to_be_found_and_not_told_on(client, path, status):
    make_withdrawn(datetime.date(2024, 4, 1), "A name was wrong.")
    response = client.get(path)
    page = Head(response.content.decode())
    assert response.status_code == status
    assert page.meta("robots").startswith("noindex")
    assert [rel for rel, _ in page.links if rel in ("canonical", "alternate")] == []
    assert path not in str(page.metas)


def test_a_draft_is_not_to_be_found(client):
    bulletin = make_bulletin(month=MARCH)
    page = head(client, draft_link(bulletin, timezone.now()).removeprefix(SITE))
    assert page.meta("robots") == "noindex, nofollow"
    assert [rel for rel, _ in page.links if rel == "canonical"] == page.nodes == []


def test_an_item_has_its_own_title_words_and_picture(client):
    bulletin = make_published(MARCH)
    body = f"<p>Words &amp; <em>more</em> words.</p><p>{'another ' * 60}</p>"
    image = ContentFile(written(photo(), "JPEG"), "x.jpg")
    item = make_item(bulletin, headline="Doxing", body=body, image=image, image_alt='A "phone"')
    page = head(client, f"{ISSUE}doxing/")
    assert page.title == "Doxing · March 2024 e-bulletin"
    assert page.meta("description") == page.meta("og:description")
    assert re.fullmatch(r"Words & more words\. (another )+…", page.meta("description"))
    assert (page.meta("og:title"), page.meta("og:type")) == ("Doxing", "article")
    assert page.meta("og:image") == SITE + NewsItem.objects.get(pk=item.pk).image.url
    assert page.meta("og:image:alt") == 'A "phone"'
    assert (page.meta("og:image:width"), page.meta("og:image:height")) == ("300", "200")
    assert page.meta("twitter:card") == "summary_large_image"


@pytest.mark.parametrize("path", ["/", ISSUE, ITEM])
def test_without_a_picture_a_page_has_the_sites_own(client, path):
    make_published(MARCH)
    page = head(client, path)
    assert page.meta("og:image") == f"{SITE}/static/sharing.png"
    assert page.meta("og:image:alt")
    size = (int(page.meta("og:image:width")), int(page.meta("og:image:height")))
    assert Image.open(str(finders.find("sharing.png"))).size == size


def test_the_card_of_an_issue_is_its_title_and_summary(client):
    make_publication(name="First Wednesday")
    make_published(MARCH, summary="What March brought.")
    page = head(client, ISSUE)
    assert (page.meta("og:title"), page.meta("og:description")) == ("March 2024 e-bulletin", "What March brought.")
    assert page.meta("og:site_name") == "First Wednesday"


def test_an_issue_is_a_publication_issue_of_a_periodical(client):
    make_publication(name="First Wednesday", organisation="Example Learning")
    make_item(make_published(MARCH, summary="What March brought."), headline="Second")
    [node] = head(client, ISSUE).nodes
    assert (node["@context"], node["@type"]) == ("https://schema.org", "PublicationIssue")
    assert (node["name"], node["description"]) == ("March 2024 e-bulletin", "What March brought.")
    assert node["url"] == SITE + ISSUE
    assert node["datePublished"] == node["dateModified"] == "2024-03-06T07:30:00+00:00"
    assert (node["isPartOf"]["@type"], node["isPartOf"]["name"]) == ("Periodical", "First Wednesday")
    assert node["author"] == {
        "@type": "Person",
        "name": "Erin Example",
        "url": f"{SITE}/authors/erin-example/",
        "jobTitle": "Example Editor",
    }
    assert node["publisher"] == {"@type": "Organization", "name": "Example Learning", "url": f"{SITE}/"}
    assert [(part["@type"], part["headline"], part["url"]) for part in node["hasPart"]] == [
        ("NewsArticle", "An example headline", SITE + ITEM),
        ("NewsArticle", "Second", f"{SITE}{ISSUE}second/"),
    ]
    assert "correction" not in node


def test_an_item_is_a_news_article_of_its_issue(client):
    bulletin = make_published(MARCH)
    image = ContentFile(written(photo(), "JPEG"), "x.jpg")
    make_item(bulletin, headline="Doxing", body="<p>What it is.</p>", image=image, image_alt="A phone")
    [node] = head(client, f"{ISSUE}doxing/").nodes
    assert (node["@type"], node["headline"], node["description"]) == ("NewsArticle", "Doxing", "What it is.")
    assert node["mainEntityOfPage"] == node["url"] == f"{SITE}{ISSUE}doxing/"
    assert node["image"].startswith(f"{SITE}/media/pictures/")
    assert node["datePublished"] == node["dateModified"] == "2024-03-06T07:30:00+00:00"
    assert (node["author"]["name"], node["publisher"]["@type"]) == ("Erin Example", "Organization")
    assert (node["isPartOf"]["@type"], node["isPartOf"]["url"]) == ("PublicationIssue", SITE + ISSUE)
    assert node["isPartOf"]["isPartOf"]["@type"] == "Periodical"
    assert node["articleSection"] == "In the news"


def test_a_correction_is_told_with_its_day(client):
    bulletin = make_published(MARCH)
    make_item(bulletin, headline="Second")
    make_note(bulletin, "It is the 12th.", item=bulletin.items.get(slug="an-example-headline"))
    comment = {"@type": "CorrectionComment", "text": "It is the 12th.", "datePublished": "2024-03-08T07:30:00+00:00"}
    for path in [ISSUE, ITEM]:
        [node] = head(client, path).nodes
        assert node["correction"] == [comment]
        assert node["dateModified"] == "2024-03-08T07:30:00+00:00"
    [other] = head(client, f"{ISSUE}second/").nodes
    assert "correction" not in other
    assert other["dateModified"] == other["datePublished"]


def test_its_sources_are_cited(client):
    item = make_published(MARCH).items.get()
    make_source(item)
    make_source(item, publisher="A & <b>", title="T", date=None, nation="", link="")
    [node] = head(client, ITEM).nodes
    assert node["citation"] == [
        {
            "@type": "CreativeWork",
            "name": "Keys and who holds them",
            "publisher": {"@type": "Organization", "name": "Example Council"},
            "datePublished": "2024-02-28",
            "url": "https://council.example.org/keys",
        },
        {"@type": "CreativeWork", "name": "T", "publisher": {"@type": "Organization", "name": "A & <b>"}},
    ]


def test_what_was_superseded_is_described_so(client):
    bulletin = make_published(MARCH)
    make_item(bulletin, headline="Second")
    NewsItem.objects.filter(headline="An example headline").update(superseded_elsewhere="New keys")
    page = head(client, ITEM)
    assert page.nodes[0]["creativeWorkStatus"] == "Superseded"
    said = "Superseded. An example story."
    assert page.nodes[0]["description"] == page.meta("description") == page.meta("og:description") == said
    [other] = head(client, f"{ISSUE}second/").nodes
    assert "creativeWorkStatus" not in other
    [issue] = head(client, ISSUE).nodes
    assert [part.get("creativeWorkStatus") for part in issue["hasPart"]] == ["Superseded", None]


def test_what_is_to_be_superseded_is_not_described_so_before(client):
    NewsItem.objects.filter(bulletin=make_published(MARCH)).update(superseded_by=make_bulletin().items.get())
    page = head(client, ITEM)
    assert "creativeWorkStatus" not in page.nodes[0]
    assert page.meta("description") == "An example story."


def test_a_webinar_is_an_event_online(client):
    bulletin = make_published(MARCH)
    section = make_section(bulletin, heading="Webinars", kind="webinars")
    end = datetime.datetime(2024, 3, 6, 17, 30, tzinfo=datetime.UTC)
    make_event(section, title="Safer internet", end=end, link="https://events.example.org/1")
    _, node = head(client, ISSUE).nodes
    assert (node["@context"], node["@type"], node["name"]) == ("https://schema.org", "Event", "Safer internet")
    assert (node["startDate"], node["endDate"]) == ("2024-03-06T16:30:00+00:00", "2024-03-06T17:30:00+00:00")
    assert node["location"] == {"@type": "VirtualLocation", "url": "https://events.example.org/1"}
    assert node["eventAttendanceMode"] == "https://schema.org/OnlineEventAttendanceMode"
    assert node["organizer"]["@type"] == "Organization"


def test_of_another_event_no_place_is_made_up(client):
    bulletin = make_published(MARCH)
    section = make_section(bulletin, heading="Training", kind="training")
    make_event(section)
    _, node = head(client, ISSUE).nodes
    assert node["url"] == f"{SITE}{ISSUE}#section.{section.pk}"
    assert not {"location", "eventAttendanceMode", "endDate"} & set(node)


@pytest.mark.parametrize("headline", [*ODD.values(), CONTROL], ids=[*ODD, "control"])
def test_odd_characters_stay_what_they_are(client, headline):
    words = WITHOUT_CONTROL if headline == CONTROL else as_read(headline)
    make_publication(name=headline[:100], organisation=headline[:100])
    bulletin = make_published(MARCH, title=headline[:150], summary=headline)
    make_item(bulletin, headline=headline, slug="odd", body="")
    make_event(make_section(bulletin, heading=headline[:120], kind="webinars"), title=headline)
    make_note(bulletin, headline)
    issue, item = head(client, ISSUE), head(client, f"{ISSUE}odd/")
    node, event = issue.nodes
    assert (node["name"], event["name"]) == (words[:150].strip(), words)
    assert node["correction"][0]["text"] == headline
    assert item.nodes[0]["headline"] == item.meta("og:title") == item.meta("description") == words
    assert issue.meta("og:description") == words
    for script in issue.scripts + item.scripts:
        assert not set("<>&") & set(script)


def test_json_ld_is_the_only_script_in_a_page_beside_our_own_file(client):
    make_published(MARCH)
    for path in [ISSUE, ITEM]:
        page = client.get(path).content.decode()
        scripts = re.findall(r"<script([^>]*)>", page)
        assert scripts == [' type="application/ld+json"', ' src="/static/bulletins/share.js" defer']
    assert "<script" not in client.get("/").content.decode()


def map_of(client):
    """Fetch the map of the site, hold it against its schema, and return its addresses with their days."""
    response = client.get("/sitemap.xml")
    assert (response.status_code, response["Content-Type"]) == (200, "application/xml")
    document = etree.fromstring(response.content)
    XSD.assertValid(document)
    entries = [(url.findtext(f"{NS}loc"), url.findtext(f"{NS}lastmod")) for url in document]
    found = dict(entries)
    assert len(found) == len(entries)
    assert all(address.startswith(f"{SITE}/") for address in found)
    return {address.removeprefix(SITE): day for address, day in found.items()}


def test_the_map_names_every_page_that_readers_may_find(client):
    bulletin = make_published(MARCH)
    make_topic("Online safety", bulletin.items.get())
    make_topic("Nothing yet")
    make_resource("Sleep")
    assert map_of(client) == {
        "/": None,
        "/bulletins/": None,
        "/topics/": None,
        "/authors/erin-example/": "2024-03-06",
        ISSUE: "2024-03-06",
        ITEM: "2024-03-06",
        "/topics/online-safety/": "2024-03-06",
        "/bulletins/2024/": None,
        "/parental-resources/": None,
        "/parental-resources/link-to-us/": None,
        "/parental-resources/sleep/": None,
        "/subscribe/": None,
        "/privacy/": None,
        "/accessibility/": None,
    }


def test_each_page_of_the_map_answers(client):
    make_published(MARCH)
    make_resource("Sleep")
    for path in map_of(client):
        assert client.get(path).status_code == 200


def test_a_correction_makes_its_issue_and_item_newer(client):
    bulletin = make_published(MARCH)
    make_item(bulletin, headline="Second")
    make_note(bulletin, "It is the 12th.", item=bulletin.items.get(slug="an-example-headline"))
    found = map_of(client)
    assert (found[ISSUE], found[ITEM], found[f"{ISSUE}second/"]) == ("2024-03-08", "2024-03-08", "2024-03-06")


def test_the_map_leaves_out_what_readers_may_not_see(client):
    hidden = make_bulletin(month=datetime.date(2024, 6, 1))
    make_topic("Secret", hidden.items.get(), make_published(datetime.date(2060, 1, 1)).items.get())
    make_withdrawn(datetime.date(2024, 4, 1), "A name was wrong.")
    assert not [path for path in map_of(client) if re.search("june|april|2060|secret", path)]


def test_the_map_says_the_public_host_whatever_host_was_asked(client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    assert b"evil.example" not in client.get("/sitemap.xml", headers={"host": "evil.example"}).content


@pytest.mark.parametrize("query", ["p=2", "p=x", "p=%00", "p=-1"])
def test_a_page_that_the_map_has_not_is_not_found(client, query):
    assert client.get(f"/sitemap.xml?{query}").status_code == 404


def test_only_get_and_head(client):
    assert (client.head("/sitemap.xml").status_code, client.head("/sitemap.xml").content) == (200, b"")
    assert client.post("/sitemap.xml").status_code == 405


@pytest.mark.parametrize("issues", [1, 12])
def test_the_maps_query_count_does_not_grow(client, django_assert_num_queries, issues):
    make_publication()
    for month in range(1, issues + 1):
        bulletin = make_published(datetime.date(2024, month, 1))
        make_topic(f"Topic {month}", bulletin.items.get())
        make_resource(f"Resource {month}")
    assert Bulletin.objects.count() == issues
    with django_assert_num_queries(9):
        client.get("/sitemap.xml")
