"""How the desk says days."""

import datetime

from django.utils import timezone

from bulletins.schedule import london_date
from publication.models import LONDON

LONG_AGO = 60


def away(day: datetime.date, today: datetime.date) -> str:
    """Say how far a day is: “in 11 days”, “yesterday”; nothing of one long past."""
    days = (day - today).days
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}
    if days in near:
        return near[days]
    if days > 0:
        return f"in {days} days"
    return f"{-days} days ago" if -days <= LONG_AGO else ""


def day_in_words(day: datetime.date, today: datetime.date) -> str:
    """Write a day as “Wednesday 2 December”, with its year unless that is this year's."""
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day:%A} {day.day} {day:%B}{year}"


def moment_in_words(moment: datetime.datetime | None, at: datetime.datetime | None = None) -> str:
    """Write an instant as London's clocks show it: “Wednesday 2 December, 07:30 · in 11 days”."""
    if moment is None:
        return "no day yet"
    today = london_date(at or timezone.now())
    day = london_date(moment)
    words = f"{day_in_words(day, today)}, {moment.astimezone(LONDON):%H:%M}"
    # The dot stays with what it follows.
    return "\u00a0· ".join(part for part in (words, away(day, today)) if part)


def moment_of_day(moment: datetime.datetime) -> str:
    """Write an instant with its year, as London's clocks show it: “Wednesday 2 December 2026, 07:30”."""
    local = moment.astimezone(LONDON)
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M}"
