"""Rules about days: weekdays that do not fit, events that are over, holidays."""

import calendar
import datetime
import re
from collections.abc import Iterator

from django.utils import timezone
from django.utils.formats import date_format

from bulletins.approval import UNDATED
from bulletins.bank_holidays import bank_holiday
from bulletins.preflight.findings import Found, Place
from bulletins.preflight.proof import Proof

WEEKDAYS = [name.lower() for name in calendar.day_name]
MONTHS = [name.lower() for name in calendar.month_name]
WEEKDAY = r"(?P<weekday>(?:mon|tues?|wed(?:nes|s)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?)\.?"
MONTH = rf"(?P<month>{'|'.join(MONTHS[1:])}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?"
DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
YEAR = r"(?:,?\s(?P<year>(?:19|20)[0-9]{2}))?"
DATES = (
    re.compile(rf"\b{WEEKDAY},?\s(?:the\s)?{DAY}\s(?:of\s)?{MONTH}{YEAR}", re.IGNORECASE),
    re.compile(rf"\b{WEEKDAY},?\s{MONTH}\s{DAY}\b(?![:.][0-9]){YEAR}", re.IGNORECASE),
)
PUBLISH_AT = Place("issue", None, "publish_at", "Publish at")


def no_date(proof: Proof) -> Iterator[Found]:
    """It has no publication date."""
    if proof.bulletin.publish_at is None:
        yield Found(PUBLISH_AT, UNDATED, "")


def wrong_weekdays(proof: Proof) -> Iterator[Found]:
    """A weekday and a date do not fit each other, or there is no such day."""
    for copy, block in proof.blocks:
        for pattern in DATES:
            for found in pattern.finditer(block.text):
                if sentence := misfit(found, proof.bulletin.date or proof.bulletin.month):
                    yield Found(copy.place, sentence, f"{found[0]}\0{block.text}", found[0])


def misfit(found: re.Match[str], near: datetime.date) -> str:
    """Say what is wrong with a date, if anything: without a year it is the one nearest to the issue's day."""
    days = possible_days(found, near)
    if not days:
        return f"“{found[0]}” is no day of the calendar. Correct it."
    day = min(days, key=lambda day: abs(day - near))
    if WEEKDAYS[day.weekday()].startswith(found["weekday"].lower()[:3]):
        return ""
    return f"“{found[0]}”: that day is a {day:%A} in {day.year}. Correct the weekday or the date."


def possible_days(found: re.Match[str], near: datetime.date) -> list[datetime.date]:
    """Return the days that a date may mean."""
    month = next(n for n, name in enumerate(MONTHS) if n and name[:3] == found["month"].lower()[:3])
    years = [int(found["year"])] if found["year"] else [near.year - 1, near.year, near.year + 1]
    possible = []
    for year in years:
        if 1 <= int(found["day"]) <= calendar.monthrange(year, month)[1]:
            possible.append(datetime.date(year, month, int(found["day"])))
    return possible


def past_events(proof: Proof) -> Iterator[Found]:
    """An event is over already when the issue goes out."""
    hour = proof.bulletin.publish_at
    for event in proof.events if hour else []:
        if hour and event.start < hour:
            when = date_format(timezone.localtime(event.start), "l j F Y, H:i")
            place = Place("event", event.pk, "start", f"Event “{event.title}”")
            sentence = f"It begins on {when}, before the issue goes out. Correct its day, or take it out."
            yield Found(place, sentence, f"{event.start:%Y%m%d%H%M} {hour:%Y%m%d%H%M}", when)


def on_bank_holiday(proof: Proof) -> Iterator[Found]:
    """The issue goes out on a bank holiday, when schools are closed."""
    day = proof.bulletin.date
    if day and (holiday := bank_holiday(day)):
        sentence = f"{day:%A} {day.day} {day:%B} is {holiday}: few will read it then. Choose another day if you can."
        yield Found(PUBLISH_AT, sentence, str(day), holiday)
