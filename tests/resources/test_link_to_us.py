import re
from html import unescape

import nh3
import pytest

from resources.kit import SMS_CHARACTERS, kit
from tests.factories import make_publication

pytestmark = pytest.mark.django_db
PATH = "/parental-resources/link-to-us/"
HUB = "https://bulletin.example.org/parental-resources/"
# A school's editor keeps at least these, and throws the rest away.
KEPT = {"tags": {"p", "h3", "a"}, "attributes": {"a": {"href"}}, "link_rel": None}
# The characters of GSM 03.38 that we use: with any other, a text message holds 70 characters instead of 160.
GSM = re.compile(r"[A-Za-z0-9 :/.,'?!()-]*")


def boxes(client) -> dict[str, str]:
    """What each box holds, by its name."""
    page = client.get(PATH).content.decode()
    found = re.findall(r'<textarea readonly[^>]* aria-labelledby="([a-z]+)">(.*?)</textarea>', page, re.DOTALL)
    return {name: unescape(text) for name, text in found}


def test_there_are_three_steps(client):
    page = client.get(PATH).content.decode()
    steps = page[page.index('<ol class="steps">') : page.index("</ol>")]
    assert re.findall(r"<h2>([^<]+)</h2>", steps) == ["Copy one of these", "Paste it into your page", "Look at it"]


def test_each_piece_stands_in_a_box_of_its_own(client):
    assert boxes(client) == kit(HUB)
    assert list(kit(HUB)) == ["link", "paragraph", "newsletter", "app", "sms"]


def test_the_first_is_one_plain_link(client):
    assert boxes(client)["link"] == f'<a href="{HUB}">Safeguarding resources for parents and carers</a>'


@pytest.mark.parametrize("name", ["link", "paragraph"])
def test_a_snippet_survives_a_strict_editor_unchanged(name):
    snippet = kit(HUB)[name]
    assert nh3.clean(snippet, **KEPT) == snippet
    assert snippet.count(f'href="{HUB}"') == 1


@pytest.mark.parametrize("name", ["link", "paragraph"])
def test_a_snippet_is_shown_as_it_will_look(client, name):
    page = client.get(PATH).content.decode()
    samples = re.findall(r'<div class="sample">\n<p>.*?</p>\n(.*?)</div>', page, re.DOTALL)
    assert kit(HUB)[name] in [sample.strip() for sample in samples]


@pytest.mark.parametrize("name", ["newsletter", "app", "sms"])
def test_a_wording_is_plain_text_with_the_whole_address_once(name):
    text = kit(HUB)[name]
    assert text.count(HUB) == 1
    assert re.findall(r"[<>&]", text) == []


def test_the_wordings_keep_their_lengths():
    words = kit(HUB)
    assert 50 <= len(words["newsletter"].split()) <= 70
    assert len(words["app"]) <= 300
    assert len(words["sms"]) <= SMS_CHARACTERS == 160
    assert GSM.fullmatch(words["sms"])


def test_the_page_counts(client):
    page = client.get(PATH).content.decode()
    assert f"{len(kit(HUB)['sms'])} of at most 160 characters" in page
    assert "too long" not in page


def test_it_says_when_a_long_address_makes_a_text_too_long(client, settings):
    settings.SITE_URL = f"https://{'long.' * 20}example.org"
    page = client.get(PATH).content.decode()
    assert re.search(r"\d+ of at most 160 characters: too long", page)


def test_the_address_is_the_sites_own_whatever_host_was_asked(client):
    assert all(HUB in text for text in boxes(client).values())
    assert "testserver" not in client.get(PATH).content.decode()


def test_help_is_offered_where_there_is_an_address(client):
    make_publication(feedback_address="help@example.org")
    assert "mailto:help@example.org" in client.get(PATH).content.decode()


def test_only_get_and_head(client):
    assert client.head(PATH).status_code == 200
    assert client.post(PATH).status_code == 405
