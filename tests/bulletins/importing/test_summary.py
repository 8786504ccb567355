"""The summary that an imported bulletin gets."""

from dataclasses import replace

import pytest

from bulletins.importing.plain_text import parse
from bulletins.importing.summary import LONGEST, summary_of
from tests.bulletins.importing.printed import make_text


def summary_for(intro: str) -> str:
    return summary_of(replace(parse(make_text()), intro=intro))


@pytest.mark.parametrize(
    ("intro", "summary"),
    [
        ("<p>Welcome &amp; enjoy.</p>", "Welcome & enjoy."),
        ("<p>One. Two!</p><p>Three?</p>", "One. Two! Three?"),
        ("<p>One.</p><p>" + "much more " * 20 + "</p>", "One."),
        ("", ""),
    ],
)
def test_takes_whole_sentences(intro, summary):
    assert summary_for(intro) == summary


def test_cuts_a_long_sentence_at_a_word():
    summary = summary_for("<p>" + "longish words, " * 20 + "</p>")
    assert len(summary) <= LONGEST
    assert summary.endswith(" words…") or summary.endswith(" longish…")


def test_without_an_intro_the_first_text_serves():
    read = parse(make_text("Podcasts", "Six episodes are out, as we said. " * 5))
    assert summary_of(replace(read, intro="")).startswith("Six episodes are out, as we said.")
