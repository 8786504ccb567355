"""What counts as an edit: whose it was, what the log says of it, and what a save that changed nothing leaves alone."""

import datetime

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from bulletins.approval import approve
from bulletins.archive import next_publication
from bulletins.models import NewsItem, PublicationDay
from tests.bulletins.screen import WRITING, change_url, posted
from tests.conftest import SecureClient
from tests.factories import MARCH, make_approved, make_bulletin, make_item, make_publication, make_staff

pytestmark = pytest.mark.django_db
HOUR = datetime.time(7, 30)
AHEAD = datetime.timedelta(days=30)


@pytest.fixture
def erin(client):
    make_publication()
    erin = make_staff("erin", *WRITING)
    client.force_login(erin)
    return erin


def said(bulletin) -> list[str]:
    rows = LogEntry.objects.filter(object_id=str(bulletin.pk), content_type__model="bulletin").order_by("pk")
    return [row.get_change_message() for row in rows]


def test_a_save_that_changes_nothing_is_nobodys_edit(client, erin):
    grace = make_staff("grace")
    bulletin = make_bulletin(last_edited_by=grace)
    make_item(bulletin, body="<p>One.</p><ul><li>two</li></ul>")
    before = NewsItem.history.count()
    # The editor breaks lines between elements, and browsers send them as CR LF.
    fields = {"items-1-body": "<p>One.</p>\r\n\r\n<ul>\r\n\t<li>two</li>\r\n</ul>\r\n"}
    assert posted(client, bulletin, **fields).status_code == 302
    bulletin.refresh_from_db()
    assert bulletin.last_edited_by == grace
    assert (said(bulletin), NewsItem.history.count()) == ([], before)


@pytest.mark.parametrize(
    "change", [{"title": "Another title"}, {"items-0-headline": "Another"}, {"sections-0-heading": "Another"}]
)
def test_a_change_of_any_part_is_an_edit_of_the_issue(client, erin, change):
    bulletin = make_bulletin(last_edited_by=make_staff("grace"))
    stamp = bulletin.updated_at
    posted(client, bulletin, **change)
    bulletin.refresh_from_db()
    assert bulletin.last_edited_by == erin
    assert bulletin.updated_at > stamp
    assert len(said(bulletin)) == 1


def test_four_eyes_stay_four_when_somebody_only_presses_save(client, erin):
    grace = make_staff("grace", *WRITING, "approve_bulletin")
    bulletin = make_bulletin(publish_at=timezone.now() + AHEAD, publish_reason="for the test")
    client.force_login(grace)
    posted(client, bulletin, intro="<p>Grace wrote this.</p>")
    client.force_login(erin)
    posted(client, bulletin)
    client.force_login(grace)
    page = client.get(reverse("mailings:approve", args=[bulletin.pk])).content.decode()
    assert "You edited this issue last: a second person must approve it." in page


def test_the_log_says_that_an_approval_lapsed(client, erin):
    bulletin = make_approved(publish_at=timezone.now() + AHEAD, publish_reason="for the test", at=timezone.now())
    posted(client, bulletin, intro="<p>Another.</p>")
    assert "Changed it after its approval, which no longer holds." in said(bulletin)
    bulletin.refresh_from_db()
    approve(bulletin, make_staff("grace"), timezone.now())
    author = {"name": bulletin.author.name, "role": "Another role"}
    erin.user_permissions.add(*make_staff("x", "change_author").user_permissions.all())
    client.post(reverse("admin:bulletins_author_change", args=[bulletin.author_id]), author)
    assert any(line.startswith("Changed its author after its approval") for line in said(bulletin))


def test_what_is_asked_about_a_correction_is_no_field_of_the_issue(client, erin):
    bulletin = make_approved()
    assert bulletin.is_published(timezone.now())
    note = {"correction": "noted", "correction_note": "It named the wrong day."}
    posted(client, bulletin, summary="Another summary.", **note)
    assert said(bulletin)[-1] == "Changed summary."


def test_a_note_without_another_change_is_an_edit_too(client, erin):
    bulletin = make_approved()
    stamp = bulletin.updated_at
    posted(client, bulletin, correction="noted", correction_note="It named the wrong day.")
    bulletin.refresh_from_db()
    assert bulletin.updated_at > stamp
    assert bulletin.last_edited_by == erin


def test_words_of_somebody_whose_session_ended_come_back(client, erin):
    bulletin = make_bulletin()
    nobody = SecureClient()
    answer = nobody.post(change_url(bulletin), {"intro": "<p>Hours of work & care.</p>", "password": "a b c"})
    page = answer.content.decode()
    assert (answer.status_code, answer["Cache-Control"]) == (403, "no-store")
    assert "Nothing was saved" in page and "&lt;p&gt;Hours of work &amp; care.&lt;/p&gt;" in page
    assert "a b c" not in page
    assert nobody.post(change_url(bulletin), {"title": "word"}).status_code == 302
    assert nobody.post("/admin/login/", {"username": "no body", "password": "x"}).status_code == 200


def test_the_next_day_is_the_one_whose_issue_is_not_out(client, erin):
    early = MARCH - datetime.timedelta(days=9)
    PublicationDay.objects.ensure(early)
    at = early + datetime.timedelta(hours=1)
    assert str(next_publication(at, HOUR)) == "Wednesday 4 March 2026"
    make_approved(title="A special", publish_at=early, publish_reason="it cannot wait", special=True)
    assert str(next_publication(at, HOUR)) == "Wednesday 4 March 2026"
    make_approved(publish_at=early, publish_reason="it could not wait")
    assert str(next_publication(at, HOUR)) == "Wednesday 1 April 2026"
    with time_machine.travel(at, tick=False):
        card = client.get(reverse("admin:bulletins_bulletin_changelist")).content.decode()
        home = client.get(reverse("bulletins:home")).content.decode()
    assert "Wednesday 1 April, 07:30" in card and "goes out at that hour" not in card
    assert "1 April 2026" in home and "4 March 2026" not in home.split("Next issue")[1][:300]
