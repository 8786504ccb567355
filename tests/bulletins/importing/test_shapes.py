"""What single lines look like."""

import pytest

from bulletins.importing.kinds import kind_of
from bulletins.importing.shapes import begins_with, is_quotation, looks_like_heading


@pytest.mark.parametrize(
    "text",
    [
        "‘A pass costs less than an empty hall.’",
        "‘A pass costs less than an empty hall’.",
        "“Passes are free”",
        '"Passes are free."',
        "'It's free, isn't it?'",
        "‘Passes are free’ and that they ‘will stay so’.",
        "‘Nobody had asked the pupils’ parents before the hall was closed.’",
    ],
)
def test_a_quotation_is_opened_and_closed_and_little_stands_outside(text):
    assert is_quotation(text)


@pytest.mark.parametrize(
    "text",
    [
        "‘Passes’ is the word for cards that open halls.",
        "‘Passes’ are also known by everybody in the county as ‘cards’.",
        "‘Passes are free.",
        "They said ‘passes are free’",
        "‘Passes” are free”",
        "‘’",
        "",
    ],
)
def test_other_paragraphs_are_no_quotations(text):
    assert not is_quotation(text)


@pytest.mark.parametrize("text", ["Lighter evenings", "What is a pass?", "12 new halls", "‘Slow down’ week begins"])
def test_headings(text):
    assert looks_like_heading(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Lighter evenings have come.",
        "The aims are:",
        "and then the rain came",
        "Dear colleagues",
        "bulletin@learning.example",
        "Write to bulletin@learning.example",
        "‘Passes are free’",
        "2024",
        "Thirteen words are one word more than a heading has in this bulletin",
    ],
)
def test_lines_that_are_no_headings(text):
    assert not looks_like_heading(text)


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("In the news", "news"),
        ("IN THE NEWS", "news"),
        ("In this issue:", "news"),
        ("Latest news", "news"),
        ("Example Learning news:", "organisation news"),
        ("News from Example Learning", "organisation news"),
        ("Our news", "organisation news"),
        ("Classroom Training courses", "training"),
        ("New online courses", "training"),
        ("Parental Resources", "parental resources"),
        ("Free resources for parents", "parental resources"),
        ("Podcasts", "podcasts"),
        ("Our latest podcast series", "podcasts"),
        ("Upcoming webinars", "webinars"),
        ("Articles", "articles"),
        ("System Updates", "system updates"),
        ("Teachers miss first aid training", ""),
        ("Teenagers avoid the news", ""),
        ("Bicycle marking days return", ""),
        ("The inspection also found that:", ""),
        ("", ""),
    ],
)
def test_kinds_of_headings(heading, kind):
    assert kind_of(heading) == kind


def test_a_text_begins_with_a_headline_quoted_or_bare():
    assert begins_with("‘Sharenting’ is the word", "Sharenting")
    assert begins_with("Sharenting is the word", "Sharenting")
    assert not begins_with("Sharentings are words", "Sharenting")
    assert not begins_with("The word is sharenting", "Sharenting")
    assert not begins_with("Anything", "???")
