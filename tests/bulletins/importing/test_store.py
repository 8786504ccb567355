"""From a parsed bulletin to rows."""

import datetime

import pytest

from bulletins.importing.plain_text import parse
from bulletins.importing.reading import digest
from bulletins.importing.storing import NotStored, Source, Stored, store
from bulletins.models import Author, Bulletin, Event, NewsItem, Section
from tests.bulletins.importing.printed import LONG, make_text, sample
from tests.factories import make_author, make_bulletin, make_publication, make_staff

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 3, 10, 12, 0, tzinfo=datetime.UTC)


def store_text(text: str, approver=None) -> Stored:
    return store(parse(text), Source("issue.txt", digest(text)), approver, NOW)


def test_stores_a_draft_for_the_archive_only():
    bulletin = store_text(sample("contents.txt")).bulletin
    bulletin.refresh_from_db()
    assert (bulletin.month, bulletin.slug) == (datetime.date(2024, 4, 1), "april")
    assert (bulletin.status, bulletin.audience) == ("draft", "archive only")
    assert (bulletin.reading_minutes, bulletin.provenance) == (4, "imported from issue.txt")
    assert bulletin.summary.startswith("Welcome to the spring bulletin.")
    bulletin.full_clean(exclude=["source_digest"])


def test_publishes_it_on_the_printed_day_at_the_hour_of_the_publication():
    make_publication(publication_hour=datetime.time(9, 0))
    bulletin = store_text(sample("contents.txt")).bulletin
    # London is an hour ahead of UTC in April.
    assert bulletin.publish_at == datetime.datetime(2024, 4, 3, 8, 0, tzinfo=datetime.UTC)
    assert bulletin.publish_reason == ""


def test_a_day_off_the_rule_gets_its_reason():
    stored = store_text(sample("sections.txt"))
    assert stored.bulletin.publish_reason == "as printed"
    assert any("not the first Wednesday" in note for note in stored.notes)


def test_stores_sections_items_and_events_in_order():
    bulletin = store_text(sample("sections.txt")).bulletin
    assert [section.kind for section in bulletin.sections.all()] == [
        "training",
        "parental resources",
        "podcasts",
        "webinars",
        "system updates",
        "news",
    ]
    assert [item.slug for item in bulletin.items.all()] == [
        "swimming-lessons-in-the-county",
        "walk-to-school-week",
        "reading-aloud-at-home",
        "tackling-litter",
    ]
    event = Event.objects.get(section__bulletin=bulletin)
    assert event.start == datetime.datetime(2024, 5, 9, 14, 45, tzinfo=datetime.UTC)


def test_the_stored_text_is_the_parsed_text():
    stored = store_text(sample("contents.txt")).bulletin
    assert [item.body.count("<blockquote>") for item in stored.items.all()] == [2, 1, 1, 0]
    assert "Forms &lt;must&gt; be back" in stored.items.all()[2].body


def test_two_items_of_one_headline_have_two_addresses():
    bulletin = store_text(make_text("One thing", LONG, "One thing", LONG)).bulletin
    assert [item.slug for item in bulletin.items.all()] == ["one-thing", "one-thing-2"]


def test_fills_an_empty_role_and_keeps_another():
    make_author(name="Robin Ashdown", role="")
    assert store_text(sample("contents.txt")).notes == ()
    author = Author.objects.get(name="Robin Ashdown")
    assert author.role == "Example Learning Bulletin Director"
    Author.objects.update(role="Editor at large")
    notes = store_text(sample("sections.txt")).notes
    assert any("keeps the stored role “Editor at large”" in note for note in notes)


def test_the_same_text_again_changes_nothing():
    first = store_text(sample("contents.txt"))
    Bulletin.objects.update(title="Corrected by an editor", slug="april-corrected")
    again = store_text(sample("contents.txt").replace("\n", "  \r\n"))
    assert (first.created, again.created) == (True, False)
    assert (again.address, again.bulletin.title) == ("2024/april-corrected", "Corrected by an editor")
    assert (Bulletin.objects.count(), NewsItem.objects.count()) == (1, 4)


def test_another_text_at_the_same_address_is_refused():
    make_bulletin(month=datetime.date(2024, 4, 1), title="Ours", publish_reason="earlier")
    with pytest.raises(NotStored, match=r"2024/april is already “Ours”, another text \(draft, written here\)"):
        store_text(sample("contents.txt"))
    assert (Bulletin.objects.count(), Author.objects.filter(name="Robin Ashdown").count()) == (1, 0)


def test_approves_in_the_name_of_a_person():
    approver = make_staff("alice", "approve_bulletin")
    stored = store_text(sample("contents.txt"), approver)
    approval = stored.bulletin.approvals.get()
    assert (stored.approved, approval.by, approval.at) == (True, approver, NOW)
    assert Bulletin.objects.published(NOW).get() == stored.bulletin


def test_approves_a_draft_that_was_stored_before_and_only_once():
    approver = make_staff("alice", "approve_bulletin")
    store_text(sample("contents.txt"))
    second, third = store_text(sample("contents.txt"), approver), store_text(sample("contents.txt"), approver)
    assert (second.created, second.approved) == (False, True)
    assert (third.approved, third.notes) == (False, ("It is approved already.",))
    assert third.bulletin.approvals.count() == 1


def test_never_approves_what_would_be_mailed():
    store_text(sample("contents.txt"))
    Bulletin.objects.update(audience=Bulletin.Audience.SUBSCRIBERS)
    stored = store_text(sample("contents.txt"), make_staff("alice", "approve_bulletin"))
    assert (stored.approved, stored.bulletin.status) == (False, "draft")
    assert "approve it in the admin" in stored.notes[0]


def test_what_cannot_be_approved_is_not_stored_either():
    with pytest.raises(NotStored, match="it could not be approved: It has nothing to read yet"):
        store_text(make_text(), make_staff("alice", "approve_bulletin"))
    assert (Bulletin.objects.count(), Section.objects.count()) == (0, 0)
