import datetime

import pytest

from bulletins.bank_holidays import bank_holiday


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2031-01-01", "New Year’s Day, a bank holiday"),
        ("2026-04-03", "Good Friday, a bank holiday"),
        ("2026-04-06", "Easter Monday, a bank holiday"),
        ("2026-08-31", "Late Summer Bank Holiday"),
        ("2028-01-03", "a bank holiday for New Year’s Day"),
        ("2026-12-28", "a bank holiday for Boxing Day"),
        ("2026-03-04", ""),
        # Holidays of Scotland and of Northern Ireland alone.
        ("2030-01-02", ""),
        ("2026-03-17", ""),
    ],
)
def test_england_s_holidays_are_known(day, words):
    assert bank_holiday(datetime.date.fromisoformat(day)) == words
