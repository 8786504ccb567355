import calendar
import datetime
from itertools import islice

import pytest

from bulletins.schedule import (
    first_wednesday,
    follows_the_rule,
    instant,
    london_date,
    months_from,
    next_month,
)

HALF_PAST_SEVEN = datetime.time(7, 30)
MONTHS = [(year, month) for year in range(2024, 2061) for month in range(1, 13)]


def printed_calendar(year: int, month: int) -> int:
    """Read the first Wednesday off the month's printed calendar."""
    wednesdays = [week[calendar.WEDNESDAY] for week in calendar.monthcalendar(year, month)]
    return next(day for day in wednesdays if day)


@pytest.mark.parametrize("year", range(2024, 2061))
def test_first_wednesdays_are_those_of_the_printed_calendar(year):
    for month in range(1, 13):
        assert first_wednesday(year, month) == datetime.date(year, month, printed_calendar(year, month))


def test_half_past_seven_in_london_is_an_hour_earlier_in_summer():
    for year, month in MONTHS:
        # Summer time runs from the last Sunday of March to the last Sunday of October.
        hour = 6 if 4 <= month <= 10 else 7
        moment = instant(first_wednesday(year, month), HALF_PAST_SEVEN)
        assert (moment.utcoffset(), moment.hour, moment.minute) == (datetime.timedelta(0), hour, 30)
        assert london_date(moment) == first_wednesday(year, month)


@pytest.mark.parametrize(
    ("day", "follows"),
    [
        ((2024, 3, 6), True),
        ((2024, 2, 5), False),
        ((2024, 2, 7), True),
        ((2025, 1, 1), True),
        ((2024, 3, 13), False),
    ],
)
def test_the_rule(day, follows):
    assert follows_the_rule(datetime.date(*day)) is follows


def test_the_month_after_december_is_january():
    assert next_month(datetime.date(2024, 12, 31)) == datetime.date(2025, 1, 1)
    assert next_month(datetime.date(2024, 1, 31)) == datetime.date(2024, 2, 1)


def test_months_follow_each_other():
    months = list(islice(months_from(datetime.date(2024, 11, 20)), 3))
    assert months == [datetime.date(2024, 11, 1), datetime.date(2024, 12, 1), datetime.date(2025, 1, 1)]


def test_late_in_a_summer_evening_london_is_a_day_ahead_of_utc():
    moment = datetime.datetime(2024, 6, 30, 23, 30, tzinfo=datetime.UTC)
    assert london_date(moment) == datetime.date(2024, 7, 1)
