"""A copy of the database sends nothing until somebody claims the sending, on the page or by the command."""

import io
import sys

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import Error
from django.urls import reverse

from mailings.alerts import post_alerts, raise_alert
from mailings.claiming import claim
from mailings.clock import tick
from mailings.models import Mailing, MailingAct, Rhythm
from mailings.opening import send_now
from mailings.rehearsal import frozen_now, send_test
from mailings.sending import drain
from publication.models import SenderClaim
from subscribers.letters import post_due
from subscribers.models import OutgoingLetter
from tests.factories import MARCH, make_publication, make_staff, make_subscriber
from tests.mailings.cast import MINUTE, at_once, make_approver, make_due, make_mailing, make_readers, states

pytestmark = pytest.mark.django_db

PAGE = reverse("mailings:claim")
HERE = "https://bulletin.example.org"
FILLED = {"reason": "The old machine burnt.", "confirmation": HERE}


@pytest.fixture
def copy() -> None:
    """The database of another installation, restored here."""
    make_publication()
    SenderClaim.objects.create(identity="the first machine", at=MARCH, why="the first to send")


@pytest.fixture
def grace(client):
    person = make_staff("grace", "add_senderclaim")
    client.force_login(person)
    return person


def senders() -> list[str]:
    return list(SenderClaim.objects.order_by("pk").values_list("identity", flat=True))


# Before anybody claims it


def test_a_copy_sends_no_issue(copy, relay):
    mailing = make_mailing(readers=2)
    assert tick(MARCH + MINUTE) == []
    assert drain(mailing.pk, 5) == 0
    assert states(mailing) == {"queued": 2}
    assert relay.accepted == []


def test_a_copy_opens_none(copy):
    make_due()
    tick(MARCH)
    assert not Mailing.objects.exists()
    with pytest.raises(ValidationError, match="the first machine sends from this database"):
        send_now(make_due(slug="march-2", title="Another"), None, "now", MARCH)


def test_a_copy_posts_no_confirmation(copy):
    OutgoingLetter.objects.create(subscriber=make_subscriber(status="pending"), kind="confirm", due=MARCH)
    assert post_due(MARCH) == 0
    assert mail.outbox == []


def test_a_copy_posts_no_alert(copy, day):
    make_approver()
    raise_alert(day, "held", "Words.", MARCH)
    assert post_alerts() == 0
    assert mail.outbox == []


def test_a_copy_sends_no_test_letter(copy, relay):
    with pytest.raises(ValidationError, match="the first machine sends from this database"):
        send_test(frozen_now(make_due()), "grace@example.org")
    assert relay.accepted == []


def test_a_copy_says_at_each_tick_that_it_lives(copy):
    tick(MARCH)
    assert Rhythm.objects.ticked_at() == MARCH


def test_the_first_to_tick_begins_a_database_that_nobody_claimed():
    make_publication()
    tick(MARCH)
    tick(MARCH + MINUTE)
    assert senders() == [HERE]


# The page


def test_it_says_who_sends_and_what_claiming_does(client, grace, copy):
    make_mailing(readers=3)
    OutgoingLetter.objects.create(subscriber=make_subscriber(status="pending"), kind="confirm", due=MARCH)
    page = client.get(PAGE).content.decode()
    assert "<strong>the first machine</strong> sends from this database since 4 March 2026, 07:30" in page
    assert "The mailing of March 2026 e-bulletin is under way here: it is paused" in page
    assert "1 letter to one person each, such as confirmations, waits and leaves at once." in page
    assert senders() == ["the first machine"]


def test_claiming_pauses_what_is_under_way_and_keeps_who_and_why(client, grace, copy, relay):
    mailing = make_mailing(readers=3)
    assert client.post(PAGE, FILLED, follow=True).content.decode().count("1 mailing is paused") == 1
    claimed = SenderClaim.objects.in_force()
    assert (claimed.identity, claimed.by, claimed.why) == (HERE, grace, "The old machine burnt.")
    paused = Mailing.objects.get()
    assert (paused.state, paused.pause_cause) == ("paused", "takeover")
    act = MailingAct.objects.get()
    assert (act.act, act.by, act.mailing) == ("pause", grace, mailing)
    assert act.why == f"{HERE} took over the sending: The old machine burnt."
    assert drain(mailing.pk, 5) == 0
    assert relay.accepted == []


def test_what_is_due_and_unmailed_as_far_as_the_copy_knows_waits_for_a_person(copy, relay):
    make_readers(3)
    make_due()
    assert claim(make_approver(), "restored", MARCH + MINUTE) == 1
    mailing = Mailing.objects.get()
    assert (mailing.state, mailing.pause_cause) == ("paused", "takeover")
    assert tick(MARCH + 2 * MINUTE) == []
    assert relay.accepted == []


@pytest.mark.django_db(transaction=True)
def test_afterwards_it_sends(copy, relay):
    claim(make_approver(), "moved", MARCH)
    mailing = make_mailing(readers=2)
    assert tick(MARCH) == [mailing.pk]
    assert drain(mailing.pk, 5) == 2


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"confirmation": "yes"}, f"Type {HERE} to confirm that it is to send"),
        ({"confirmation": ""}, "This field is required."),
        ({"reason": ""}, "This field is required."),
        ({"reason": "two\nlines"}, "Write this on one line"),
        ({"reason": "x" * 201}, "at most 200 characters"),
    ],
)
def test_without_a_reason_or_the_typed_name_nothing_is_claimed(client, grace, copy, fields, words):
    assert words in client.post(PAGE, {**FILLED, **fields}).content.decode()
    assert senders() == ["the first machine"]


def test_a_second_click_claims_nothing_more(client, grace, copy):
    client.post(PAGE, FILLED)
    assert "there is nothing to claim" in client.post(PAGE, FILLED).content.decode()
    assert senders() == ["the first machine", HERE]


def test_what_others_wrote_is_shown_as_text(client, grace):
    SenderClaim.objects.create(identity="<b>there</b>", at=MARCH, why="<script>alert(1)</script>")
    page = client.get(PAGE).content.decode()
    assert "&lt;b&gt;there&lt;/b&gt;" in page
    assert "<script>alert(1)" not in page


def test_who_may_not_claim_sees_nothing_of_it(client, copy):
    client.force_login(make_staff("heidi", "view_senderclaim"))
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, FILLED).status_code == 403
    client.logout()
    assert client.get(PAGE).url.startswith("/admin/login/")
    assert "Nothing was saved" in client.post(PAGE, FILLED).content.decode()
    assert senders() == ["the first machine"]


def test_the_installation_that_sends_is_told_that_there_is_nothing_to_claim(client, grace):
    tick(MARCH)
    page = client.get(PAGE).content.decode()
    assert "so there is nothing to claim" in page
    assert "<form method" not in page.partition('class="release"')[2]


def test_the_desk_says_that_nothing_is_sent_from_here(client, grace, copy):
    desk = client.get("/admin/").content.decode()
    assert "Nothing is sent from here: the first machine sends from this database." in desk
    assert f'href="{PAGE}"' in desk
    claim(grace, "moved", MARCH)
    assert "Nothing is sent from here" not in client.get("/admin/").content.decode()


def test_the_list_of_claims_can_be_read_and_not_changed(client, copy):
    client.force_login(make_staff("grace", is_superuser=True))
    claims = reverse("admin:publication_senderclaim_changelist")
    assert "the first machine" in client.get(claims).content.decode()
    assert client.get(reverse("admin:publication_senderclaim_add")).status_code == 403
    with pytest.raises(Error, match="sender_claim_is_kept"):
        SenderClaim.objects.update(identity=HERE)


@pytest.mark.django_db(transaction=True)
def test_two_who_claim_at_once_leave_one_claim(transactional_db, copy):
    person = make_approver()

    def claimed() -> bool:
        try:
            claim(person, "moved", MARCH)
        except ValidationError:
            return False
        return True

    assert sorted(at_once(4, claimed)) == [False, False, False, True]
    assert senders() == ["the first machine", HERE]


# The command


def claim_by_command(typed: str, *words: str, monkeypatch) -> str:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    call_command("claim_sender", *words, stdout=out)
    return out.getvalue()


def test_the_command_does_the_same(grace, copy, monkeypatch):
    make_mailing(readers=1)
    said = claim_by_command(f"{HERE}\n", "--why", "moved", "--by", "grace", monkeypatch=monkeypatch)
    assert "The mailing of March 2026 e-bulletin is under way and will be paused." in said
    assert f"{HERE} sends from now on. 1 mailing is paused" in said
    assert SenderClaim.objects.in_force().by == grace
    assert Mailing.objects.get().pause_cause == "takeover"


@pytest.mark.parametrize(
    ("typed", "why", "by", "words"),
    [
        ("yes\n", "moved", "grace", "it was not confirmed"),
        ("", "moved", "grace", "it was not confirmed"),
        (f"{HERE}\n", "", "grace", "cannot be blank"),
        (f"{HERE}\n", "two\nlines", "grace", "Write this on one line"),
        (f"{HERE}\n", "moved", "nobody", "no active member of staff called 'nobody'"),
        (f"{HERE}\n", "moved", "heidi", "no active member of staff called 'heidi' who may claim"),
    ],
)
def test_the_command_refuses_with_a_sentence(grace, copy, monkeypatch, typed, why, by, words):
    make_staff("heidi")
    with pytest.raises(CommandError, match=words):
        claim_by_command(typed, "--why", why, "--by", by, monkeypatch=monkeypatch)
    assert senders() == ["the first machine"]


def test_the_command_finds_nothing_to_claim_where_it_sends(grace, monkeypatch):
    tick(MARCH)
    with pytest.raises(CommandError, match="nothing to claim"):
        claim_by_command("", "--why", "moved", "--by", "grace", monkeypatch=monkeypatch)
