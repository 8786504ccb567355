import re
from html import unescape

import pytest

from tests.factories import make_publication

pytestmark = pytest.mark.django_db
PATH = "/parental-resources/link-to-us/"
HUB = "https://bulletin.example.org/parental-resources/"
SNIPPET = f'<a href="{HUB}">Safeguarding resources for parents and carers</a>'


def test_there_are_three_steps(client):
    page = client.get(PATH).content.decode()
    steps = page[page.index('<ol class="steps">') : page.index("</ol>")]
    assert re.findall(r"<h2>([^<]+)</h2>", steps) == ["Copy this", "Paste it into your page", "Look at it"]


def test_the_snippet_is_one_plain_link_with_its_whole_address(client):
    page = client.get(PATH).content.decode()
    box = re.search(r"<textarea[^>]* readonly[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert unescape(box[1]) == SNIPPET


def test_it_shows_how_the_link_looks(client):
    assert f'<p class="sample">{SNIPPET}</p>' in client.get(PATH).content.decode()


def test_help_is_offered_where_there_is_an_address(client):
    make_publication(feedback_address="help@example.org")
    assert "mailto:help@example.org" in client.get(PATH).content.decode()


def test_only_get_and_head(client):
    assert client.head(PATH).status_code == 200
    assert client.post(PATH).status_code == 405
