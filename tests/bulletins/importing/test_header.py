"""The title and the byline."""

from datetime import date

import pytest

from bulletins.importing.plain_text import parse
from bulletins.importing.reading import NotABulletin

BODY = "Some text that is long enough to be read as a paragraph."


def refusal_of(text: str) -> str:
    with pytest.raises(NotABulletin) as refused:
        parse(text)
    return str(refused.value)


def test_reads_title_author_date_and_minutes():
    read = parse(f"The title\n\nBillie Fenn 5 June 2024 6 min read\n\n{BODY}")
    assert (read.title, read.author, read.date) == ("The title", "Billie Fenn", date(2024, 6, 5))
    assert read.reading_minutes == 6


@pytest.mark.parametrize(
    "byline",
    [
        "Billie Fenn | 5th June 2024 | 6 mins read",
        "Billie Fenn · 5 Jun 2024 · 6 minute read",
        "  Billie   Fenn, 05 JUNE 2024, 6 Min Read  ",
    ],
)
def test_reads_a_byline_printed_a_little_differently(byline):
    read = parse(f"The title\n{byline}\n{BODY}")
    assert (read.author, read.date, read.reading_minutes) == ("Billie Fenn", date(2024, 6, 5), 6)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty"),
        (" \n\u00a0\n", "it is empty"),
        ("Billie Fenn 5 June 2024 6 min read\n\n" + BODY, "line 1 is the byline and no title"),
        ("The title", "line 1 is no byline"),
        ("The title\n\n" + BODY, "line 3 is no byline"),
        ("The title\n\nBillie Fenn 5 June 2024\n\n" + BODY, "line 3 is no byline"),
        ("The title\n\nBillie Fenn 0 min read\n\n" + BODY, "line 3 is no byline"),
        (
            "word " * 40 + "\n\nBillie Fenn 5 June 2024 6 min read\n\n" + BODY,
            "line 1 is too long for a title",
        ),
        ("The title\n\nBillie Fenn 31 June 2024 6 min read\n\n" + BODY, "impossible date (31 June 2024)"),
        ("The title\n\nBillie Fenn 5 Juno 2024 6 min read\n\n" + BODY, "impossible date (5 Juno 2024)"),
        ("The title\n\nBillie Fenn 5 June 0000 6 min read\n\n" + BODY, "impossible date (5 June 0000)"),
        ("The title\n\nBillie Fenn 5 June 2024 999 min read\n\n" + BODY, "more than 120 minutes"),
        ("The title\n\nBillie Fenn 5 June 2024 6 min read\n\n", "below the byline in line 3 stands no text"),
        (
            "The title\nBillie Fenn 5 June 2024 6 min read\n\n" + f"A heading\n\n{BODY}\n\n" * 201,
            "201 headings",
        ),
        ("The title\nBillie Fenn 5 June 2024 6 min read\nOther e-Bulletins\nMay 2024", "stands no text"),
    ],
)
def test_says_why_a_text_is_no_bulletin(text, reason):
    assert reason in refusal_of(text)
