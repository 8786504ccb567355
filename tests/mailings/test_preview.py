"""The preview: the very letter that is mailed, in all its shapes, and nothing in it that acts."""

import re

import pytest
from django.urls import reverse

from mailings.clock import tick
from mailings.mime import slot
from mailings.models import Mailing
from mailings.rehearsal import NOBODYS_TOKEN, frozen_now
from tests.factories import MARCH, make_bulletin, make_publication, make_staff
from tests.mailings.cast import make_due, make_readers
from tests.mailings.sample import make_sample

pytestmark = pytest.mark.django_db

VIEW = "view_bulletin"


@pytest.fixture
def sample():
    return make_sample()


@pytest.fixture
def grace(client):
    grace = make_staff("grace", VIEW, "change_bulletin")
    client.force_login(grace)
    return grace


def page(name, bulletin, query=""):
    return reverse(f"mailings:{name}", args=[bulletin.pk]) + query


def words(client, bulletin, query=""):
    return client.get(page("preview", bulletin, query)).content.decode()


def test_the_hash_it_shows_is_that_of_the_letter_which_is_mailed(client, grace):
    make_readers(1)
    bulletin = make_due()
    shown = client.get(page("preview", bulletin)).context["hash"]
    tick(MARCH)
    mailing = Mailing.objects.get()
    assert mailing.content_hash == shown
    assert f"Letter {shown[:12]}" in words(client, bulletin)


def test_the_frame_holds_the_letters_own_html_but_for_its_colours(client, grace, sample):
    framed = client.get(page("letter_frame", sample)).content.decode()
    mailed = frozen_now(sample).html.replace(slot("token"), NOBODYS_TOKEN)
    assert framed != mailed
    assert stripped_of_colours(framed) == stripped_of_colours(mailed)
    assert slot("token") not in framed


def stripped_of_colours(html):
    html = re.sub(r"@media\s*\([^)]*\)", "@media", html)
    return re.sub(r"(color-scheme:\s*|color-schemes?\" content=\")(light dark|light|dark)", r"\1", html)


@pytest.mark.parametrize("frame", ["letter_frame", "web_frame"])
@pytest.mark.parametrize(("query", "holds", "fails"), [("", 0, 1), ("?dark", 1, 0)])
def test_its_colours_are_those_that_were_asked_for(client, grace, sample, frame, query, holds, fails):
    html = client.get(page(frame, sample, query)).content.decode()
    assert "prefers-color-scheme" not in html.replace('media="(prefers-color-scheme', "")
    assert html.count("(min-width: 0)") >= holds
    assert html.count("(max-width: 0)") >= fails


def test_the_web_page_is_the_page_that_readers_will_get(client, grace, sample):
    framed = client.get(page("web_frame", sample)).content.decode()
    assert "<h1>March 2026 e-bulletin: talking at home</h1>" in framed
    assert "A draft" not in framed
    assert "<style>" in framed


@pytest.mark.parametrize("frame", ["letter_frame", "web_frame"])
def test_a_frame_runs_nothing_and_only_the_desk_frames_it(client, grace, sample, frame):
    answer = client.get(page(frame, sample))
    policy = answer["Content-Security-Policy"]
    assert "script-src 'none'" in policy
    assert "form-action 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "no-store" in answer["Cache-Control"]


def test_the_frames_are_sandboxed_and_have_names(client, grace, sample):
    html = words(client, sample)
    frames = re.findall(r"<iframe [^>]*>", html)
    assert len(frames) == 2
    assert all(frame.startswith('<iframe sandbox="allow-same-origin" title=') for frame in frames)


def test_the_inbox_row_shows_sender_subject_and_preheader(client, grace, sample):
    html = words(client, sample)
    row = html[html.index('<section class="inbox"') : html.index('<nav class="shapes"')]
    assert "Erin at First Wednesday" in row or "First Wednesday" in row
    assert "March 2026 e-bulletin: talking at home" in row


def test_the_text_is_the_letters(client, grace, sample):
    answer = client.get(page("preview", sample, "?show=text"))
    assert answer.context["text"] == frozen_now(sample).text.replace(slot("token"), NOBODYS_TOKEN)
    assert "<iframe" not in answer.content.decode()


def test_a_shape_that_does_not_exist_is_the_letter(client, grace, sample):
    assert client.get(page("preview", sample, "?show=nothing")).context["kind"] == "letter"


@pytest.mark.parametrize("name", ["preview", "letter_frame", "web_frame"])
def test_who_may_not_see_issues_sees_no_preview(client, sample, name):
    assert client.get(page(name, sample)).status_code == 302
    client.force_login(make_staff("somebody"))
    assert client.get(page(name, sample)).status_code == 403


def test_looking_changes_nothing(client, grace, sample):
    before = sample.updated_at
    words(client, sample)
    client.get(page("letter_frame", sample))
    sample.refresh_from_db()
    assert sample.updated_at == before
    assert not sample.test_letters.exists()


def test_without_a_date_or_a_summary_it_is_shown_all_the_same(client, grace):
    make_publication()
    bulletin = make_bulletin(publish_at=None, summary="")
    assert "It has no summary" in words(client, bulletin)
    assert client.get(page("web_frame", bulletin)).status_code == 200
