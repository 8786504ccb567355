import datetime

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bulletins.approval import lapse
from bulletins.models import Bulletin, NewsItem, PublicationDay
from bulletins.schedule import first_wednesday, instant
from mailings.alerts import post_alerts
from mailings.clock import settle, tick
from mailings.models import AlertSent, Delivery, Mailing
from mailings.sending import drain
from publication.models import LONDON, Publication
from tests.factories import MARCH, make_bulletin, make_publication
from tests.mailings.cast import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    approved,
    at_once,
    make_approver,
    make_clean,
    make_due,
    make_mailing,
    make_readers,
    put,
)

pytestmark = pytest.mark.django_db


def state_of(day: PublicationDay) -> str:
    day.refresh_from_db()
    return day.state


def told():
    """The alerts about what has happened; those about what is to come are test_forecast.py's."""
    return AlertSent.objects.exclude(kind__in=["no draft", "unapproved"]).order_by("pk")


def words() -> list[str]:
    return list(told().values_list("words", flat=True))


# Days


def test_days_are_kept_thirteen_months_ahead():
    tick(MARCH)
    months = list(PublicationDay.objects.values_list("month", flat=True))
    assert (months[0], months[-1]) == (datetime.date(2026, 4, 1), datetime.date(2027, 4, 1))
    tick(MARCH + 30 * DAY)
    assert PublicationDay.objects.count() == len(months) + 1


def test_an_installation_owes_no_past_day():
    make_publication()
    tick(MARCH + DAY)
    assert not PublicationDay.objects.filter(date__lte=MARCH.date()).exists()
    assert words() == []


@pytest.mark.parametrize("at", [MARCH - DAY, MARCH - SECOND])
def test_before_its_hour_nothing_is_held(day, at):
    make_publication()
    tick(at)
    assert state_of(day) == "open"
    assert words() == []


@pytest.mark.parametrize("at", [MARCH, MARCH + 12 * HOUR - SECOND])
def test_a_day_with_nothing_approved_is_held(day, at):
    make_bulletin()
    tick(at)
    assert state_of(day) == "held"
    assert not Mailing.objects.exists()


def test_last_months_issue_is_not_mailed_again(day):
    make_readers(1)
    make_due()
    tick(MARCH)
    tick(MARCH + 28 * DAY)
    assert Mailing.objects.count() == 1
    assert "Wednesday 1 April 2026: Nothing approved" in words()[0]


def test_approved_late_inside_the_grace_it_goes_out_and_the_day_is_open_again(day):
    make_readers(1)
    bulletin = make_bulletin()
    tick(MARCH)
    assert state_of(day) == "held"
    approved(bulletin, MARCH + 11 * HOUR)
    tick(MARCH + 11 * HOUR)
    assert state_of(day) == "open"
    assert Delivery.objects.count() == 1


def test_after_the_grace_a_day_is_missed_and_nothing_goes_out_by_itself(day):
    make_readers(1)
    bulletin = make_bulletin()
    tick(MARCH + 12 * HOUR)
    assert state_of(day) == "missed"
    approved(bulletin, MARCH + 13 * HOUR)
    tick(MARCH + 13 * HOUR)
    assert not Mailing.objects.exists()
    assert state_of(day) == "missed"


def test_a_clock_that_stood_still_for_13_hours_mails_nothing_and_says_so(day):
    make_readers(1)
    make_due()
    tick(MARCH + 13 * HOUR)
    assert not Mailing.objects.exists()
    assert state_of(day) == "missed"
    assert "more than 12 hours late" in words()[0]


def test_a_clock_that_stood_still_for_3_hours_mails_it(day):
    make_readers(1)
    make_due()
    tick(MARCH + 3 * HOUR)
    assert Mailing.objects.get().started_at == MARCH + 3 * HOUR
    assert words() == []


def test_a_day_whose_issue_is_approved_for_later_is_not_held(day):
    make_due(publish_at=MARCH + 7 * DAY, publish_reason="a holiday")
    tick(MARCH)
    assert state_of(day) == "open"
    assert words() == []


def test_a_skipped_day_is_left_alone(day):
    PublicationDay.objects.filter(pk=day.pk).update(state="skipped", reason="August")
    tick(MARCH)
    tick(MARCH + 13 * HOUR)
    assert state_of(day) == "skipped"
    assert words() == []


def test_a_day_skipped_while_the_clock_looks_stays_skipped(day):
    PublicationDay.objects.filter(pk=day.pk).update(state="skipped", reason="August")
    settle(day, "held", "Words.", MARCH)
    assert state_of(day) == "skipped"
    assert words() == []


def queries_of_a_tick(at: datetime.datetime) -> int:
    tick(at)
    with CaptureQueriesContext(connection) as queries:
        tick(at)
    return len(queries)


def test_a_day_that_was_mailed_costs_nothing_later(day):
    make_publication()
    before = queries_of_a_tick(MARCH - 8 * DAY)
    mailing = make_mailing(readers=0)
    assert queries_of_a_tick(MARCH + 20 * DAY) == before
    assert (mailing.bulletin.month, state_of(day)) == (day.month, "open")


# The hour in summer and in winter


@pytest.mark.parametrize(("month", "hour"), [(1, 7), (3, 7), (4, 6), (10, 6), (11, 7)])
def test_the_hour_is_half_past_seven_in_london(month, hour):
    date = first_wednesday(2027, month)
    due_at = datetime.datetime(2027, month, date.day, hour, 30, tzinfo=datetime.UTC)
    PublicationDay.objects.ensure(due_at - DAY)
    tick(due_at - SECOND)
    assert not told().exists()
    tick(due_at)
    assert told().get().day.date == date


@pytest.mark.parametrize("month", [1, 7])
def test_the_alert_gives_the_last_hour_as_clocks_in_london_show_it(month):
    at = instant(first_wednesday(2027, month), datetime.time(7, 30))
    PublicationDay.objects.ensure(at - DAY)
    tick(at)
    assert "approved until 19:30 still goes out" in words()[0]
    assert (at + 12 * HOUR).astimezone(LONDON).hour == 19


# Lapsing


def test_an_edit_through_the_shell_lapses_the_approval_at_the_next_tick(day):
    bulletin = approved(make_clean())
    tick(MARCH - HOUR)
    assert Bulletin.objects.get().status == "approved"
    NewsItem.objects.update(headline="Another headline")
    tick(MARCH - HOUR + MINUTE)
    assert Bulletin.objects.get().status == "draft"
    assert bulletin.approvals.get().lapse_reason == "changed after it was approved"
    assert "draft again" in words()[0]


def test_a_changed_publication_lapses_it_too_and_says_so_each_time(day):
    bulletin = make_due()
    for number in range(2):
        Publication.objects.update(link_words=f"<p>Other words {number}.</p>")
        tick(MARCH - HOUR)
        tick(MARCH - HOUR)
        approved(bulletin, MARCH - HOUR)
    assert len(words()) == 2


def test_a_lapsed_issue_is_held_at_its_hour(day):
    make_readers(1)
    bulletin = make_due()
    lapse(bulletin, MARCH - HOUR, "second thoughts")
    tick(MARCH)
    assert state_of(day) == "held"
    assert not Mailing.objects.exists()


# Alerts


def test_alerts_are_raised_once_each(day):
    make_publication()
    for minutes in range(3):
        tick(MARCH + minutes * MINUTE)
        tick(MARCH + 13 * HOUR + minutes * MINUTE)
    assert list(told().values_list("kind", flat=True)) == ["held", "missed"]


def test_alerts_are_mailed_once_to_each_member_of_staff(day, relay):
    make_publication()
    staff = sorted(make_approver().email for _ in range(2))
    tick(MARCH)
    assert post_alerts() == 1
    assert post_alerts() == 0
    assert sorted(relay.addresses) == staff
    for letter in relay.letters():
        assert letter["Auto-Submitted"] == "auto-generated"
        assert "Nothing approved is there to mail" in letter["Subject"]
        assert letter["List-Id"] is None


@pytest.mark.django_db(transaction=True)
def test_nothing_is_automatic_about_a_bulletin(relay):
    mailing = make_mailing(readers=1)
    drain(mailing.pk, 10)
    (letter,) = relay.letters()
    assert letter["Auto-Submitted"] is None
    assert letter["List-Id"]


def test_an_alert_that_the_relay_does_not_take_waits(day, settings):
    make_publication()
    make_approver()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    tick(MARCH)
    assert post_alerts() == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert post_alerts() == 1
    assert len(mail.outbox) == 1


def test_one_refused_address_does_not_make_the_others_hear_it_twice(day, relay):
    make_publication()
    first, second, third = (make_approver().email for _ in range(3))
    relay.rcpt_answers[second] = "550 no such person"
    tick(MARCH)
    assert [post_alerts() for _ in range(3)] == [1, 0, 0]
    assert sorted(relay.addresses) == sorted([first, third])


def test_an_alert_waits_for_somebody_to_hear_it(day):
    make_publication()
    tick(MARCH)
    assert post_alerts() == 0
    make_approver()
    assert post_alerts() == 1


@pytest.mark.django_db(transaction=True)
def test_two_processes_do_not_both_mail_an_alert(transactional_db, day, relay):
    make_publication()
    make_approver()
    relay.seconds_a_letter = 0.3
    tick(MARCH)
    assert sorted(at_once(2, post_alerts)) == [0, 1]
    assert len(relay.addresses) == 1


def test_a_ledger_that_does_not_balance_is_told_and_stops_nothing(day):
    other = make_mailing(readers=0)
    mailing = make_mailing(readers=1)
    for step in ("claimed", "on_wire", "sent"):
        put(mailing.deliveries.get(), step)
    Mailing.objects.filter(pk=mailing.pk).update(planned=2)
    tick(MARCH)
    assert Mailing.objects.get(pk=mailing.pk).state == "sending"
    assert Mailing.objects.get(pk=other.pk).state == "finished"
    assert "2 planned: 1 sent (DOES NOT BALANCE)" in words()[0]


def test_the_tick_tells_which_mailings_have_letters_to_send():
    first, second = make_mailing(readers=2), make_mailing(readers=0)
    Mailing.objects.filter(pk=second.pk).update(state="paused", pause_cause="person")
    assert tick(MARCH + MINUTE) == [first.pk]
