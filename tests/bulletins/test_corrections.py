"""Correcting an issue that is out: silently, or with a dated note that its readers see."""

import datetime
from html import unescape

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.urls import reverse

from bulletins.approval import approval_in_force, withdraw
from bulletins.composition import compose
from bulletins.models import Bulletin, Correction, NewsItem
from tests.bulletins.screen import WRITING, change_url, posted
from tests.factories import MARCH, make_approved, make_bulletin, make_item, make_published, make_staff
from tests.publication.test_pictures import photo, written

pytestmark = pytest.mark.django_db

NOTE = "The webinar is on 12 March, not on 11 March as we wrote."
EIGHTH = datetime.datetime(2026, 3, 8, 10, tzinfo=datetime.UTC)


@pytest.fixture
def editor(client):
    editor = make_staff("editor", *WRITING)
    with time_machine.travel(EIGHTH, tick=False):
        client.force_login(editor)
        yield editor


@pytest.fixture
def issue(editor):
    return make_approved()


def make_correction(bulletin, **fields):
    """Write a note about an issue past its page."""
    by = fields.pop("by", None) or make_staff("corrector")
    return Correction.objects.create(bulletin=bulletin, by=by, **{"at": EIGHTH, "note": NOTE, **fields})


def noted(client, bulletin, **changes):
    return posted(client, bulletin, **{"correction": "noted", "correction_note": NOTE, **changes})


def words(client, address):
    return unescape(client.get(address).content.decode())


def test_a_draft_is_not_asked(client, editor):
    draft = make_bulletin()
    assert "What readers are told" not in words(client, change_url(draft))
    assert posted(client, draft, title="Another").status_code == 302
    assert not Correction.objects.exists()


def test_an_issue_that_is_out_asks_and_loses_nothing(client, issue):
    file = SimpleUploadedFile("photo.jpg", written(photo(), "JPEG"))
    changes = {"title": "Another title", "items-0-image": file, "items-0-image_alt": "A house."}
    answer = posted(client, issue, correction=None, **changes)
    page = unescape(answer.content.decode())
    assert "choose whether they are told of this change" in page
    assert 'value="Another title"' in page
    assert "Choose the picture again" in page
    assert Bulletin.objects.get().title == issue.title


def test_a_silent_one_tells_nobody(client, issue):
    assert posted(client, issue, correction="silent", title="Another title").status_code == 302
    assert Bulletin.objects.get().title == "Another title"
    assert not Correction.objects.exists()
    assert "Corrected" not in words(client, issue.get_absolute_url())
    assert Bulletin.history.latest().history_change_reason == "a typo, corrected silently"


def test_a_note_stands_on_the_issue_with_its_day(client, editor, issue):
    assert noted(client, issue, intro="<p>Corrected.</p>").status_code == 302
    note = issue.corrections.get()
    assert (note.note, note.by, note.at, note.item, note.headline) == (NOTE, editor, EIGHTH, None, "")
    page = words(client, issue.get_absolute_url())
    assert '<time datetime="2026-03-08">8 March 2026</time>:</strong> ' + NOTE in page
    assert page.index(NOTE) < page.index("In this issue")


def test_a_note_about_an_item_stands_at_it_and_on_its_page(client, issue):
    item, other = issue.items.get(), make_item(issue, headline="Another item")
    noted(client, issue, **{"items-0-body": "<p>Corrected.</p>", "correction_about": item.pk})
    page = words(client, issue.get_absolute_url())
    assert page.count(f"</strong> {NOTE}") == 2
    assert f'(<a href="#{item.slug}">{item.headline}</a>)' in page
    assert page.index(f'id="{item.slug}"') < page.rindex(NOTE) < page.index(f'id="{other.slug}"')
    address = [issue.month.year, issue.slug]
    assert NOTE in words(client, reverse("bulletins:item", args=[*address, item.slug]))
    assert NOTE not in words(client, reverse("bulletins:item", args=[*address, other.slug]))


def test_addresses_stay(client, issue):
    before = issue.items.get().slug, issue.get_absolute_url(), issue.sections.get().anchor
    noted(client, issue, **{"items-0-headline": "Wholly other words", "sections-0-heading": "Other"})
    issue = Bulletin.objects.get()
    assert (issue.items.get().slug, issue.get_absolute_url(), issue.sections.get().anchor) == before
    assert f'id="{before[0]}">Wholly other words' in words(client, before[1])


def test_a_note_about_an_item_that_the_change_deletes_keeps_its_headline(client, issue):
    item = issue.items.get()
    make_item(issue, headline="Another item")
    noted(client, issue, **{"items-0-DELETE": "on", "correction_about": item.pk})
    note = issue.corrections.get()
    assert (note.item, note.headline) == (None, item.headline)
    assert f"({item.headline})" in words(client, issue.get_absolute_url())


def test_an_item_deleted_later_leaves_its_note(client, issue):
    item = issue.items.get()
    note = make_correction(issue, item=item, headline=item.headline)
    item.delete()
    note.refresh_from_db()
    assert (note.item, note.headline) == (None, "An example headline")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"correction": "noted", "correction_note": ""}, "Say in a sentence what changed."),
        ({"correction": "noted", "correction_note": " \r\n "}, "Say in a sentence what changed."),
        ({"correction": "silent", "correction_note": NOTE}, "choose to tell readers, or empty the note"),
        ({"correction": "noted", "correction_note": "x" * 301}, "at most 300 characters"),
        ({"correction": "noted", "correction_note": "a\x07b"}, "without control characters"),
        ({"correction": "loudly"}, "Select a valid choice"),
    ],
)
def test_what_is_not_clear_is_asked_again(client, issue, given, said):
    answer = posted(client, issue, title="Another", **given)
    assert said in unescape(answer.content.decode())
    assert not Correction.objects.exists()
    assert Bulletin.objects.get().title == issue.title


def test_a_note_is_about_an_item_of_its_own_issue(client, issue):
    other = make_item(make_bulletin(title="Another", month=datetime.date(2026, 4, 1)))
    assert "Select a valid choice" in noted(client, issue, correction_about=other.pk).content.decode()


def test_a_note_is_escaped(client, issue):
    noted(client, issue, correction_note="<script>alert(1)</script>")
    assert "<script>alert(1)" not in client.get(issue.get_absolute_url()).content.decode()


def test_an_approval_does_not_notice_a_note(client, issue):
    before = compose(issue).fingerprint()
    make_correction(issue)
    assert compose(Bulletin.objects.get()).fingerprint() == before == approval_in_force(issue).fingerprint


def test_lists_mark_what_was_corrected(client, issue):
    make_published(datetime.date(2026, 2, 1))
    make_correction(issue)
    for address in (reverse("bulletins:archive"), reverse("bulletins:year", args=[2026])):
        assert words(client, address).count('corrected <time datetime="2026-03-08">8 March 2026</time>') == 1


def test_the_letter_is_offered_unticked_and_only_where_one_may_go(client, issue):
    form = client.get(change_url(issue)).context["adminform"].form
    assert not form["correction_letter"].value()
    archived = make_published(datetime.date(2025, 2, 1), audience="archive only")
    assert "correction_letter" not in client.get(change_url(archived)).context["adminform"].form.fields


def test_asking_for_a_letter_leads_to_its_page_and_sends_nothing(client, editor, issue):
    answer = noted(client, issue, correction_letter="on")
    assert (
        answer.url == change_url(issue).replace("change/", "") or "change" in answer.url or "/bulletin/" in answer.url
    )
    client.force_login(make_staff("both", *WRITING, "approve_bulletin"))
    answer = noted(client, Bulletin.objects.get(), correction_letter="on")
    assert answer.url == reverse("mailings:correction_letter", args=[issue.pk])
    assert not issue.mailings.exists()


def test_former_words_of_an_issue_that_is_out_come_back_with_a_note(client, issue):
    posted(client, issue, correction="silent", **{"items-0-body": "<p>Wrong.</p>"})
    address = reverse("bulletins_desk:restore", args=[issue.pk, "item", NewsItem.history.earliest().pk])
    seen = client.get(address).context["seen"]
    asked = client.post(address, {"seen": seen})
    assert "choose whether they are told" in unescape(asked.content.decode())
    assert issue.items.get().body == "<p>Wrong.</p>"
    client.post(address, {"seen": seen, "correction": "noted", "correction_note": NOTE})
    assert issue.items.get().body == "<p>An example story.</p>"
    assert issue.corrections.get().note == NOTE
    assert Bulletin.objects.get().is_published(EIGHTH)


def refused(write):
    with pytest.raises(DatabaseError), transaction.atomic():
        write()


def test_the_database_keeps_each_note(issue):
    note = make_correction(issue)
    refused(note.delete)
    refused(Correction.objects.all().delete)
    for change in ({"note": "Another."}, {"at": MARCH}, {"headline": "x"}, {"by": make_staff("x")}):
        refused(lambda change=change: Correction.objects.update(**change))
    refused(lambda: Correction.objects.update(item=issue.items.get()))
    refused(lambda: make_correction(issue, note="", by=note.by))
    refused(lambda: make_correction(issue, item=issue.items.get(), by=note.by))


def test_the_database_refuses_a_note_on_what_nobody_could_read(issue):
    by = make_staff("x")
    refused(lambda: make_correction(issue, by=by, at=MARCH - datetime.timedelta(seconds=1)))
    draft = make_bulletin(title="Another", month=datetime.date(2026, 4, 1))
    refused(lambda: make_correction(draft, by=by))
    refused(lambda: make_correction(issue, by=by, item=draft.items.get(), headline="x"))
    withdraw(issue, "wrong")
    refused(lambda: make_correction(issue, by=by))
