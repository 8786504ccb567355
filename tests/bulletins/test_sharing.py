"""Passing an issue or an item on: plain links, and a button where the browser can copy."""

import datetime
import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from bulletins.drafts import draft_link
from publication.models import PlatformLink
from tests.bulletins.odd import CONTROL, ODD, WITHOUT_CONTROL, as_read
from tests.factories import make_bulletin, make_item, make_publication, make_published, make_section

pytestmark = pytest.mark.django_db
MARCH = datetime.date(2024, 3, 1)
SITE = "https://bulletin.example.org"
ISSUE = "/bulletins/2024/march/"
ITEM = f"{ISSUE}an-example-headline/"


def ways(client, path):
    """Return where the ways to share a page lead, by their words, and the address that is copied."""
    page = client.get(path).content.decode()
    part = page[page.index('<ul class="share"') :]
    part = part[: part.index("</div>")]
    links = {words: unescape(href) for href, words in re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', part)}
    return links, unescape(re.search(r'data-copy="([^"]+)"', part)[1]), part


@pytest.mark.parametrize(("path", "title"), [(ISSUE, "March 2024 e-bulletin"), (ITEM, "An example headline")])
def test_each_way_carries_title_and_address(client, path, title):
    make_published(MARCH)
    links, copied, _ = ways(client, path)
    assert [*links] == ["Email", "WhatsApp", "LinkedIn"]
    mail, whatsapp, linkedin = (urlsplit(link) for link in links.values())
    assert mail.scheme == "mailto" and mail.path == ""
    assert parse_qs(mail.query) == {"subject": [title], "body": [SITE + path]}
    assert (whatsapp.netloc, whatsapp.path) == ("wa.me", "/")
    assert parse_qs(whatsapp.query) == {"text": [f"{title} {SITE}{path}"]}
    assert (linkedin.netloc, linkedin.path) == ("www.linkedin.com", "/sharing/share-offsite/")
    assert parse_qs(linkedin.query) == {"url": [SITE + path]}
    assert copied == SITE + path


@pytest.mark.parametrize("headline", [*ODD.values(), CONTROL], ids=[*ODD, "control"])
def test_odd_headlines_stay_inside_their_links(client, headline):
    words = WITHOUT_CONTROL if headline == CONTROL else as_read(headline)
    make_item(make_published(MARCH), headline=headline, slug="odd")
    links, _, part = ways(client, f"{ISSUE}odd/")
    assert parse_qs(urlsplit(links["Email"]).query)["subject"] == [words]
    assert parse_qs(urlsplit(links["WhatsApp"]).query)["text"] == [f"{words} {SITE}{ISSUE}odd/"]
    # A mail program reads a plus sign as one.
    assert "+" not in links["Email"] + links["WhatsApp"]
    assert "<script" not in part


def test_without_a_script_the_button_is_hidden_and_the_address_is_printed(client):
    make_published(MARCH)
    _, _, part = ways(client, ITEM)
    assert re.search(r'<li hidden><button type="button"[^>]*>Copy the link</button>', part)
    assert f'<p class="share-address">Its address: <span class="address">{SITE}{ITEM}</span></p>' in part


@pytest.mark.parametrize("path", [ISSUE, ITEM])
def test_nothing_is_loaded_from_where_one_shares(client, path):
    make_published(MARCH)
    page = client.get(path).content.decode()
    assert re.findall(r'(?:src|srcset|action)="(?:https?:)?//[^"]*"', page) == []
    assert re.findall(r'<link rel="(?!canonical)[^"]*"[^>]*href="(?:https?:)?//', page) == []


def test_a_draft_is_not_shared(client):
    bulletin = make_bulletin(month=MARCH)
    page = client.get(draft_link(bulletin, timezone.now()).removeprefix(SITE)).content.decode()
    assert "wa.me" not in page and "linkedin" not in page and "share.js" not in page


@pytest.fixture
def platforms():
    """Two places to listen, and one that is none."""
    words = make_publication()
    for kind, label in [("podcast", "Example Tunes"), ("social", "Example Square"), ("podcast", "Example Player")]:
        url = f"https://{label.split()[1].lower()}.example.org/?a=1&b=2"
        PlatformLink.objects.create(publication=words, kind=kind, label=label, url=url)


def listen(page):
    """Return what a page's list of platforms holds."""
    part = page[page.index('<p class="listen">Where to listen:</p>') :]
    return re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', part[: part.index("</ul>")])


@pytest.mark.usefixtures("platforms")
def test_podcasts_lead_to_where_they_are_heard(client):
    bulletin = make_published(MARCH)
    make_section(bulletin, heading="Podcasts", kind="podcasts", body="<p>Episode 1</p>")
    page = client.get(ISSUE).content.decode()
    assert listen(page) == [
        ("https://tunes.example.org/?a=1&amp;b=2", "Example Tunes"),
        ("https://player.example.org/?a=1&amp;b=2", "Example Player"),
    ]
    assert page.count("Where to listen") == 1


@pytest.mark.usefixtures("platforms")
def test_a_platform_that_the_text_links_is_not_listed_twice(client):
    bulletin = make_published(MARCH)
    body = '<p>On <a href="https://tunes.example.org/?a=1&amp;b=2">Tunes</a></p>'
    make_section(bulletin, heading="Podcasts", kind="podcasts", body=body)
    assert [label for _, label in listen(client.get(ISSUE).content.decode())] == ["Example Player"]


@pytest.mark.usefixtures("platforms")
def test_other_sections_lead_to_no_platform(client):
    make_section(make_published(MARCH), heading="Training", kind="training", body="<p>Courses</p>")
    assert "Where to listen" not in client.get(ISSUE).content.decode()


@pytest.mark.usefixtures("platforms")
def test_a_section_of_podcasts_without_a_word_stays_out(client):
    make_section(make_published(MARCH), heading="Podcasts", kind="podcasts")
    assert "Where to listen" not in client.get(ISSUE).content.decode()


@pytest.mark.usefixtures("platforms")
@pytest.mark.parametrize("form", ["atom", "rss", "json"])
def test_the_feed_leads_there_too(client, form):
    make_section(make_published(MARCH), heading="Podcasts", kind="podcasts", body="<p>Episode 1</p>")
    assert "https://player.example.org/" in client.get(f"/feeds/bulletins.{form}").content.decode()
