"""What staff are warned of in time, each once."""

import datetime

import pytest
from django.core import mail
from django.urls import reverse
from time_machine import travel

from bulletins.approval import withdraw
from bulletins.models import Bulletin, LinkCheck, PublicationDay
from bulletins.schedule import first_wednesday, instant
from mailings import steering
from mailings.alerts import post_alerts
from mailings.clock import tick
from mailings.forecast import behind, unopened, warn
from mailings.models import AlertSent, Delivery, Mailing
from mailings.sending import drain
from publication.models import LONDON
from tests.factories import MARCH, make_bulletin, make_publication, make_staff
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
    put,
)

pytestmark = pytest.mark.django_db

HALF_PAST_SEVEN = datetime.time(7, 30)
NEW_YEAR = instant(datetime.date(2031, 1, 1), HALF_PAST_SEVEN)


def kinds() -> list[str]:
    return list(AlertSent.objects.order_by("pk").values_list("kind", flat=True))


def words() -> str:
    return AlertSent.objects.get().words


# An issue in time


@pytest.mark.parametrize("at", [MARCH - 7 * DAY, MARCH - 2 * DAY - SECOND])
def test_a_week_before_its_day_a_month_without_an_issue_is_told_once(day, at):
    make_publication()
    for minutes in range(3):
        tick(at + minutes * SECOND / 3)
    assert kinds() == ["no draft"]
    assert "There is no issue for March 2026 yet. It is to go out on Wednesday 4 March 2026 at 07:30." in words()
    assert words().endswith(f"/admin/bulletins/publicationday/{day.pk}/change/")


def test_a_second_earlier_it_is_not(day):
    tick(MARCH - 7 * DAY - SECOND)
    assert kinds() == []


def test_a_draft_is_enough_until_two_days_before(day):
    make_publication()
    bulletin = make_bulletin()
    tick(MARCH - 2 * DAY - SECOND)
    assert kinds() == []
    tick(MARCH - 2 * DAY)
    tick(MARCH - DAY)
    assert kinds() == ["unapproved"]
    assert "“March 2026 e-bulletin” is not approved yet." in words()
    assert words().endswith(f"/admin/bulletins/bulletin/{bulletin.pk}/change/")


def test_two_days_before_a_month_without_an_issue_is_told_again_in_other_words(day):
    make_publication()
    tick(MARCH - 7 * DAY)
    tick(MARCH - 2 * DAY)
    assert kinds() == ["no draft", "unapproved"]
    assert "There is no issue for March 2026 to approve." in AlertSent.objects.get(kind="unapproved").words


def test_an_approved_issue_that_is_clean_warns_of_nothing(day):
    approved(make_clean())
    for days in range(8):
        tick(MARCH - days * DAY - SECOND)
    assert kinds() == []


def test_one_that_is_not_clean_any_more_is_told_once_two_hours_before(day):
    bulletin = approved(make_clean(intro='<p>We read <a href="https://pond.school/plan">the plan of a school</a>.</p>'))
    LinkCheck.objects.create(
        url="https://pond.school/plan", asked_at=MARCH - DAY, looked_up_at=MARCH - DAY, answer="dead", words="gone"
    )
    tick(MARCH - 2 * HOUR - SECOND)
    assert kinds() == []
    tick(MARCH - 2 * HOUR)
    tick(MARCH - HOUR)
    tick(MARCH - SECOND)
    assert kinds() == ["preflight"]
    assert "its checklist is not clean any more. One thing needs a reason." in words()
    assert words().endswith(f"/admin/issues/{bulletin.pk}/check/")


def test_an_issue_for_the_archive_only_counts_for_none(day):
    make_publication()
    make_bulletin(audience="archive only")
    tick(MARCH - 7 * DAY)
    assert kinds() == ["no draft"]


def test_one_that_was_withdrawn_counts_for_none(day):
    withdraw(make_due(), "It is wrong.")
    tick(MARCH - 7 * DAY)
    assert kinds() == ["no draft"]


def test_an_issue_with_an_hour_of_its_own_is_warned_of_before_that(day):
    make_publication()
    make_bulletin(publish_at=MARCH + 7 * DAY, publish_reason="a training day")
    tick(MARCH - DAY)
    assert kinds() == []


def test_a_skipped_day_and_one_that_was_mailed_early_warn_of_nothing(day):
    PublicationDay.objects.filter(pk=day.pk).update(state="skipped", reason="a strike")
    tick(MARCH - 2 * DAY)
    PublicationDay.objects.filter(pk=day.pk).update(state="open")
    make_mailing(readers=0)
    Bulletin.objects.update(status="draft")
    tick(MARCH - DAY)
    assert kinds() == []


def test_after_its_hour_it_is_held_and_not_warned_of_any_more(day):
    make_publication()
    tick(MARCH)
    assert kinds() == ["held"]


# Bank holidays


def new_years_day() -> PublicationDay:
    PublicationDay.objects.ensure(NEW_YEAR - 40 * DAY)
    day = PublicationDay.objects.get(month=NEW_YEAR.date())
    assert day.date == NEW_YEAR.date()
    return day


def holidays() -> list[str]:
    return [kind for kind in kinds() if kind.startswith("holiday")]


@pytest.mark.parametrize(("days", "told"), [(31, 0), (30, 1), (1, 1)])
def test_new_years_day_is_warned_of_thirty_days_before(days, told):
    make_publication()
    new_years_day()
    warn(NEW_YEAR - days * DAY)
    warn(NEW_YEAR - days * DAY)
    assert len(holidays()) == told


def test_the_warning_says_which_holiday_and_leads_to_the_day():
    make_publication()
    day = new_years_day()
    warn(NEW_YEAR - 30 * DAY)
    told = AlertSent.objects.get(day=day).words
    assert told.startswith("Wednesday 1 January 2031 is New Year’s Day, a bank holiday. The issue for January goes out")
    assert told.endswith(f"/admin/bulletins/publicationday/{day.pk}/change/")


def test_a_day_moved_away_is_not_warned_of_again_one_moved_onto_a_holiday_is():
    make_publication()
    PublicationDay.objects.ensure(MARCH)
    april = PublicationDay.objects.filter(month="2026-04-01")
    april.update(date="2026-04-06", reason="after the holidays")
    at = instant(datetime.date(2026, 4, 1), HALF_PAST_SEVEN) - 20 * DAY
    tick(at)
    april.update(date="2026-04-08")
    tick(at + DAY)
    assert holidays() == ["holiday 2026-04-06"]
    april.update(date="2026-04-03")
    tick(at + 2 * DAY)
    april.update(date="2026-04-06")
    tick(at + 3 * DAY)
    assert holidays() == ["holiday 2026-04-06", "holiday 2026-04-03"]
    assert "Friday 3 April 2026 is Good Friday, a bank holiday." in AlertSent.objects.get(kind=holidays()[1]).words


def test_an_editor_who_moves_a_day_onto_a_holiday_is_warned(client):
    make_publication()
    with travel(NEW_YEAR - 25 * DAY, tick=False):
        client.force_login(make_staff("grace", "change_publicationday", "view_publicationday"))
        PublicationDay.objects.ensure(NEW_YEAR - 60 * DAY)
        day = PublicationDay.objects.get(month="2031-01-01")
        page = reverse("admin:bulletins_publicationday_change", args=[day.pk])
        fields = {"date": "2031-01-08", "reason": "", "state": "open"}
        assert "say why in the reason" in client.post(page, fields).content.decode()
        assert client.post(page, {**fields, "reason": "after the holidays"}).status_code == 302
        tick(NEW_YEAR - 25 * DAY)
        assert holidays() == []
        assert client.post(page, {**fields, "date": "2031-01-01"}).status_code == 302
        tick(NEW_YEAR - 25 * DAY)
    assert holidays() == ["holiday 2031-01-01"]


def test_no_other_day_of_thirty_five_years_is_one():
    months = [(year, month) for year in range(2026, 2061) for month in range(1, 13)]
    days = [first_wednesday(*month) for month in months]
    for day in days:
        PublicationDay.objects.create(month=day.replace(day=1), date=day)
    for day in days:
        warn(instant(day, HALF_PAST_SEVEN) - 20 * DAY)
    assert sorted(holidays()) == [f"holiday {year}-01-01" for year in (2031, 2042, 2048, 2053, 2059)]


# A mailing that falls behind


def test_a_mailing_with_untried_letters_after_half_an_hour_is_behind(day):
    mailing = make_mailing(readers=2)
    tick(MARCH + 30 * MINUTE - SECOND)
    assert kinds() == []
    for minutes in (30, 31, 90):
        tick(MARCH + minutes * MINUTE)
    assert kinds() == [f"behind {mailing.pk}"]
    assert "It goes since 07:30, and some of its letters were not tried once in the 30 minutes" in words()
    assert words().endswith(f"/admin/mailings/mailing/{mailing.pk}/change/")


def test_the_set_rate_is_allowed_for(day, settings):
    settings.MAIL_RATE_PER_SECOND = 0.1
    make_mailing(readers=60)
    assert behind(MARCH + 40 * MINUTE - SECOND) == []
    assert len(behind(MARCH + 40 * MINUTE)) == 1


def test_letters_that_were_tried_and_wait_are_not_behind(day):
    make_mailing(readers=2)
    Delivery.objects.update(attempts=1)
    assert behind(MARCH + 90 * MINUTE) == []


def test_a_mailing_that_was_paused_has_half_an_hour_from_going_on(day):
    mailing = make_mailing(readers=2)
    who = make_approver()
    steering.pause(mailing, who, "a fault", MARCH + MINUTE)
    tick(MARCH + 40 * MINUTE)
    steering.resume(mailing, who, "mended", MARCH + 41 * MINUTE)
    tick(MARCH + 70 * MINUTE)
    assert kinds() == []
    tick(MARCH + 71 * MINUTE)
    assert kinds() == [f"behind {mailing.pk}"]


@pytest.mark.django_db(transaction=True)
def test_a_finished_mailing_is_not_behind(day, relay):
    mailing = make_mailing(readers=2)
    drain(mailing.pk, 10)
    tick(MARCH + 90 * MINUTE)
    assert kinds() == []


def test_an_issue_that_is_due_and_has_no_mailing_is_told_after_half_an_hour(day):
    bulletin = make_due()
    for minutes in (0, 29, 30, 40):
        tick(MARCH + minutes * MINUTE, clocks_agree=False)
    assert kinds() == ["clocks", f"unopened {bulletin.pk}"]
    told = AlertSent.objects.get(kind=f"unopened {bulletin.pk}").words
    assert "It was due at 07:30, 30 minutes ago or more." in told
    assert "goes out by itself until 19:30" in told


def test_one_that_is_held_with_an_alert_of_its_own_is_not_told_twice(day):
    make_due()
    PublicationDay.objects.filter(pk=day.pk).update(state="held")
    assert not unopened(MARCH + HOUR).exists()


@pytest.mark.parametrize("ledger", ["nowhere.log", "not-a-log"])
def test_letters_that_the_relays_log_does_not_settle_are_told_once(day, settings, tmp_path, ledger):
    (tmp_path / "not-a-log").write_text("Words.\n")
    settings.MAIL_LEDGER = tmp_path / ledger
    mailing = make_mailing(readers=1)
    for step in ("claimed", "on_wire", "unknown"):
        put(mailing.deliveries.get(), step)
    tick(MARCH + 30 * MINUTE)
    assert kinds() == []
    for minutes in (31, 32):
        tick(MARCH + minutes * MINUTE)
    assert kinds() == [f"unknown {mailing.pk}"]
    assert words().startswith("The relay's log does not settle letters of “March 2026 e-bulletin”.")


def test_without_a_log_unknown_letters_settle_themselves(day):
    mailing = make_mailing(readers=1)
    for step in ("claimed", "on_wire", "unknown"):
        put(mailing.deliveries.get(), step)
    warn(MARCH + HOUR)
    assert kinds() == []


@pytest.mark.parametrize("month", [1, 7])
def test_hours_are_london_s(month):
    at = instant(first_wednesday(2027, month), HALF_PAST_SEVEN)
    PublicationDay.objects.ensure(at - DAY)
    tick(at - DAY)
    assert "at 07:30. " in AlertSent.objects.get(kind="unapproved").words
    assert at.astimezone(LONDON).time() == HALF_PAST_SEVEN


# Letters


def test_the_letter_leads_to_the_page_on_which_it_is_mended(day):
    make_publication()
    make_approver()
    tick(MARCH - 7 * DAY)
    post_alerts()
    (letter,) = mail.outbox
    page = "https://bulletin.example.org" + reverse("admin:bulletins_publicationday_change", args=[day.pk])
    html = letter.alternatives[0][0]
    assert letter.subject == "First Wednesday: There is no issue for March 2026 yet"
    assert f"\n{page}\n" in letter.body
    assert f'href="{page}"' in html
    assert html.count(page) == len(["the button", "the link", "its text"])


@pytest.mark.django_db(transaction=True)
def test_however_many_ticks_run_each_warning_is_raised_once(transactional_db, day):
    make_publication()
    make_mailing(readers=2)
    april = PublicationDay.objects.filter(month="2026-04-01")
    april.update(date="2026-04-06", reason="after the holidays")
    at = MARCH + 30 * MINUTE
    at_once(6, lambda: [tick(at) for _ in range(5)])
    assert sorted(kinds()) == sorted([f"behind {Mailing.objects.get().pk}"])
    at = instant(datetime.date(2026, 4, 6), HALF_PAST_SEVEN) - DAY
    Mailing.objects.update(state="paused", pause_cause="person")
    at_once(6, lambda: [tick(at) for _ in range(5)])
    assert sorted(kinds()[1:]) == ["holiday 2026-04-06", "unapproved"]


@pytest.mark.django_db(transaction=True)
def test_however_many_ticks_run_at_the_hour_there_is_one_mailing_or_one_alert(transactional_db, day):
    make_publication()
    bulletin = make_bulletin()
    at_once(6, lambda: [tick(MARCH) for _ in range(5)])
    assert kinds() == ["held"]
    approved(bulletin, MARCH + HOUR)
    at_once(6, lambda: [tick(MARCH + HOUR) for _ in range(5)])
    assert Mailing.objects.count() == 1
    assert kinds() == ["held"]
