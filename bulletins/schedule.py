"""When an issue is published: pure dates, Europe/London in and UTC out."""

import datetime
from collections.abc import Iterator

from publication.models import LONDON

WEDNESDAY = 2


def first_wednesday(year: int, month: int) -> datetime.date:
    """Return the first Wednesday of a month."""
    first = datetime.date(year, month, 1)
    return first + datetime.timedelta(days=(WEDNESDAY - first.weekday()) % 7)


def first_of_month(day: datetime.date) -> datetime.date:
    """Return the first day of a date's month."""
    return day.replace(day=1)


def next_month(month: datetime.date) -> datetime.date:
    """Return the first day of the month after a date's month."""
    return (first_of_month(month) + datetime.timedelta(days=32)).replace(day=1)


def months_from(month: datetime.date) -> Iterator[datetime.date]:
    """Yield the first days of a month and of those after it, without end."""
    month = first_of_month(month)
    while True:
        yield month
        month = next_month(month)


def instant(day: datetime.date, hour: datetime.time) -> datetime.datetime:
    """Return the UTC instant of a local hour in London on a day.

    No first Wednesday falls on a change of clocks, so the hour is never missing nor doubled.
    """
    return datetime.datetime.combine(day, hour, LONDON).astimezone(datetime.UTC)


def london_date(moment: datetime.datetime) -> datetime.date:
    """Return the date that London's calendars show at an instant."""
    return moment.astimezone(LONDON).date()


def follows_the_rule(day: datetime.date) -> bool:
    """Tell whether a day is the first Wednesday of its month."""
    return day == first_wednesday(day.year, day.month)
