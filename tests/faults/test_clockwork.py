"""The clock over 35 years, over the change of clocks, and when it stood still or had nothing to mail."""

import calendar
import datetime
from collections.abc import Iterator

import pytest
from time_machine import travel

from bulletins.approval import approve
from bulletins.models import Bulletin, PublicationDay
from bulletins.starting import start_issue
from mailings.clock import tick
from mailings.models import AlertSent, Delivery, Mailing, Rhythm
from mailings.sending import drain
from publication.models import LONDON
from tests.factories import make_approved, make_author, make_item, make_publication
from tests.faults.house import FULL, READERS, finished, mailing_soon
from tests.faults.oracle import Oracle
from tests.faults.processes import wait_for, worker
from tests.faults.verdict import judge
from tests.mailings.cast import DAY, HOUR, MINUTE, SECOND, make_approver, make_readers

YEARS = range(2026, 2061)
# In `make test` the year with 1 January as a first Wednesday.
RUN = YEARS if FULL else [2031]
HALF_PAST_SEVEN = datetime.timedelta(hours=7, minutes=30)


@pytest.fixture
def relay(oracle, settings) -> Oracle:
    """The oracle, for letters that this process sends."""
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", oracle.port
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.MAIL_LEDGER = oracle.log
    return oracle


def last_sunday(year: int, month: int) -> datetime.date:
    last = datetime.date(year, month, calendar.monthrange(year, month)[1])
    return last - datetime.timedelta(days=(last.weekday() + 1) % 7)


def expected(year: int, month: int) -> datetime.datetime:
    """The first Wednesday's 07:30 in London as UTC, by the calendar on the wall and the law on summer time."""
    day = next(week[2] for week in calendar.monthcalendar(year, month) if week[2])
    midnight = datetime.datetime(year, month, day, tzinfo=datetime.UTC)
    summer = last_sunday(year, 3) <= midnight.date() < last_sunday(year, 10)
    return midnight + HALF_PAST_SEVEN - summer * HOUR


def months(years) -> Iterator[tuple[int, int]]:
    return ((year, month) for year in years for month in range(1, 13))


# F20


def test_f20_the_table_of_days_from_2026_to_2060():
    make_publication()
    first = datetime.datetime(2025, 12, 31, 12, tzinfo=datetime.UTC)
    for day in range(0, 365 * 35, 60):
        PublicationDay.objects.ensure(first + day * DAY)
    table = {(day.month.year, day.month.month): day.publish_at() for day in PublicationDay.objects.all()}
    wanted = {(year, month): expected(year, month) for year, month in months(YEARS)}
    assert {month: table[month] for month in wanted} == wanted
    assert table[2031, 1].date() == datetime.date(2031, 1, 1)
    assert table[2028, 3].date() == datetime.date(2028, 3, 1)


def make_issue(at: datetime.datetime, month: datetime.date) -> None:
    """Start a month's issue as an editor does, and have it approved."""
    bulletin = Bulletin(month=month, author=make_author())
    start_issue(bulletin, at)
    make_item(bulletin)
    approve(bulletin, make_approver(), at)


def send(at: datetime.datetime, mailing_ids: list[int]) -> None:
    """Send what a tick says, at that instant."""
    with travel(at, tick=True):
        for mailing_id in mailing_ids:
            drain(mailing_id, 60)


def opened_by(*instants: datetime.datetime) -> list[int]:
    """Let the clock tick at some instants, and the workers work; return how many mailings there were after each."""
    seen = []
    for at in instants:
        send(at, tick(at))
        seen.append(Mailing.objects.count())
    return seen


def test_f20_one_mailing_a_month_over_a_run_of_years(relay):
    make_publication()
    make_readers(5)
    for number, (year, month) in enumerate(months(RUN)):
        hour = expected(year, month)
        tick(hour - 20 * DAY)
        make_issue(hour - 3 * DAY, datetime.date(year, month, 1))
        before, after = (
            [hour - DAY, hour - SECOND],
            [hour, hour + SECOND, hour + HOUR, hour + 13 * HOUR, hour + 8 * DAY],
        )
        assert opened_by(*before, *after) == [number] * 2 + [number + 1] * 5
        assert Mailing.objects.first().started_at == hour
        assert Mailing.objects.first().state == "finished"
    days = set(PublicationDay.objects.filter(month__year__in=RUN, month__lte=hour).values_list("state", flat=True))
    verdict = judge(f"F20 {min(RUN)} to {max(RUN)}, month by month", relay, note=f"{number + 1} mailings")
    assert (verdict.lost, verdict.duplicates, verdict.listed) == (0, 0, 0)
    assert (verdict.readers, days) == (5 * 12 * len(RUN), {"open"})


@pytest.mark.parametrize(
    ("date", "instant"),
    [
        # 01:30 does not exist: it is the instant that a clock which was not put forward shows as 01:30.
        (datetime.date(2027, 3, 28), datetime.datetime(2027, 3, 28, 1, 30, tzinfo=datetime.UTC)),
        # 01:30 comes twice: the first time counts.
        (datetime.date(2027, 10, 31), datetime.datetime(2027, 10, 31, 0, 30, tzinfo=datetime.UTC)),
    ],
    ids=["spring", "autumn"],
)
def test_f20_a_day_moved_to_the_sunday_on_which_the_clocks_change(relay, date, instant):
    make_publication(publication_hour=datetime.time(1, 30))
    make_readers(5)
    month = date.replace(day=1)
    PublicationDay.objects.ensure(instant - 60 * DAY)
    PublicationDay.objects.filter(month=month).update(date=date, reason="for the test")
    make_issue(instant - 5 * DAY, month)
    ticks = [instant + quarters * 15 * MINUTE for quarters in range(-12, 13)]
    assert opened_by(*ticks) == [0] * 12 + [1] * 13
    assert Mailing.objects.get().started_at == instant
    assert (relay.count, len(relay.copies())) == (5, 5)


def test_f20_29_february_is_no_day_to_mail(relay):
    make_publication()
    make_readers(5)
    PublicationDay.objects.ensure(datetime.datetime(2028, 1, 10, tzinfo=datetime.UTC))
    leap = datetime.datetime(2028, 2, 29, tzinfo=datetime.UTC)
    make_issue(leap - DAY, datetime.date(2028, 3, 1))
    assert opened_by(*(leap + hours * HOUR for hours in range(24))) == [0] * 24
    assert opened_by(expected(2028, 3)) == [1]


# F10


def test_f10_the_clock_stands_still_for_three_hours(oracle, env, request):
    mailing_soon(READERS, seconds=-3 * 3600)
    request.getfixturevalue("beat")
    with worker(env):
        wait_for(finished, 300)
        wait_for(ticks(3))
    verdict = judge("F10 the clock stands still over the hour, back after 3 h", oracle)
    assert (verdict.lost, verdict.listed, verdict.duplicates) == (0, 0, 0)
    assert Mailing.objects.count() == 1


def test_f10_the_clock_stands_still_for_thirteen_hours(oracle, env, request):
    hour = datetime.datetime.now(LONDON).replace(microsecond=0) - 13 * HOUR
    make_publication(publication_hour=hour.time())
    make_readers(READERS)
    month = hour.date().replace(day=1)
    day = PublicationDay.objects.create(month=month, date=hour.date(), reason="for the test")
    make_approved(month=month, publish_at=day.publish_at(), publish_reason="for the test")
    request.getfixturevalue("beat")
    with worker(env):
        wait_for(lambda: PublicationDay.objects.get(pk=day.pk).state == "missed")
        wait_for(ticks(3))
        wait_for(lambda: not AlertSent.objects.filter(sent_at=None).exists())
    verdict = judge("F10 the clock stands still over the hour, back after 13 h", oracle, note="missed, staff alerted")
    assert (verdict.readers, Mailing.objects.count(), Delivery.objects.count()) == (0, 0, 0)
    assert [alert.kind for alert in AlertSent.objects.filter(day=day)] == ["missed"]
    assert len(oracle.accepted()) == AlertSent.objects.count()


def ticks(number: int):
    """Return a question: whether the clock has ticked so many times since it was first asked."""
    seen = set()

    def ask() -> bool:
        seen.add(Rhythm.objects.ticked_at())
        return len(seen) > number

    return ask


# F21


@pytest.fixture
def april(transactional_db) -> PublicationDay:
    """April 2026's day, which has come without an approved issue, and its readers."""
    make_publication()
    make_readers(READERS)
    PublicationDay.objects.ensure(expected(2026, 4) - 20 * DAY)
    return PublicationDay.objects.get(month=datetime.date(2026, 4, 1))


def state_of(day: PublicationDay) -> str:
    return PublicationDay.objects.get(pk=day.pk).state


def test_f21_no_issue_is_ready(april, relay):
    hour = expected(2026, 4)
    assert opened_by(hour - SECOND, hour, hour + MINUTE) == [0, 0, 0]
    verdict = judge("F21 no issue ready at the hour", relay, note="held, staff alerted")
    assert (state_of(april), relay.count, verdict.readers) == ("held", 0, 0)
    assert list(AlertSent.objects.filter(kind="held").values_list("day", flat=True)) == [april.pk]


def test_f21_ready_an_hour_late(april, relay):
    hour = expected(2026, 4)
    opened_by(hour)
    make_approved(hour + HOUR, month=april.month, publish_at=hour)
    assert opened_by(hour + HOUR, hour + HOUR + MINUTE) == [1, 1]
    verdict = judge("F21 approved one hour late", relay, note="sent at once")
    assert (verdict.lost, verdict.listed, verdict.duplicates) == (0, 0, 0)
    assert (state_of(april), verdict.readers) == ("open", READERS)


def test_f21_ready_two_days_late(april, relay):
    hour = expected(2026, 4)
    opened_by(hour, hour + DAY)
    assert state_of(april) == "missed"
    make_approved(hour + 2 * DAY, month=april.month, publish_at=hour)
    assert opened_by(hour + 2 * DAY, hour + 3 * DAY) == [0, 0]
    PublicationDay.objects.filter(pk=april.pk).update(state="skipped", reason="Nothing was ready.")
    assert opened_by(hour + 4 * DAY) == [0]
    verdict = judge("F21 approved two days late", relay, note="missed, then skipped by a person")
    assert (state_of(april), relay.count, verdict.readers) == ("skipped", 0, 0)
