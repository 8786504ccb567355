"""The page on which an issue is released, and where that is taken back."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from bulletins.models import Bulletin
from mailings.clock import tick
from publication.models import Publication
from tests.factories import make_approved, make_staff
from tests.mailings.cast import make_clean, make_readers, make_test_letter

pytestmark = pytest.mark.django_db

SOON = datetime.timedelta(days=3)


@pytest.fixture
def approver(client):
    approver = make_staff("approver", "approve_bulletin", "view_bulletin")
    client.force_login(approver)
    return approver


@pytest.fixture
def draft():
    editor = make_staff("editor")
    return make_clean(publish_at=timezone.now() + SOON, publish_reason="for the test", last_edited_by=editor)


def page(name, bulletin):
    return reverse(f"mailings:{name}", args=[bulletin.pk])


def approve(client, bulletin, **fields):
    """Send a test of what it is now, look at the page and press its button."""
    make_test_letter(bulletin)
    seen = client.get(page("approve", bulletin)).context["seen"]
    return client.post(page("approve", bulletin), {"seen": seen, **fields})


def status():
    return Bulletin.objects.get().status


def test_it_says_when_and_to_how_many(client, approver, draft):
    words = client.get(page("approve", draft)).content.decode()
    assert "It goes to 1 reader on" in words
    assert status() == "draft"


def test_a_second_person_approves(client, approver, draft):
    assert approve(client, draft).status_code == 302
    assert status() == "approved"
    assert draft.approvals.get().by == approver


def test_the_last_editor_may_not(client, approver, draft):
    Bulletin.objects.update(last_edited_by=approver)
    assert "a second person must approve" in client.get(page("approve", draft)).content.decode()
    assert approve(client, draft).status_code == 200
    assert status() == "draft"


def test_alone_a_typed_confirmation_is_asked_for(client, approver, draft):
    Publication.objects.update(second_person=False)
    Bulletin.objects.update(last_edited_by=approver)
    approve(client, draft, confirmation="yes")
    assert status() == "draft"
    approve(client, draft, confirmation=draft.slug)
    assert status() == "approved"


def test_twice_says_that_it_is_approved(client, approver, draft):
    approve(client, draft)
    again = approve(client, draft)
    assert again.status_code == 200
    assert draft.approvals.count() == 1


def test_an_issue_held_for_a_late_edit_is_approved_again(client, approver, draft):
    approve(client, draft)
    Bulletin.objects.update(publish_at=timezone.now())
    draft.items.update(headline="Edited in the last second")
    assert "changed after it was approved" in client.get(page("approve", draft)).content.decode()
    assert approve(client, draft).status_code == 302
    assert "changed after" not in client.get(page("approve", draft)).content.decode()


def test_a_corrected_issue_that_was_mailed_needs_no_approval(client, approver):
    bulletin = make_approved()
    tick(bulletin.publish_at)
    bulletin.items.update(headline="Corrected")
    assert "changed after" not in client.get(page("approve", bulletin)).content.decode()


def test_late_it_says_within_a_minute(client, approver, draft):
    Bulletin.objects.update(publish_at=timezone.now())
    make_test_letter(draft)
    assert "within a minute" in client.get(page("approve", draft)).content.decode()


def test_much_too_late_it_says_that_nothing_is_mailed(client, approver, draft):
    Bulletin.objects.update(publish_at=timezone.now() - datetime.timedelta(hours=13))
    make_test_letter(draft)
    assert "not mailed by itself" in client.get(page("approve", draft)).content.decode()


def test_without_a_date_it_cannot_be_approved(client, approver, draft):
    Bulletin.objects.update(publish_at=None)
    assert "no publication date" in client.get(page("approve", draft)).content.decode()


def test_an_editor_may_not_even_look(client, draft):
    client.force_login(make_staff("somebody", "change_bulletin"))
    assert client.get(page("approve", draft)).status_code == 403
    assert client.post(page("approve", draft)).status_code == 403


def test_a_stranger_is_sent_to_the_login(client, draft):
    answer = client.post(page("approve", draft))
    assert answer.status_code == 302
    assert "/admin/login/" in answer.url
    assert status() == "draft"


def test_an_approval_is_taken_back_with_a_reason(client, approver, draft):
    approve(client, draft)
    client.post(page("take_back", draft), {"reason": ""})
    assert status() == "approved"
    client.post(page("take_back", draft), {"reason": "a typo"})
    assert status() == "draft"
    assert draft.approvals.get().lapse_reason == "approver: a typo"


def test_a_published_issue_is_taken_down_with_a_reason(client, approver):
    bulletin = make_approved()
    client.post(page("withdraw", bulletin), {"reason": "It named a child."})
    answer = client.get("/bulletins/2026/march/")
    assert answer.status_code == 410
    assert "It named a child." in answer.content.decode()


def test_a_published_issue_does_not_become_a_draft(client, approver):
    bulletin = make_approved()
    client.post(page("take_back", bulletin), {"reason": "too late"})
    assert status() == "approved"


def test_looking_changes_nothing(client, approver, draft):
    for name in ("take_back", "withdraw"):
        assert client.get(page(name, draft)).status_code == 405
    client.head(page("approve", draft))
    assert status() == "draft"


def test_what_was_not_seen_is_not_approved(client, approver, draft):
    seen = client.get(page("approve", draft)).context["seen"]
    draft.items.update(headline="Slipped in while reading")
    answer = client.post(page("approve", draft), {"seen": seen})
    assert "changed while you were reading" in answer.content.decode()
    assert status() == "draft"


def test_the_approver_reads_what_readers_will_read(client, approver, draft):
    assert "An example story." in client.get(page("approve", draft)).content.decode()


def test_a_draft_is_a_draft(client, approver, draft):
    assert "This issue is a <strong>draft</strong>" in client.get(page("approve", draft)).content.decode()
    approve(client, draft)
    answer = client.post(page("take_back", draft), {"reason": "a number is wrong"}, follow=True)
    assert f"{draft} is a draft now." in answer.content.decode()
    assert "This issue is a <strong>draft</strong>" in answer.content.decode()


def test_what_is_empty_is_said_once(client, approver, draft):
    draft.items.all().delete()
    assert client.get(page("approve", draft)).content.decode().count("It has nothing to read yet") == 1


def test_a_thousand_readers_have_a_comma(client, approver, draft):
    make_readers(999)
    assert "It goes to 1,000 readers on" in client.get(page("approve", draft)).content.decode()
    client.force_login(make_staff("clerk", "view_subscriber"))
    assert "1,000 subscribers" in client.get(reverse("admin:subscribers_subscriber_changelist")).content.decode()
