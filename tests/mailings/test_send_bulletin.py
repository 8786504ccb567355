import io
import re
from email.message import EmailMessage

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import override_settings
from time_machine import travel

from bulletins.models import Bulletin, NewsItem, PublicationDay
from mailings.models import Delivery, Mailing, MailingAct
from mailings.rehearsal import NOBODYS_TOKEN
from publication.models import Publication
from subscribers.models import Subscriber
from tests.factories import MARCH, make_bulletin, make_publication
from tests.mailings.cast import DAY, HOUR, MINUTE, approved, body_of, make_due, make_readers
from tests.relay import free_port, parsed

pytestmark = pytest.mark.django_db


def send(*words: str) -> str:
    out = io.StringIO()
    call_command("send_bulletin", *words, stdout=out, stderr=out)
    return out.getvalue()


def refused(words: str):
    return pytest.raises(CommandError, match=words)


def rows() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in apps.get_models()}


def answer(monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(words))


def no_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)


# Which issue


@pytest.mark.parametrize(
    "issue",
    ["2026/may", "2025/march", "march", "2026", "2026/", "0000/march", "26/march", "2026/march/x", "²026/march", ""],
)
def test_an_unknown_issue_is_an_error_that_says_what_to_give(issue):
    make_due()
    with refused("There is no issue .*: give year/slug"):
        send(issue, "--dry-run")


def test_a_slash_at_the_end_is_no_matter():
    make_due()
    assert "March 2026" in send("/2026/march/", "--dry-run")


def test_one_way_at_a_time():
    make_due()
    with refused("not allowed with"):
        send("2026/march", "--now", "--dry-run")


# Rehearsing


def rehearsed(*words: str) -> tuple[str, EmailMessage]:
    head, _, letter = send(*words, "--dry-run").partition("\n\n")
    return head, parsed(letter.replace("\r\n", "\n").encode())


def test_a_rehearsal_says_how_many_and_prints_one_letter():
    make_readers(3)
    make_readers(2, first=3, status="pending")
    make_due()
    head, letter = rehearsed("2026/march")
    assert re.fullmatch(r"March 2026 e-bulletin \(approved, for subscribers\): 3 readers, \d+ bytes a letter\.", head)
    assert letter["Subject"] == "March 2026 e-bulletin"
    assert "An example headline" in body_of(letter, "plain")
    assert NOBODYS_TOKEN in letter["List-Unsubscribe"]
    assert not Subscriber.objects.filter(letter_token=NOBODYS_TOKEN).exists()


def test_nobodys_token_has_the_shape_of_a_token_and_belongs_to_nobody():
    assert re.fullmatch(r"[\w-]{43}", NOBODYS_TOKEN)


@pytest.mark.parametrize("fields", [{}, {"audience": "archive only"}, {"publish_at": None}])
def test_a_rehearsal_of_anything_writes_nothing(fields):
    make_publication()
    make_readers(2)
    make_bulletin(**fields)
    before = rows()
    send("2026/march", "--dry-run")
    assert rows() == before


def test_a_rehearsal_of_what_cannot_be_written_says_so():
    make_due()
    Publication.objects.update(sender_name="Us\nBcc: z@example.org")
    with refused("cannot be written as a letter: The From of a letter cannot hold a line break"):
        send("2026/march", "--dry-run")


# One letter


def test_one_letter_goes_to_an_address_marked_as_a_test(relay):
    make_readers(3)
    make_due()
    before = rows()
    assert "A test letter went to me@example.org: 250" in send("2026/march", "--only", "me@EXAMPLE.org")
    assert relay.addresses == ["me@example.org"]
    (letter,) = relay.letters()
    assert letter["Subject"] == "[TEST] March 2026 e-bulletin"
    assert letter.defects == []
    assert rows() == before


def test_a_draft_may_be_tried_too(relay):
    make_publication()
    make_bulletin()
    send("2026/march", "--only", "me@example.org")
    assert len(relay.accepted) == 1


@pytest.mark.parametrize(
    "address", ["nobody", "a@b", "a@localhost", "A <a@example.org>", "a@example.org\nBcc: b@example.org"]
)
def test_a_bad_address_is_refused_in_words(relay, address):
    make_due()
    with refused("address"):
        send("2026/march", "--only", address)
    assert relay.addresses == []


def test_what_the_relay_holds_against_it_is_told(relay):
    make_due()
    relay.rcpt_answers["me@example.org"] = "550 no such person"
    with refused("did not take the test letter: 550 no such person"):
        send("2026/march", "--only", "me@example.org")


def test_a_relay_that_is_not_there_is_told():
    make_due()
    with override_settings(EMAIL_HOST="127.0.0.1", EMAIL_PORT=free_port()), refused("did not take the test letter"):
        send("2026/march", "--only", "me@example.org")


# When it is due


@travel(MARCH + MINUTE, tick=False)
def test_a_due_issue_is_opened():
    make_readers(2)
    make_due()
    assert "2 planned: 2 queued (balances)" in send("2026/march")
    assert Delivery.objects.count() == 2


@travel(MARCH - DAY, tick=False)
def test_one_that_is_not_due_is_left_alone():
    make_due()
    with refused("is not due. See --dry-run; --now"):
        send("2026/march")
    assert not Mailing.objects.exists()


@travel(MARCH + 2 * MINUTE, tick=False)
def test_one_that_was_opened_already_says_when():
    make_due()
    send("2026/march")
    with refused("was started already, on 04 March 2026 at 07:32:00"):
        send("2026/march")


@travel(MARCH, tick=False)
def test_a_broker_that_is_away_leaves_the_mailing_to_the_next_tick(unreachable_broker):
    make_readers(1)
    make_due()
    assert "The broker cannot be reached" in send("2026/march")
    assert Mailing.objects.get().state == "sending"


# Now


@travel(MARCH - DAY, tick=False)
def test_now_opens_it_before_its_hour(monkeypatch):
    no_question(monkeypatch)
    make_readers(2)
    make_due()
    assert "2 planned" in send("2026/march", "--now")
    bulletin = Bulletin.objects.get()
    assert (bulletin.publish_at, bulletin.publish_reason) == (MARCH - DAY, "sent now: send_bulletin --now")
    assert not MailingAct.objects.exists()


@travel(MARCH + HOUR, tick=False)
def test_now_twice_says_when_it_was_started():
    make_due()
    send("2026/march", "--now")
    with refused("was started already, on 04 March 2026 at 08:30:00"):
        send("2026/march", "--now")
    assert Mailing.objects.count() == 1


@travel(MARCH, tick=False)
def test_now_refuses_an_issue_for_the_archive():
    make_due(audience="archive only")
    with refused("for the archive only: it is never mailed"):
        send("2026/march", "--now")


@travel(MARCH, tick=False)
def test_now_refuses_a_draft():
    make_publication()
    make_bulletin()
    with refused("is a draft: it must be approved first"):
        send("2026/march", "--now")


@travel(MARCH, tick=False)
def test_now_refuses_what_changed_since_it_was_approved():
    make_due()
    NewsItem.objects.update(headline="Another")
    with refused("not what was approved"):
        send("2026/march", "--now")
    assert not Mailing.objects.exists()


LATE = MARCH + 13 * HOUR


@travel(LATE, tick=False)
def test_more_than_12_hours_late_it_asks_and_takes_yes(monkeypatch, day):
    PublicationDay.objects.filter(pk=day.pk).update(state="missed")
    answer(monkeypatch, "yes\n")
    make_readers(1)
    make_due()
    said = send("2026/march", "--now")
    assert "was due on 04 March 2026 at 07:30, more than 12 hours ago" in said
    assert Mailing.objects.get().planned == 1
    day.refresh_from_db()
    assert day.state == "open"


@pytest.mark.parametrize("typed", ["", "\n", "no\n", "y\n", "YES!\n"])
@travel(LATE, tick=False)
def test_and_nothing_else(monkeypatch, typed):
    answer(monkeypatch, typed)
    make_due()
    with refused("Nothing was mailed"):
        send("2026/march", "--now")
    assert not Mailing.objects.exists()


@travel(MARCH + 12 * HOUR - MINUTE, tick=False)
def test_within_12_hours_it_does_not_ask(monkeypatch):
    no_question(monkeypatch)
    make_due()
    send("2026/march", "--now")
    assert Mailing.objects.exists()


@travel(LATE, tick=False)
def test_it_does_not_ask_about_what_it_would_refuse(monkeypatch):
    no_question(monkeypatch)
    make_publication()
    bulletin = make_bulletin(audience="archive only")
    approved(bulletin, LATE)
    with refused("archive only"):
        send("2026/march", "--now")
