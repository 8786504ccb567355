"""The checklist: findings that lead to their field, overrides that hold for one finding, bounded queries and time."""

import time

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from bulletins.approval import faults, withdraw
from bulletins.models import Bulletin, NewsItem, Override
from bulletins.preflight.checklist import accept, take_back
from bulletins.preflight.findings import Place, findings_of
from bulletins.preflight.proof import proof_of
from bulletins.preflight.rules import RULES
from mailings.opening import open_mailing
from mailings.preflight import checklist
from mailings.releasing import release
from tests.factories import MARCH, make_bulletin, make_event, make_item, make_section, make_staff
from tests.mailings.cast import (
    DAY,
    HOUR,
    SUMMARY,
    approved,
    at_once,
    make_clean,
    make_due,
    make_readers,
    make_test_letter,
)

pytestmark = pytest.mark.django_db
AT = MARCH - DAY
TODO = "<p>TODO: ask Sasha.</p>"


@pytest.fixture
def editor():
    return make_staff("edith")


def with_a_gap(**fields):
    """A clean issue but for a placeholder in its item."""
    bulletin = make_clean(**fields)
    bulletin.items.update(body=TODO)
    make_test_letter(bulletin)
    return bulletin


def rules_of(bulletin, at) -> set[str]:
    return {entry.finding.rule for entry in checklist(bulletin, at).entries}


def gap_of(bulletin):
    (entry,) = [entry for entry in checklist(bulletin, AT).entries if entry.finding.rule == "placeholders"]
    return entry


def accepted(bulletin, editor, reason="Sasha is asked.", at=AT) -> Override:
    finding = gap_of(bulletin).finding
    return accept(checklist(bulletin, at), (finding.rule, finding.key), editor, reason, at)


def test_a_clean_issue_has_nothing_to_mend():
    looked = checklist(make_clean(), AT)
    assert (looked.words, looked.is_clean, looked.entries) == ("Nothing to mend.", True, ())


def test_the_counts_are_said_in_words():
    bulletin = make_bulletin(title="y" * 61, summary=SUMMARY)
    bulletin.items.update(body="")
    looked = checklist(bulletin, AT)
    assert looked.words == "Three things block, two things need a reason, one thing is advice."


def test_a_finding_leads_to_its_field():
    bulletin = with_a_gap()
    item = bulletin.items.get()
    assert gap_of(bulletin).address == f"/admin/bulletins/bulletin/{bulletin.pk}/change/#item-{item.pk}-body"
    assert Place("issue", None, "title", "Title").anchor == "issue-title"


# Overrides


def test_what_is_accepted_with_a_reason_is_open_no_more(editor):
    bulletin = with_a_gap()
    assert not checklist(bulletin, AT).is_clean
    accepted(bulletin, editor)
    looked = checklist(bulletin, AT)
    assert looked.is_clean
    (entry,) = looked.accepted
    assert (entry.override.by, entry.override.reason, entry.override.at) == (editor, "Sasha is asked.", AT)


def test_it_lapses_when_the_text_changes_and_stays_in_the_history(editor):
    bulletin = with_a_gap()
    override = accepted(bulletin, editor)
    bulletin.items.update(body="<p>TODO: ask Robin.</p>")
    looked = checklist(bulletin, AT)
    assert [entry.finding.rule for entry in looked.unanswered] == ["placeholders", "untested_letter"]
    assert looked.past == (override,)


def test_it_holds_when_another_text_changes_and_the_item_moves(editor):
    bulletin = with_a_gap()
    accepted(bulletin, editor)
    other = make_section(bulletin, heading="Elsewhere")
    NewsItem.objects.update(section=other, headline="Another headline")
    bulletin.sections.filter(heading="In the news").update(body="<p>Another text.</p>")
    assert gap_of(bulletin).override


def test_the_same_words_in_another_item_are_another_finding(editor):
    bulletin = with_a_gap()
    accepted(bulletin, editor)
    make_item(bulletin, body=TODO)
    assert [bool(e.override) for e in checklist(bulletin, AT).entries if e.finding.rule == "placeholders"] == [
        True,
        False,
    ]


def test_an_acceptance_is_taken_back_and_kept_and_given_again(editor):
    bulletin = with_a_gap()
    first = accepted(bulletin, editor)
    take_back(first, editor, MARCH)
    take_back(first, make_staff("ruth"), MARCH + HOUR)
    assert not gap_of(bulletin).override
    accepted(bulletin, editor, "Asked again.")
    assert gap_of(bulletin).override.reason == "Asked again."
    assert [(o.taken_back_by, o.taken_back_at) for o in Override.objects.all()] == [(editor, MARCH), (None, None)]


@pytest.mark.parametrize("reason", ["", "   ", "two\nlines", "x" * 201])
def test_a_reason_is_one_line_of_words(editor, reason):
    with pytest.raises(ValidationError):
        accepted(with_a_gap(), editor, reason)
    assert not Override.objects.exists()


def test_only_what_needs_a_reason_is_accepted(editor):
    bulletin = make_clean(title="y" * 61)
    bulletin.items.update(body="")
    for entry in [*checklist(bulletin, AT).blocking, *checklist(bulletin, AT).advice]:
        with pytest.raises(ValidationError, match="Only what needs a reason"):
            accept(checklist(bulletin, AT), (entry.finding.rule, entry.finding.key), editor, "why", AT)
    with pytest.raises(ValidationError, match="mended meanwhile"):
        accept(checklist(bulletin, AT), ("placeholders", "0" * 32), editor, "why", AT)


def test_twice_says_who_did_it(editor):
    bulletin = with_a_gap()
    accepted(bulletin, editor)
    with pytest.raises(ValidationError, match=r"edith accepted this already: “Sasha is asked\.”"):
        accepted(bulletin, make_staff("ruth"))


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_moment_accept_once(editor):
    bulletin = with_a_gap()

    def press() -> str:
        try:
            return str(accepted(bulletin, editor).pk)
        except ValidationError:
            return "refused"

    assert at_once(2, press).count("refused") == 1
    assert Override.objects.count() == 1


def test_the_table_holds_a_reason_and_who_took_it_back(editor):
    bulletin = with_a_gap()
    fields = {"bulletin": bulletin, "rule": "placeholders", "key": "k", "by": editor, "at": AT}
    for wrong in ({"reason": " "}, {"reason": "why", "taken_back_at": AT}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Override.objects.create(**fields, **wrong)
    Override.objects.create(**fields, reason="why")
    with pytest.raises(IntegrityError, match="override_once_in_force"):
        Override.objects.create(**fields, reason="why")


# The gate


def test_nothing_is_released_that_is_not_clean(editor):
    bulletin, approver = with_a_gap(last_edited_by=editor), make_staff("april")
    with pytest.raises(ValidationError, match=r"Item “An example headline”: “TODO” looks like a gap"):
        release(bulletin, approver, AT)
    assert not bulletin.approvals.exists()
    accepted(bulletin, editor)
    assert release(bulletin, approver, AT).by == approver


def test_what_blocks_is_released_with_no_reason_whatever(editor):
    bulletin = make_clean(last_edited_by=editor)
    bulletin.items.update(body="")
    make_test_letter(bulletin)
    with pytest.raises(ValidationError, match="It has no text"):
        release(bulletin, make_staff("april"), AT)


def test_advice_keeps_nothing_back(editor):
    bulletin = make_clean(title="y" * 61, last_edited_by=editor)
    assert release(bulletin, make_staff("april"), AT)


def test_what_is_mailed_or_taken_down_is_asked_for_no_letter():
    make_readers(1)
    issue = make_due(summary=SUMMARY)
    looked = {MARCH: True, MARCH + HOUR: True, MARCH + 12 * HOUR: False}
    assert {at: "untested_letter" in rules_of(issue, at) for at in looked} == looked
    open_mailing(issue, MARCH)
    assert "untested_letter" not in rules_of(issue, MARCH)
    withdrawn = approved(make_bulletin(slug="other", title="Another"))
    withdraw(withdrawn, "A number was wrong.")
    assert "untested_letter" not in rules_of(withdrawn, MARCH)


def test_findings_of_a_level_stand_in_reading_order():
    bulletin = make_clean(title="Title TODO", sign_off="<p>Yours, TODO</p>", publish_at=None)
    section, item = bulletin.sections.get(), bulletin.items.get()
    bulletin.sections.update(body="<p>Read TBC.</p>")
    bulletin.items.update(headline="All (of them", body="<p>Ask TODO (soon.</p>")
    event = make_event(section, title="A talk TBA", start=MARCH)
    Bulletin.objects.update(publish_at=MARCH + DAY, publish_reason="for the test", summary="")
    assert [entry.finding.place.anchor for entry in checklist(bulletin, AT).unanswered] == [
        "issue-title",
        "issue-summary",
        "issue-sign_off",
        f"section-{section.pk}-body",
        f"event-{event.pk}-title",
        f"event-{event.pk}-start",
        f"item-{item.pk}-headline",
        f"item-{item.pk}-body",
        f"item-{item.pk}-body",
        "tests",
    ]


def test_each_bracket_that_stands_alone_is_shown():
    bulletin = make_clean()
    bulletin.items.update(body="<p>It was in the report (published in June and read by many schools since then].</p>")
    found = [e.finding.sentence[:3] for e in checklist(bulletin, AT).entries if e.finding.rule == "unbalanced_brackets"]
    assert found == ["“(”", "“]”"]


def test_an_issue_without_day_and_text_is_told_so_in_the_words_of_the_approval(editor):
    bulletin = make_clean(publish_at=None)
    bulletin.items.all().delete()
    (undated, empty) = checklist(bulletin, AT).blocking
    assert [undated.finding.sentence, empty.finding.sentence] == faults(bulletin, editor)
    assert undated.address.endswith("#issue-publish_at")
    assert empty.address.endswith("#sections-group")


def test_one_for_the_archive_alone_needs_no_letter(editor):
    bulletin = make_bulletin(summary=SUMMARY, audience="archive only", last_edited_by=editor)
    rules = {entry.finding.rule for entry in checklist(bulletin, AT).entries}
    assert rules == {"no_feedback_address"}


# What it costs


def large_issue():
    """An issue of twenty items, of lists, links and quotations, some of it wrong."""
    bulletin = make_clean()
    for number in range(20):
        section = make_section(bulletin, heading=f"Part {number}")
        words = f"<p>Story {number} goes on “for a while” (with brackets) until it ends on Monday 3 March.</p>" * 6
        entries = "".join(f'<li><a href="https://pond.school/{number}/{n}">Guide {n}</a></li>' for n in range(5))
        body = f"{words}<p>Read these:</p><ul>{entries}</ul><blockquote><p>Said {number} times.</p></blockquote>"
        make_item(bulletin, section=section, headline=f"Story {number}", body=body)
        make_event(section, start=MARCH + DAY)
    return bulletin


def test_it_asks_as_often_for_twenty_items_as_for_one(django_assert_max_num_queries):
    small, large = make_clean(), large_issue()
    for bulletin in (small, large):
        with django_assert_max_num_queries(18):
            checklist(bulletin, AT)


def test_twenty_items_are_read_in_well_under_a_tenth_of_a_second():
    bulletin = large_issue()
    took = []
    for _ in range(5):
        fresh = type(bulletin).objects.with_parts().get(pk=bulletin.pk)
        began = time.process_time()
        assert findings_of(RULES, proof_of(fresh, AT))
        took.append(time.process_time() - began)
    assert sorted(took)[2] < 0.1
