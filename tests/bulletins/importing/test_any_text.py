"""Whatever is given: a bulletin or a sentence that says why not, and no word lost."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bulletins.importing.plain_text import parse
from bulletins.importing.reading import LARGEST, NotABulletin, normalised, text_of
from tests.bulletins.importing.printed import BYLINE, REAL, SAMPLES, TITLE, words_in, words_kept

SHAPES = [
    "In the news",
    "Podcasts",
    "Webinars",
    "Example Learning news:",
    "One thing",
    "Two things",
    "• One thing",
    "• Two things",
    "- Third",
    "•",
    "‘Third’ is what we say",
    "‘Quoted from end to end.’",
    "It has found that:",
    "on Wednesday 12 June at 4pm on the topic of Ponds",
    "Write and let us know your views on this newsletter:",
    "Please share this newsletter with a neighbour.",
    "Kind regards,",
    "Billie Fenn",
    "Billie Fenn, Harbour Editor",
    "Harbour Editor",
    "Other e-Bulletins",
    "May 2024",
    "\u00a0",
    "",
    "",
]
PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=150)
LINES = st.lists(st.one_of(st.sampled_from(SHAPES), PLAIN), max_size=40)


@given(st.text())
def test_any_text_is_a_bulletin_or_is_refused(text):
    try:
        parse(text)
    except NotABulletin as refused:
        assert str(refused).endswith((".", ")"))


@given(st.binary())
def test_any_bytes_are_a_text_or_are_refused(data):
    try:
        assert "\0" not in text_of(data)
    except NotABulletin as refused:
        assert str(refused)


@settings(max_examples=400, deadline=None)
@given(LINES)
@example(["In the news", "Billie Fenn, Harbour Editor", "In the news", "on Wednesday 12 June at 4pm"])
def test_no_word_below_the_byline_is_lost(lines):
    body = normalised("\n".join(lines))
    try:
        bulletin = parse(f"{TITLE}\n{BYLINE}\n{body}")
    except NotABulletin:
        return
    assert words_in(body) - words_kept(bulletin) == set()


@pytest.mark.parametrize("path", [*sorted(SAMPLES.glob("*.txt")), *sorted(REAL.glob("*.txt"))], ids=lambda p: p.name)
def test_no_word_of_a_printed_bulletin_is_lost(path):
    text = normalised(path.read_text(encoding="utf-8-sig"))
    bulletin = parse(text)
    byline = text.split("\n").index(next(line for line in text.split("\n") if line.endswith("min read")))
    below = " ".join(text.split("\n")[byline + 1 :])
    assert words_in(below) - words_kept(bulletin) == set()


# An eighth of the largest file: enough for anything that grows with the square to run into minutes.
@pytest.mark.parametrize(
    "repeated",
    [
        "a",
        "a ",
        "‘",
        ")",
        "a: A ",
        "- ",
        "• a\n",
        "a\n",
        "A\n\n",
        "• A\n\nA\n\n",
        "One\n\n• Two\n\n",
        "a@",
        "5 May at 4pm ",
    ],
)
def test_the_time_it_takes_grows_with_the_text_only(repeated):
    text = f"{TITLE}\n{BYLINE}\n\n{repeated * (LARGEST // 8 // len(repeated))}"
    begun = time.monotonic()
    try:
        parse(text)
    except NotABulletin as refused:
        assert "stands no text" in str(refused) or "headings" in str(refused)
    assert time.monotonic() - begun < 15
