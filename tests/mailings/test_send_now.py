"""Sending an approved issue at once: what the page says, what it asks for, and that it happens once."""

import datetime
import threading

import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from bulletins.models import Bulletin
from mailings.models import Mailing, MailingAct
from publication.models import SenderClaim
from tests.conftest import SecureClient
from tests.factories import make_approved, make_bulletin, make_publication, make_staff
from tests.mailings.cast import at_once, make_readers

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough password"
AHEAD = datetime.timedelta(days=3)
RIGHTS = ("approve_bulletin", "view_bulletin", "view_mailing")


@pytest.fixture
def grace(client):
    grace = make_staff("grace", *RIGHTS)
    client.force_login(grace)
    return grace


def make_issue(**fields) -> Bulletin:
    """Make an issue that is approved for a later hour, and two readers."""
    make_publication()
    make_readers(2)
    return make_approved(**{"publish_at": timezone.now() + AHEAD, "publish_reason": "for the test", **fields})


def place(bulletin):
    return reverse("mailings:send_now", args=[bulletin.pk])


def look(client, bulletin):
    return " ".join(client.get(place(bulletin)).content.decode().split())


def send(client, bulletin, **fields):
    """Fill in the page and press its button."""
    given = {"reason": "it cannot wait", "confirmation": bulletin.slug, "password": PASSWORD, **fields}
    return client.post(place(bulletin), given)


def test_it_says_to_how_many_and_what_happens_and_changes_nothing(client, grace):
    bulletin = make_issue()
    words = look(client, bulletin)
    assert "It goes to 2 readers at once." in words
    assert "It does not wait for its hour" in words
    assert 'autocomplete="current-password"' in words
    client.head(place(bulletin))
    assert not Mailing.objects.exists()
    assert Bulletin.objects.get().publish_at > timezone.now()


def test_it_is_mailed_at_once_and_written_down(client, grace):
    answer = send(client, make_issue())
    mailing = Mailing.objects.get()
    assert answer.headers["Location"] == reverse("admin:mailings_mailing_change", args=[mailing.pk])
    assert (mailing.planned, mailing.deliveries.count()) == (2, 2)
    assert Bulletin.objects.get().is_published(timezone.now())
    assert [(act.by, act.why) for act in MailingAct.objects.all()] == [(grace, "it cannot wait")]
    assert LogEntry.objects.filter(user=grace).get().change_message == "Sent it now: “it cannot wait”"
    shown = client.get(answer.headers["Location"]).content.decode()
    assert "The mailing has begun: 2 letters on their way." in shown


def test_an_issue_whose_day_was_missed_is_sent(client, grace):
    bulletin = make_issue(publish_at=timezone.now() - AHEAD)
    assert "Its hour was" in look(client, bulletin)
    send(client, bulletin)
    assert Mailing.objects.get().bulletin == bulletin


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"password": "guessed"}, "That is not your password."),
        ({"password": ""}, "This field is required."),
        ({"confirmation": "marsh"}, "Type march to confirm that this issue is to leave now."),
        ({"reason": ""}, "This field is required."),
        ({"reason": "two\nlines"}, "Write this on one line"),
    ],
)
def test_without_all_three_nothing_is_sent(client, grace, fields, words):
    answer = send(client, make_issue(), **fields)
    assert words in answer.content.decode()
    assert PASSWORD not in answer.content.decode()
    assert not Mailing.objects.exists()


def test_the_fifth_wrong_password_locks_out_also_the_right_one(client, grace):
    bulletin = make_issue()
    assert [send(client, bulletin, password="guessed").status_code for _ in range(5)] == [200] * 4 + [429]
    answer = send(client, bulletin)
    assert answer.status_code == 429
    assert "There were too many wrong passwords." in answer.content.decode()
    assert not Mailing.objects.exists()


def test_nothing_of_a_wrong_password_is_kept_or_logged(client, grace, caplog):
    with caplog.at_level("DEBUG"):
        send(client, make_issue(), password="nearly the password")
    assert "nearly the password" not in caplog.text
    assert "nearly the password" not in AccessAttempt.objects.get().post_data
    assert not LogEntry.objects.filter(user=grace).exists()


def test_the_password_of_somebody_else_is_none(client, grace):
    make_staff("alan").set_password("another long password")
    assert "That is not your password." in send(client, make_issue(), password="another long password").content.decode()


def test_a_second_press_is_told_that_it_was_started(client, grace):
    bulletin = make_issue()
    send(client, bulletin)
    words = send(client, bulletin).content.decode()
    assert "was started already by grace" in words
    assert reverse("admin:mailings_mailing_change", args=[Mailing.objects.get().pk]) in words
    assert (Mailing.objects.count(), MailingAct.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_two_who_press_at_once_send_it_once():
    bulletin, names = make_issue(), iter(["grace", "alan"])
    clients = [SecureClient(), SecureClient()]
    for client in clients:
        client.force_login(make_staff(next(names), *RIGHTS))
    waiting, lock = list(clients), threading.Lock()

    def press() -> int:
        with lock:
            client = waiting.pop()
        return send(client, bulletin).status_code

    assert sorted(at_once(2, press)) == [200, 302]
    assert (Mailing.objects.count(), MailingAct.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda: Bulletin.objects.update(status="draft"), "it must be approved first"),
        (lambda: Bulletin.objects.update(audience="archive only"), "it is never mailed"),
        (lambda: Bulletin.objects.update(title="Another title"), "is not what was approved"),
        (
            lambda: SenderClaim.objects.create(identity="elsewhere", at=timezone.now(), why="a copy"),
            "claim the sending",
        ),
    ],
)
def test_what_cannot_be_sent_says_why_and_offers_no_button(client, grace, spoil, words):
    bulletin = make_issue()
    spoil()
    shown = look(client, bulletin)
    assert words in shown
    assert 'name="password"' not in shown
    assert words in send(client, bulletin).content.decode()
    assert not Mailing.objects.exists()


def test_an_issue_that_cannot_be_written_as_a_letter_says_so(client, grace):
    make_publication(sender_name="Two\nlines")
    bulletin = make_approved(publish_at=timezone.now() + AHEAD, publish_reason="for the test")
    assert "cannot be written as a letter: The From of a letter" in send(client, bulletin).content.decode()
    assert not Mailing.objects.exists()


def test_who_may_not_approve_may_not_send(client):
    bulletin = make_issue()
    assert client.post(place(bulletin)).status_code == 302
    client.force_login(make_staff("ed", "change_bulletin", "steer_mailing"))
    assert (client.get(place(bulletin)).status_code, send(client, bulletin).status_code) == (403, 403)


def test_without_a_broker_it_is_sent_all_the_same(client, grace, unreachable_broker):
    answer = send(client, make_issue())
    assert "the broker (REDIS_URL) is away" in client.get(answer.headers["Location"]).content.decode()
    assert Mailing.objects.exists()


@pytest.mark.parametrize(("make", "offered"), [(make_issue, True), (make_bulletin, False)])
def test_the_approve_page_leads_there_once_it_is_approved(client, grace, make, offered):
    bulletin = make()
    page = client.get(reverse("mailings:approve", args=[bulletin.pk])).content.decode()
    assert (place(bulletin) in page) == offered


def test_the_approve_page_of_a_mailed_issue_leads_there_no_more(client, grace):
    bulletin = make_issue()
    send(client, bulletin)
    assert place(bulletin) not in client.get(reverse("mailings:approve", args=[bulletin.pk])).content.decode()
