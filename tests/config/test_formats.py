"""Days and hours are written one way, whichever of Django's formats a page asks for."""

import datetime

import pytest
from django.utils.formats import date_format, localize
from django.utils.timezone import localtime

EVENING = localtime(datetime.datetime(2026, 3, 3, 22, 41, tzinfo=datetime.UTC))


@pytest.mark.parametrize("name", ["TIME_FORMAT", "DATETIME_FORMAT", "SHORT_DATETIME_FORMAT"])
def test_hours_are_counted_to_24(name):
    assert date_format(EVENING, name).endswith("22:41")


def test_an_hour_and_a_moment_by_themselves():
    assert localize(datetime.time(7, 30)) == "07:30"
    assert localize(EVENING) == "3 March 2026, 22:41"
