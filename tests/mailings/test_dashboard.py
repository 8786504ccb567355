"""The desk's first page: what is at hand, in whose words, and who may press what."""

import datetime

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bulletins.approval import lapse
from bulletins.models import Bulletin, PublicationDay
from mailings.clock import tick
from mailings.dashboard import cards, grown, viewer_of
from mailings.models import Mailing
from mailings.opening import open_mailing
from mailings.progress import kept
from publication.models import SenderClaim
from tests.factories import MARCH, make_approved, make_bulletin, make_publication, make_staff
from tests.mailings.cast import DAY, HOUR, MINUTE, approved, make_clean, make_readers

pytestmark = pytest.mark.django_db

DESK = reverse("admin:index")
EARLY = MARCH - 11 * DAY
APRIL = datetime.datetime(2026, 4, 1, 6, 30, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def fresh():
    kept.forget()
    grown.forget()


@pytest.fixture(autouse=True)
def house(db):
    """The publication, and its days as they stand eleven days before March's."""
    make_publication()
    PublicationDay.objects.ensure(EARLY)


def make_member(role: str, name: str, **fields):
    user = make_staff(name, **fields)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def erin():
    return make_member("editor", "erin", first_name="Erin", last_name="Example")


@pytest.fixture
def grace():
    return make_member("approver", "grace")


def shown(user, at=EARLY):
    """Return the first card and the others, as (when, where it stands, button)."""
    found = cards(user, viewer_of(user), at)
    return [(card.when, card.stands, card.button.label if card.button else None) for card in found]


def first(user, at=EARLY):
    return cards(user, viewer_of(user), at)[0]


def test_a_day_without_an_issue_is_said_in_words_and_days_left(erin):
    assert shown(erin) == [
        ("Wednesday 4 March 2026 at 07:30, in 11 days", "March’s issue is not started.", "Start March’s issue")
    ]


def test_the_hour_is_london_s_also_in_summer(erin):
    assert first(erin, APRIL + 10 * DAY).when == "Wednesday 6 May 2026 at 07:30, in 25 days"


def test_a_draft_says_what_is_missing_and_who_does_it(erin, grace):
    issue = make_clean(last_edited_by=erin)
    assert shown(grace) == [
        (
            "Wednesday 4 March 2026 at 07:30, in 11 days",
            "“March 2026 e-bulletin” is written, and waits for its approval.",
            "Check and approve",
        )
    ]
    assert [(step.words, step.who) for step in first(erin).steps] == [
        ("It must be checked and approved.", "An approver: grace")
    ]
    issue.items.all().delete()
    Bulletin.objects.update(intro="")
    assert first(grace).stands == "“March 2026 e-bulletin” is a draft."
    assert [(step.words, step.who) for step in first(grace).steps] == [
        ("It has nothing to read yet: write a section or an item.", "An editor; Erin Example wrote last"),
        ("It must be checked and approved.", "An approver: grace"),
    ]
    assert first(grace).button.label == "Go on writing"


def test_the_last_editor_is_not_offered_the_approval(erin, grace):
    make_clean(last_edited_by=grace)
    ida = make_member("administrator", "ida")
    assert first(grace).button.label == "Go on writing"
    assert first(grace).steps[0].who == "An approver: ida, not you: you edited it last"
    assert first(ida).button.label == "Check and approve"
    assert [step.who for step in first(erin).steps] == ["An approver: ida"]


def test_who_cannot_sign_in_is_not_named(grace, erin):
    make_member("approver", "gone", is_active=False)
    make_clean(last_edited_by=erin)
    assert first(erin).steps[0].who == "An approver: grace"


def test_a_checklist_that_is_not_clear_comes_before_the_approval(erin, grace):
    issue = make_clean(last_edited_by=erin, intro="<p>Write to TODO (soon.</p>")
    card = first(grace)
    assert card.stands == "“March 2026 e-bulletin” is a draft."
    assert card.steps[0].words == "Its checklist must be cleared: two things need a reason."
    assert (card.button.label, card.button.address) == (
        "Go through the checklist",
        reverse("mailings:check", args=[issue.pk]),
    )


def test_an_approved_issue_needs_nothing(erin, grace):
    make_readers(3)
    make_approved()
    card = first(grace)
    assert card.stands == ("“March 2026 e-bulletin” is approved. Nothing to do: it goes out by itself to 3 readers.")
    assert (card.steps, card.button.label, card.tone) == ([], "See what goes out", "good")
    assert "approved it on 3 March, 07:30." in card.notes[0]


def test_a_lapsed_approval_says_who_gave_it_and_what_ended_it(erin, grace):
    issue = approved(make_clean(), EARLY)
    lapse(issue, EARLY + HOUR, "erin edited the issue")
    assert "that no longer counts: erin edited the issue." in first(grace).notes[0]
    assert first(grace).button.label == "Check and approve"


def test_at_its_hour_it_goes_out_within_a_minute(grace):
    make_approved()
    assert first(grace, MARCH).stands.endswith("is approved, and goes out within a minute.")


def test_a_held_day_says_until_when_an_approval_counts(erin, grace):
    tick(MARCH + MINUTE)
    card = first(erin, MARCH + MINUTE)
    assert card.stands == (
        "Held: nothing approved was there to mail. What is approved until 19:30 still goes out at once."
    )
    assert (card.button.label, card.tone) == ("Start March’s issue", "wrong")
    assert shown(erin, MARCH + MINUTE)[1][:2] == (
        "Wednesday 1 April 2026 at 07:30, in 28 days",
        "April’s issue is not started.",
    )


def test_an_issue_that_could_not_go_out_says_why(grace):
    issue = make_approved()
    Bulletin.objects.update(title="Another title")
    tick(MARCH + MINUTE)
    card = first(grace, MARCH + MINUTE)
    assert card.stands == "Held: “Another title” was approved, and could not go out as it is."
    assert "Another title is not what was approved. Nothing was mailed." in card.notes[-1]
    assert card.button.address == reverse("mailings:approve", args=[issue.pk])


def test_a_held_draft_is_to_be_approved(erin, grace):
    make_clean(last_edited_by=erin)
    tick(MARCH + MINUTE)
    assert (first(grace, MARCH + MINUTE).tone, first(grace, MARCH + MINUTE).button.label) == (
        "wrong",
        "Check and approve",
    )


def test_a_missed_day_is_for_a_person_to_decide(erin, grace):
    tick(MARCH + 13 * HOUR)
    make_approved(at=MARCH + 13 * HOUR)
    card = first(grace, MARCH + 14 * HOUR)
    assert card.stands == "Missed: it is more than 12 hours late, so nothing is mailed by itself."
    assert card.button.label == "Send it now…"
    assert card.button.address == reverse("mailings:send_now", args=[Bulletin.objects.get().pk])
    assert first(erin, MARCH + 14 * HOUR).button.label == "See what goes out"


def test_a_missed_day_stays_until_it_is_settled(erin):
    tick(MARCH + 13 * HOUR)
    assert first(erin, MARCH + 20 * DAY).when == "Wednesday 4 March 2026 at 07:30, 20 days ago"
    PublicationDay.objects.filter(date=MARCH.date()).update(state="skipped", reason="nobody had time")
    assert first(erin, MARCH + 20 * DAY).stands == "April’s issue is not started."


def test_a_skipped_day_is_said_and_the_next_one_counts(erin):
    PublicationDay.objects.filter(date=MARCH.date()).update(state="skipped", reason="the holidays")
    card = first(erin)
    assert card.when == "Wednesday 1 April 2026 at 07:30, in 39 days"
    assert card.notes == ["Wednesday 4 March 2026 is skipped: the holidays."]


def test_a_moved_day_and_a_bank_holiday_are_said(erin):
    PublicationDay.objects.filter(date=MARCH.date()).update(state="skipped", reason="the holidays")
    PublicationDay.objects.filter(month="2026-04-01").update(date="2026-04-03", reason="the printer's wish")
    assert first(erin).notes[:2] == [
        "It is Good Friday, a bank holiday.",
        "Not the first Wednesday: the printer's wish.",
    ]


def test_without_any_day_it_says_so(erin):
    PublicationDay.objects.update(state="skipped", reason="a pause")
    assert shown(erin)[0] == (
        "No day yet",
        "No publication day is on in the coming months, so nothing goes out.",
        "See the publication days",
    )


def test_a_special_issue_of_the_month_stands_beside_the_other(grace):
    make_approved()
    special = make_clean(title="A special", publish_at=MARCH - 5 * DAY, publish_reason="it cannot wait")
    assert [(words, label) for _, words, label in shown(grace)] == [
        ("“A special” is written, and waits for its approval.", "Check and approve"),
        (
            "“March 2026 e-bulletin” is approved. Nothing to do: it goes out by itself to 1 reader.",
            "See what goes out",
        ),
    ]
    assert first(grace).button.address == reverse("mailings:approve", args=[special.pk])


def test_a_special_issue_settles_no_day(erin, grace):
    """Its own hour counts, and the month still waits for its own issue."""
    make_clean(title="A special", publish_at=None, special=True)
    special, march = cards(erin, viewer_of(erin), EARLY)[::-1]
    assert (special.when, march.stands) == ("No day yet", "March’s issue is not started.")
    make_readers(1)
    Bulletin.objects.update(publish_at=EARLY, publish_reason="it cannot wait")
    open_mailing(approved(Bulletin.objects.get(), EARLY - DAY), EARLY)
    tick(MARCH + MINUTE)
    assert PublicationDay.objects.get(month="2026-03-01").state == "held"
    assert "Held: nothing approved was there" in shown(grace, MARCH + MINUTE)[0][1]


@pytest.mark.parametrize(("late", "stands"), [(MINUTE, "Held"), (13 * HOUR, "Missed")])
def test_a_special_draft_whose_hour_is_over_comes_first(grace, late, stands):
    make_clean(title="A special", publish_at=EARLY, publish_reason="it cannot wait", special=True)
    card = first(grace, EARLY + late)
    assert card.matter.title == "A special"
    assert card.stands.startswith(stands) and card.tone == "wrong"


def sent_out(readers: int = 2) -> Mailing:
    make_readers(readers)
    mailing = open_mailing(make_approved(), MARCH)
    assert mailing is not None
    return mailing


def test_a_mailing_under_way_comes_first_and_the_next_day_after_it(erin, grace):
    sent_out()
    found = shown(grace, MARCH + MINUTE)
    assert found[0][1].startswith("“March 2026 e-bulletin”: 0 of 2 sent")
    assert found[0][2] == "See how it goes"
    assert found[1] == (
        "Wednesday 1 April 2026 at 07:30, in 28 days",
        "April’s issue is not started.",
        "Start April’s issue",
    )


def test_a_paused_one_says_why_and_who_looks(erin, grace):
    sent_out()
    Mailing.objects.update(state="paused", pause_cause="login")
    card = first(grace, MARCH + MINUTE)
    assert "The relay refuses our login." in card.stands
    assert (card.button.label, card.tone) == ("See why it is paused", "wrong")
    assert first(erin, MARCH + MINUTE).button.label == "See how it goes"


def finish(mailing: Mailing, at: datetime.datetime = MARCH) -> None:
    """Bring a mailing to its end, three minutes later, with all its letters sent."""
    numbers = {"sent": mailing.planned, "skipped": 0, "failed": 0, "abandoned": 0}
    Mailing.objects.filter(pk=mailing.pk).update(state="finished", finished_at=at + 3 * MINUTE, **numbers)


def test_once_it_is_over_the_next_issue_is_next(grace):
    finish(sent_out())
    assert [words for _, words, _ in shown(grace, MARCH + HOUR)] == ["April’s issue is not started."]


def test_an_issue_that_was_mailed_before_its_day_is_not_asked_for_again(erin):
    make_readers(1)
    make_approved(publish_at=EARLY - DAY, publish_reason="it could not wait", at=EARLY - 2 * DAY)
    tick(EARLY - DAY)
    finish(Mailing.objects.get(), EARLY - DAY)
    assert first(erin, EARLY + 2 * DAY).stands == "April’s issue is not started."


def test_a_copy_of_the_database_promises_nothing(grace):
    make_approved()
    SenderClaim.objects.create(identity="elsewhere", at=EARLY, why="the real one")
    assert "nothing goes out from here" in first(grace).stands


# The page


def page(client, user, at=EARLY):
    client.force_login(user)
    with time_machine.travel(at, tick=False):
        return " ".join(client.get(DESK).content.decode().split())


def test_there_is_exactly_one_button(client, erin, grace):
    make_bulletin(last_edited_by=erin)
    make_bulletin(title="A special", publish_at=MARCH - 5 * DAY, publish_reason="it cannot wait")
    words = page(client, grace)
    assert words.count('id="next-button"') == 1
    panel = words[words.index('aria-labelledby="next-step"') : words.index('class="panels"')]
    assert panel.count('class="button') == 1


def test_an_editor_is_told_who_approves_and_offered_nothing_of_it(client, erin, grace):
    issue = make_clean(last_edited_by=erin)
    words = page(client, erin)
    assert "An approver: grace" in words
    assert reverse("mailings:approve", args=[issue.pk]) not in words
    assert reverse("admin:bulletins_bulletin_change", args=[issue.pk]) in words


def test_the_last_report_has_its_balance_and_link(client, grace):
    assert "Nothing was mailed yet." in page(client, grace)
    mailing = sent_out()
    finish(mailing)
    words = page(client, grace, MARCH + 3 * DAY)
    assert "<strong>2</strong> of 2 sent" in words
    assert "Wednesday 4 March 2026, 07:30, in 3 minutes." in words
    assert "2 planned = 2 sent + 0 skipped + 0 failed + 0 abandoned: it balances." in words
    assert reverse("admin:mailings_mailing_change", args=[mailing.pk]) in words


def test_a_title_is_only_words(client, grace):
    make_bulletin(title="<b>{readers}</b> {0.__class__}")
    assert "“&lt;b&gt;{readers}&lt;/b&gt; {0.__class__}”" in page(client, grace)


def test_what_nobody_gave_is_not_shown(client):
    words = page(client, make_staff("clerk", "view_suppression"))
    assert 'class="step' not in words
    assert 'class="panel"' not in words


@pytest.mark.parametrize(("issues", "most"), [(0, 33), (1, 59), (4, 144), (9, 144)])
def test_what_it_costs_does_not_grow_with_the_readers_or_with_old_drafts(client, grace, issues, most):
    for number in range(issues):
        make_bulletin(title=f"Issue {number}", publish_at=MARCH - number * DAY, publish_reason="for the test")
    make_readers(5)
    client.force_login(grace)
    with time_machine.travel(EARLY, tick=False), CaptureQueriesContext(connection) as asked:
        client.get(DESK)
    assert len(asked) <= most


def test_looking_changes_nothing(client, grace):
    before = list(PublicationDay.objects.values_list("pk", "state"))
    page(client, grace, MARCH + HOUR)
    assert list(PublicationDay.objects.values_list("pk", "state")) == before
    assert not Mailing.objects.exists()
