"""The link for a reviewer without an account: signed, for a week, out of search engines and caches."""

import datetime

import pytest
from django.conf import settings
from django.urls import reverse
from time_machine import travel

from bulletins.drafts import LINK_LASTS, draft_link, draft_token
from bulletins.models import Bulletin
from tests.factories import MARCH, make_withdrawn
from tests.mailings.sample import make_sample

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)
NOW = MARCH - 10 * DAY


@pytest.fixture
def sample():
    return make_sample()


def path(bulletin, at=NOW):
    return draft_link(bulletin, at).removeprefix(settings.SITE_URL)


def letter(bulletin):
    return f"{path(bulletin)}letter/"


@pytest.fixture
def now():
    with travel(NOW, tick=False) as moment:
        yield moment


def test_it_shows_the_issue_and_says_that_it_is_a_draft(client, sample, now):
    html = client.get(path(sample)).content.decode()
    assert "<h1>March 2026 e-bulletin: talking at home</h1>" in html
    assert "A draft, not published." in html
    assert "works until Sunday 1 March 2026, 07:30" in html
    assert '<meta name="robots" content="noindex, nofollow">' in html


def test_it_shows_the_letter(client, sample, now):
    answer = client.get(letter(sample))
    assert "talking at home" in answer.content.decode()
    assert "style-src 'unsafe-inline'" in answer["Content-Security-Policy"]
    assert "script-src 'none'" in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("where", [path, letter])
def test_no_cache_no_search_engine_and_no_other_site_learns_of_it(client, sample, now, where):
    answer = client.get(where(sample))
    assert answer["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies


@pytest.mark.parametrize("suffix", ["", "letter/"])
def test_after_a_week_it_is_over(client, sample, now, suffix):
    address = path(sample) + suffix
    now.move_to(NOW + LINK_LASTS - datetime.timedelta(seconds=1))
    assert client.get(address).status_code == 200
    now.move_to(NOW + LINK_LASTS)
    answer = client.get(address)
    assert answer.status_code == 410
    assert "This link is over" in answer.content.decode()


@pytest.mark.parametrize("suffix", ["", "letter/"])
def test_a_link_that_nobody_signed_opens_nothing(client, sample, now, suffix):
    token = draft_token(sample, NOW + DAY)
    for forged in (token[:-1] + ("A" if token[-1] != "A" else "B"), "x", token.split(":")[0], "1:2:3"):
        assert client.get(reverse("bulletins:draft", args=[forged]) + suffix).status_code == 410


@pytest.mark.parametrize("where", [path, letter])
def test_once_published_it_leads_to_the_issues_own_address(client, sample, now, where):
    address = where(sample)
    now.move_to(MARCH - 4 * DAY)
    assert client.get(address).status_code == 200
    Bulletin.objects.update(publish_at=NOW, publish_reason="for the test")
    answer = client.get(address)
    assert (answer.status_code, answer["Location"]) == (302, sample.get_absolute_url())


def test_what_was_taken_down_stays_down(client, now):
    gone = make_withdrawn(datetime.date(2026, 1, 1), "It named a child.")
    answer = client.get(path(gone), follow=True)
    assert answer.status_code == 410


def test_a_deleted_issue_is_not_found(client, sample, now):
    address = path(sample)
    sample.delete()
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("verb", ["post", "put", "delete"])
def test_it_is_only_for_reading(client, sample, now, verb):
    assert getattr(client, verb)(path(sample)).status_code == 405


def test_it_does_not_ask_to_be_passed_on(client, sample, now):
    html = client.get(path(sample)).content.decode()
    assert "Please do not pass it on." in html
    assert "Send it to a colleague" not in html
    assert "mailto:?subject" not in html
