import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bulletins.approval import approve, lapse, withdraw
from bulletins.models import Author, Bulletin, NewsItem, PublicationDay
from mailings.clock import tick
from mailings.models import AlertSent, Delivery, Mailing, MailingAct
from mailings.opening import due, open_mailing, send_now
from mailings.reports import balance
from publication.models import Publication
from subscribers.models import Suppression
from tests.factories import MARCH, make_bulletin, make_publication
from tests.mailings.cast import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    approved,
    at_once,
    make_approver,
    make_due,
    make_readers,
)

pytestmark = pytest.mark.django_db


def mailed_to() -> set[str]:
    return set(Delivery.objects.values_list("subscriber__address", flat=True))


def kinds() -> list[str]:
    return [kind.split()[0] for kind in AlertSent.objects.order_by("pk").values_list("kind", flat=True)]


# The window


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        (MARCH - DAY, False),
        (MARCH - SECOND, False),
        (MARCH, True),
        (MARCH + 12 * HOUR - SECOND, True),
        (MARCH + 12 * HOUR, False),
        (MARCH + 13 * HOUR, False),
    ],
)
def test_an_issue_is_mailed_from_its_hour_on_for_half_a_day(at, opens):
    make_readers(2)
    make_due()
    tick(at)
    assert Mailing.objects.exists() is opens
    assert Delivery.objects.count() == 2 * opens


def test_an_issue_for_the_archive_is_never_mailed():
    make_readers(1)
    make_due(audience="archive only")
    tick(MARCH)
    assert not Mailing.objects.exists()


def test_a_draft_is_never_mailed():
    make_publication()
    make_readers(1)
    make_bulletin()
    tick(MARCH)
    assert not Mailing.objects.exists()


def test_a_withdrawn_issue_is_never_mailed():
    make_readers(1)
    withdraw(make_due(), "It was wrong.")
    tick(MARCH)
    assert not Mailing.objects.exists()


def test_an_issue_approved_without_an_approval_is_never_mailed():
    make_publication()
    make_readers(1)
    Bulletin.objects.filter(pk=make_bulletin().pk).update(status="approved")
    tick(MARCH)
    assert not Mailing.objects.exists()
    assert kinds() == ["changed"]


# The readers


@pytest.mark.parametrize("status", ["pending", "unsubscribed", "bounced", "complained"])
def test_who_is_not_active_gets_no_letter(status):
    (active,) = make_readers(1)
    make_readers(1, first=1, status=status)
    make_due()
    tick(MARCH)
    assert mailed_to() == {active.address}


@pytest.mark.parametrize("reason", Suppression.Reason.values)
def test_who_is_suppressed_gets_no_letter(reason):
    active, suppressed = make_readers(2)
    Suppression.objects.create(address_hash=suppressed.address_hash, reason=reason, at=MARCH)
    make_due()
    tick(MARCH)
    assert mailed_to() == {active.address}
    assert Mailing.objects.get().planned == 1


def test_who_joins_later_gets_the_next_issue():
    make_readers(1)
    make_due()
    tick(MARCH)
    make_readers(1, first=1)
    tick(MARCH + MINUTE)
    assert mailed_to() == {"reader0@example.org"}


def test_an_issue_without_readers_is_finished_at_once():
    make_due()
    assert tick(MARCH) == []
    assert Mailing.objects.get().state == "finished"


# What is frozen


def test_each_letter_has_a_message_id_of_its_own_that_is_the_same_every_time():
    make_readers(3)
    make_due()
    tick(MARCH)
    ids = set(Delivery.objects.values_list("message_id", flat=True))
    assert len(ids) == 3
    assert all(i.startswith("<b") and i.endswith("@bulletin.example.org>") for i in ids)


def test_the_mailing_holds_what_was_approved():
    make_readers(1)
    bulletin = make_due(title="A fine title")
    tick(MARCH)
    mailing = Mailing.objects.get()
    assert (mailing.bulletin, mailing.subject, mailing.number) == (bulletin, "A fine title", 0)
    assert (mailing.started_at, mailing.state) == (MARCH, "sending")
    assert "An example headline" in mailing.html
    assert "An example headline" in mailing.text


def test_a_correction_after_the_opening_changes_no_letter():
    make_readers(1)
    make_due()
    tick(MARCH)
    NewsItem.objects.update(headline="Corrected")
    tick(MARCH + MINUTE)
    assert "Corrected" not in Mailing.objects.get().text
    assert kinds() == []


# Once


def test_a_second_tick_does_nothing():
    make_readers(5)
    make_due()
    assert tick(MARCH) == tick(MARCH + MINUTE)
    assert Mailing.objects.count() == 1
    assert Delivery.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_four_ticks_at_once_open_one_mailing():
    make_readers(20)
    make_due()
    found = at_once(4, lambda: tick(MARCH))
    mailing = Mailing.objects.get()
    assert found == [[mailing.pk]] * 4
    assert Delivery.objects.count() == 20
    assert balance(mailing).holds


@pytest.mark.django_db(transaction=True)
def test_four_ticks_at_once_hold_a_day_once(transactional_db, day):
    make_publication()
    at_once(4, lambda: tick(MARCH))
    assert kinds() == ["held"]


def queries_to_open(bulletin: Bulletin) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert open_mailing(bulletin, MARCH)
    return len(queries)


def test_opening_takes_the_same_number_of_queries_for_5_and_500_readers():
    make_readers(5)
    few = queries_to_open(make_due())
    make_readers(495, first=5)
    assert queries_to_open(make_due(title="The second one")) == few
    assert sorted(Mailing.objects.values_list("planned", flat=True)) == [5, 500]


# Changed after it was approved


CHANGES = {
    "a headline": lambda: NewsItem.objects.update(headline="Another headline"),
    "the title": lambda: Bulletin.objects.update(title="Another title"),
    "the author": lambda: Author.objects.update(role="Another role"),
    "the publication": lambda: Publication.objects.update(share_words="<p>Other words.</p>"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_changed_since_it_was_approved_is_held_with_one_alert(what, day):
    make_readers(1)
    make_due()
    CHANGES[what]()
    for minutes in range(3):
        tick(MARCH + minutes * MINUTE)
    assert not Mailing.objects.exists()
    day.refresh_from_db()
    assert day.state == "held"
    assert kinds() == ["changed"]


def test_approved_again_it_is_mailed_and_the_day_is_open(day):
    make_readers(1)
    bulletin = make_due()
    NewsItem.objects.update(headline="Another headline")
    tick(MARCH)
    approve(bulletin, make_approver(), MARCH + MINUTE)
    tick(MARCH + 2 * MINUTE)
    assert "Another headline" in Mailing.objects.get().text
    day.refresh_from_db()
    assert day.state == "open"


def test_changed_again_it_is_held_again_with_an_alert_of_its_own():
    bulletin = make_due()
    NewsItem.objects.update(headline="Another headline")
    tick(MARCH)
    approve(bulletin, make_approver(), MARCH + MINUTE)
    NewsItem.objects.update(headline="A third headline")
    tick(MARCH + 2 * MINUTE)
    assert kinds() == ["changed", "changed"]


def test_a_changed_issue_is_missed_in_the_end(day):
    make_due()
    NewsItem.objects.update(headline="Another headline")
    tick(MARCH)
    tick(MARCH + 13 * HOUR)
    assert kinds() == ["changed", "missed"]


def test_an_issue_older_than_the_installation_is_still_told_of():
    make_due(publish_at=MARCH + 7 * DAY, publish_reason="late")
    NewsItem.objects.update(headline="Another headline")
    tick(MARCH + 7 * DAY)
    assert not PublicationDay.objects.filter(month=MARCH.date().replace(day=1)).exists()
    assert kinds() == ["changed"]


def test_one_that_is_opened_by_hand_before_any_tick_is_told_of_too():
    bulletin = make_due()
    NewsItem.objects.update(headline="Another headline")
    assert open_mailing(bulletin, MARCH) is None
    assert kinds() == ["changed"]


# What cannot be written


def test_a_letter_that_cannot_be_written_is_held_and_stops_nothing_else():
    make_readers(1)
    make_due()
    second = make_due(title="The second one")
    Bulletin.objects.exclude(pk=second.pk).update(title="A \x02token\x03 ☃")
    reapproved(Bulletin.objects.exclude(pk=second.pk).get())
    tick(MARCH)
    tick(MARCH + MINUTE)
    assert Mailing.objects.get().bulletin == second
    assert kinds() == ["unwritable"]


def reapproved(bulletin: Bulletin) -> None:
    lapse(bulletin, MARCH - HOUR, "for the test")
    approved(bulletin, MARCH - HOUR)


# Send now


def test_send_now_mails_an_issue_before_its_hour_and_says_who_did_it():
    make_readers(2)
    approver = make_approver()
    mailing = send_now(make_due(), approver, "They wait for it.", MARCH - HOUR)
    assert mailing.planned == 2
    bulletin = Bulletin.objects.get()
    assert (bulletin.publish_at, bulletin.publish_reason) == (MARCH - HOUR, "sent now: They wait for it.")
    act = MailingAct.objects.get()
    assert (act.by, act.act, act.at, act.why) == (approver, "send now", MARCH - HOUR, "They wait for it.")


def test_send_now_of_a_missed_issue_keeps_its_hour_and_opens_the_day(day):
    bulletin = make_bulletin()
    tick(MARCH + 13 * HOUR)
    day.refresh_from_db()
    assert day.state == "missed"
    send_now(approved(bulletin, MARCH + 14 * HOUR), None, "late", MARCH + 14 * HOUR)
    day.refresh_from_db()
    assert (day.state, Bulletin.objects.get().publish_at) == ("open", MARCH)


def test_send_now_refuses_a_draft():
    make_publication()
    with pytest.raises(ValidationError, match="is a draft: it must be approved first"):
        send_now(make_bulletin(), None, "why", MARCH)


def test_send_now_refuses_an_issue_for_the_archive():
    with pytest.raises(ValidationError, match="archive only"):
        send_now(make_due(audience="archive only"), None, "why", MARCH)
    assert not Mailing.objects.exists()


def test_send_now_refuses_what_is_not_what_was_approved():
    bulletin = make_due()
    NewsItem.objects.update(headline="Another headline")
    with pytest.raises(ValidationError, match="not what was approved"):
        send_now(bulletin, None, "why", MARCH)


def test_send_now_twice_says_when_it_was_started():
    bulletin = make_due()
    send_now(bulletin, None, "why", MARCH)
    with pytest.raises(ValidationError, match="started already, on 04 March 2026 at 07:30:00"):
        send_now(bulletin, None, "why", MARCH + MINUTE)


def pressed(bulletin: Bulletin) -> str:
    try:
        return str(send_now(bulletin, None, "why", MARCH).pk)
    except ValidationError as error:
        return error.messages[0]


@pytest.mark.django_db(transaction=True)
def test_send_now_pressed_by_four_at_once_opens_one_mailing():
    make_readers(3)
    bulletin = make_due()
    answers = at_once(4, lambda: pressed(bulletin))
    assert sum("started already" in answer for answer in answers) == 3
    assert Mailing.objects.count() == 1
    assert Delivery.objects.count() == 3


def test_send_now_and_the_clock_do_not_both_mail():
    make_readers(1)
    send_now(make_due(), None, "why", MARCH - HOUR)
    tick(MARCH)
    assert Mailing.objects.count() == 1
    assert not due(MARCH).exists()
