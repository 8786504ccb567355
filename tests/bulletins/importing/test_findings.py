"""What is reported as odd or unplaced, rule by rule."""

import pytest

from bulletins.importing.plain_text import parse
from tests.bulletins.importing.printed import LONG, findings_about, make_text, sample

SIGNED = (
    "Write and tell us your thoughts on this newsletter: post@learning.example",
    "Billie Fenn",
    "Harbour Schools Editor",
)


def found_in(*paragraphs: str, about: str = "") -> list[int]:
    return findings_about(parse(make_text(*paragraphs, *SIGNED)), about)


def test_an_orderly_bulletin_has_one_finding_its_feedback_line():
    assert found_in("In the news", "One thing", LONG) == [13]


def test_the_samples():
    lines = {name: [f.line for f in parse(sample(name)).findings] for name in ("contents.txt", "sections.txt")}
    assert lines["contents.txt"] == [7, 43, 53, 59]
    assert lines["sections.txt"] == [20, 49, 55, 57, 61, 81, 83, 90]


@pytest.mark.parametrize("after", ["• one\n• two", "‘A card is the first thing.’", "‘Cards’ was the word.", "1. one"])
def test_a_colon_with_its_list_or_quotation_is_in_order(after):
    assert found_in("One thing", f"{LONG[:-1]}:", after, LONG, about="announces") == []


def test_a_colon_with_nothing_after_it():
    assert found_in("One thing", f"{LONG[:-1]}:", LONG, about="announces a list or a quotation") == [9]
    assert found_in("One thing", f"{LONG[:-1]}:", about="announces a list or a quotation") == [9]


def test_a_colon_and_a_new_sentence():
    assert found_in("One thing", f"The review says that: As such it ends. {LONG}", about="colon announces") == [9]
    assert found_in("One thing", f"Walking: A guide, and three topics: Cars. {LONG}", about="colon announces") == []


@pytest.mark.parametrize("text", ["on the 6th) we meet", "we meet (at noon", "a [mixed) pair", "(a) but not b)"])
def test_stray_brackets(text):
    assert found_in("One thing", f"Then {text}. {LONG}", about="a stray") == [9]


@pytest.mark.parametrize("text", ["a) first", "1) first", "it (and [this] one) is fine"])
def test_brackets_in_order(text):
    assert found_in("One thing", f"{text}. {LONG}", about="a stray") == []


def test_eight_words_said_twice():
    once = "The ponds of the county are too cold"
    assert found_in("One thing", f"{once}, we hear. {LONG}", f"Yes: {once.upper()}!", about="said twice") == [11]
    seven = once.removesuffix(" cold")
    assert found_in("One thing", f"{seven} warm. {LONG}", f"Yes: {seven} cold!", about="said twice") == []


def test_eight_words_said_twice_in_one_paragraph():
    once = "the ponds of the county are too cold"
    assert found_in("One thing", f"They say {once}, and {once}. {LONG}", about="in the same line") == [9]


def test_a_quotation_left_open():
    assert found_in("One thing", f"‘{LONG}", about="is not closed") == [9]


def test_a_link_that_is_lost():
    assert found_in("One thing", f"{LONG} You can subscribe here.", about="was a link") == [9]
    assert found_in("One thing", f"{LONG} Spring is here at last.", about="was a link") == []
    assert found_in("One thing", f"{LONG} Subscribe here: https://learning.example", about="was a link") == []


def test_feedback_lines():
    asked = "Write and let us know your views on this newsletter:"
    assert findings_about(parse(make_text(LONG, asked, "Billie Fenn")), "prints no address") == [9]
    assert findings_about(parse(make_text(LONG)), "no line asks for feedback") == [7]


def test_a_missing_name_and_a_missing_role():
    assert findings_about(parse(make_text(LONG)), "does not sign") == [7]
    assert findings_about(parse(make_text(LONG, "Billie Fenn")), "signs without a role") == [9]


def test_a_heading_with_nothing_below():
    assert found_in("Podcasts", "Webinars", LONG, about="below the heading “Podcasts”") == [7]


def test_a_short_line_that_heads_nothing():
    assert found_in("One thing", LONG, "A line alone", about="looks like a heading without text") == [11]


@pytest.mark.parametrize(
    ("printed", "about"),
    [
        ("on 31 June at 4pm on the topic of Ponds", "no possible date and hour"),
        ("on 12 June at 25:10 on the topic of Ponds", "no possible date and hour"),
        ("on Monday 12 June at 4pm on the topic of Ponds", "that day is Wednesday 12 June 2024"),
        ("on Wednesday 12 June at 4pm", "announces no title"),
    ],
)
def test_odd_dates(printed, about):
    assert found_in("Webinars", f"We meet {printed}. {LONG}", about=about) == [9]


def test_dates_in_order():
    text = f"We meet on Wednesday, 8 January at 16.30 on the topic of Ponds. {LONG}"
    assert found_in("Webinars", text, about="that day") == []
