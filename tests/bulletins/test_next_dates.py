import datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command

from bulletins.models import PublicationDay

pytestmark = pytest.mark.django_db


@time_machine.travel(datetime.datetime(2026, 11, 20, 12, tzinfo=datetime.UTC), tick=False)
def test_it_prints_the_coming_days_in_london_and_utc():
    out = StringIO()
    call_command("next_dates", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0] == "Wednesday 2 December 2026, 07:30 Europe/London = 2026-12-02 07:30 UTC"
    assert "Wednesday 2 June 2027, 07:30 Europe/London = 2027-06-02 06:30 UTC" in lines
    assert len(lines) == 13


@time_machine.travel(datetime.datetime(2026, 11, 20, 12, tzinfo=datetime.UTC), tick=False)
def test_a_moved_or_skipped_day_says_so():
    PublicationDay.objects.create(month="2026-12-01", date="2026-12-03", reason="moved for an inset day")
    out = StringIO()
    call_command("next_dates", stdout=out)
    assert "(moved for an inset day)" in out.getvalue().splitlines()[0]


@time_machine.travel(datetime.datetime(2030, 12, 20, 12, tzinfo=datetime.UTC), tick=False)
def test_a_bank_holiday_is_named():
    out = StringIO()
    call_command("next_dates", stdout=out)
    assert out.getvalue().startswith("Wednesday 1 January 2031, New Year’s Day, a bank holiday, 07:30 Europe/London")
