import datetime

import pytest

from bulletins.words import away, day_in_words, moment_in_words

TODAY = datetime.date(2026, 3, 4)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "today"),
        (1, "tomorrow"),
        (-1, "yesterday"),
        (11, "in 11 days"),
        (-60, "60 days ago"),
        (-61, ""),
    ],
)
def test_how_far_a_day_is(days, words):
    assert away(TODAY + datetime.timedelta(days=days), TODAY) == words


def test_another_year_is_named():
    assert day_in_words(datetime.date(2026, 12, 2), TODAY) == "Wednesday 2 December"
    assert day_in_words(datetime.date(2027, 1, 6), TODAY) == "Wednesday 6 January 2027"


def test_an_instant_reads_as_londons_clocks():
    july = datetime.datetime(2026, 7, 1, 6, 30, tzinfo=datetime.UTC)
    at = datetime.datetime(2026, 6, 30, 23, 30, tzinfo=datetime.UTC)
    assert moment_in_words(july, at) == "Wednesday 1 July, 07:30\u00a0· today"


def test_no_day_says_so():
    assert moment_in_words(None) == "no day yet"
