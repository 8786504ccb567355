import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from bulletins.approval import (
    approval_in_force,
    approve,
    approved_composition,
    faults,
    lapse,
    lapse_if_changed,
    withdraw,
)
from bulletins.models import Approval, Author, Bulletin, NewsItem
from tests.factories import (
    MARCH,
    make_approved,
    make_bulletin,
    make_event,
    make_publication,
    make_section,
    make_staff,
)

pytestmark = pytest.mark.django_db
DAY_BEFORE = MARCH - datetime.timedelta(days=1)


@pytest.fixture
def editor():
    return make_staff("edith")


@pytest.fixture
def approver():
    return make_staff("april", "approve_bulletin")


def test_a_second_person_approves(editor, approver):
    bulletin = make_bulletin(last_edited_by=editor)
    approval = approve(bulletin, approver, DAY_BEFORE)
    assert (approval.by, approval.at) == (approver, DAY_BEFORE)
    assert Bulletin.objects.get().status == bulletin.status == "approved"
    assert approved_composition(bulletin)


def test_the_last_editor_may_not_approve(editor):
    bulletin = make_bulletin(last_edited_by=editor)
    with pytest.raises(ValidationError, match="second person"):
        approve(bulletin, editor, DAY_BEFORE)
    assert Bulletin.objects.get().status == "draft"
    assert not Approval.objects.exists()


def test_unless_the_publication_asks_for_no_second_person(editor):
    make_publication(second_person=False)
    approve(make_bulletin(last_edited_by=editor), editor, DAY_BEFORE)
    assert Bulletin.objects.get().status == "approved"


def test_an_import_for_the_archive_needs_no_second_person(editor):
    bulletin = make_bulletin(last_edited_by=editor, audience="archive only", source_digest="a" * 64)
    assert faults(bulletin, editor) == []


@pytest.mark.parametrize("fields", [{"audience": "archive only"}, {"source_digest": "a" * 64}])
def test_neither_half_of_that_is_enough(editor, fields):
    assert "second person" in faults(make_bulletin(last_edited_by=editor, **fields), editor)[0]


def test_an_issue_without_a_date_or_anything_to_read_is_refused(approver):
    bulletin = make_bulletin(publish_at=None)
    bulletin.items.all().delete()
    found = faults(bulletin, approver)
    assert any("publication date" in fault for fault in found)
    assert any("nothing to read" in fault for fault in found)


def test_an_approved_issue_is_not_approved_again(approver):
    with pytest.raises(ValidationError, match="approved already"):
        approve(make_approved(), approver, DAY_BEFORE)


def test_one_approval_at_most_is_in_force(approver):
    bulletin = make_approved()
    with pytest.raises(IntegrityError, match="approval_one_in_force"):
        Approval.objects.create(bulletin=bulletin, by=approver, at=DAY_BEFORE, fingerprint="x")


def change_title(bulletin: Bulletin) -> None:
    Bulletin.objects.filter(pk=bulletin.pk).update(title="Another title")


def change_item(bulletin: Bulletin) -> None:
    NewsItem.objects.filter(bulletin=bulletin).update(body="<p>Another story.</p>")


def change_order(bulletin: Bulletin) -> None:
    section = make_section(bulletin, heading="Later", body="<p>Later.</p>")
    bulletin.sections.filter(pk=section.pk).update(position=0)


def change_author(bulletin: Bulletin) -> None:
    Author.objects.update(role="Another role")


def change_event(bulletin: Bulletin) -> None:
    make_event(bulletin.sections.get())


def change_publication(bulletin: Bulletin) -> None:
    make_publication(share_words="<p>Please share.</p>")


@pytest.mark.parametrize(
    "change", [change_title, change_item, change_order, change_author, change_event, change_publication]
)
def test_an_edit_before_its_hour_lapses_the_approval(change):
    bulletin = make_approved()
    change(bulletin)
    assert lapse_if_changed(bulletin, DAY_BEFORE, "It was edited.")
    assert Bulletin.objects.get().status == bulletin.status == "draft"
    assert Approval.objects.get().lapse_reason == "It was edited."
    assert approval_in_force(bulletin) is None


def test_saving_without_a_change_lapses_nothing():
    bulletin = make_approved()
    bulletin.save()
    assert not lapse_if_changed(bulletin, DAY_BEFORE, "It was edited.")
    assert approved_composition(Bulletin.objects.get())


def test_after_its_hour_an_edit_is_a_correction():
    bulletin = make_approved()
    change_title(bulletin)
    assert not lapse_if_changed(bulletin, MARCH, "It was edited.")
    assert Bulletin.objects.get().status == "approved"


def test_a_published_issue_does_not_become_a_draft_again():
    bulletin = make_approved()
    with pytest.raises(ValidationError, match="not published yet"):
        lapse(bulletin, MARCH, "No reason.")


def test_after_lapsing_it_may_be_approved_again(approver):
    bulletin = make_approved()
    lapse(bulletin, DAY_BEFORE, "It was edited.")
    approve(bulletin, approver, DAY_BEFORE)
    assert Approval.objects.count() == 2
    assert approval_in_force(bulletin).by == approver


def test_withdrawing_takes_a_reason():
    bulletin = make_approved()
    with pytest.raises(ValidationError, match="why"):
        withdraw(bulletin, "  ")
    withdraw(bulletin, " A name was wrong. ")
    assert Bulletin.objects.get().withdrawn_reason == bulletin.withdrawn_reason == "A name was wrong."


def test_a_draft_is_not_withdrawn():
    with pytest.raises(ValidationError, match="Only an approved issue"):
        withdraw(make_bulletin(), "A name was wrong.")
