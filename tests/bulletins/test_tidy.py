"""Tidying: curly marks, single blanks, typed bullets as lists; no word is lost, and twice equals once."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bulletins.tidy import tidy
from publication.richtext import clean_html

CASES = {
    '<p>"Hello," she said.</p>': "<p>“Hello,” she said.</p>",
    "<p>It's the school's own, and pupils' too.</p>": "<p>It’s the school’s own, and pupils’ too.</p>",
    "<p>He said 'no' twice...</p>": "<p>He said ‘no’ twice…</p>",
    "<p>two  blanks and\u00a0one&nbsp;more</p>": "<p>two blanks and one more</p>",
    "<p> an edge </p>": "<p>an edge</p>",
    "<p>• one</p><p>• two</p>": "<ul><li>one</li><li>two</li></ul>",
    "<p>Bring:</p><p>- a coat</p><p>- a pen</p><p>Bye.</p>": (
        "<p>Bring:</p><ul><li>a coat</li><li>a pen</li></ul><p>Bye.</p>"
    ),
    "<p>Bring:<br>• a coat<br>• a pen</p>": "<p>Bring:</p><ul><li>a coat</li><li>a pen</li></ul>",
    "<p>1. one</p><p>2. two</p><p>3. three</p>": "<ol><li>one</li><li>two</li><li>three</li></ol>",
    "<p>(1) one</p>\n<p>(2) two</p>": "<ol><li>one</li><li>two</li></ol>",
    "<p>·\u00a0\u00a0 <strong>one</strong></p><p>·\u00a0 two</p>": "<ul><li><strong>one</strong></li><li>two</li></ul>",
    "<p>A <br> poem</p>": None,
    "<p>- one dash alone</p>": None,
    "<p>1. July is a Wednesday</p>": None,
    "<p>2. two</p><p>3. three</p>": None,
    "<p>-5 degrees</p><p>-6 degrees</p>": None,
    '<p><a href="https://example.org/?a=1&amp;b=\'2\'" rel="noopener noreferrer">kept</a></p>': None,
    "<blockquote><p>quoted</p></blockquote><table><tbody><tr><td>kept</td></tr></tbody></table>": None,
}


@pytest.mark.parametrize(("typed", "wanted"), [(typed, wanted or typed) for typed, wanted in CASES.items()])
def test_what_becomes_of_it(typed, wanted):
    assert without_breaks(tidy(typed)) == without_breaks(wanted)


def without_breaks(html):
    return re.sub(r"\s*\n\s*", "", html).replace(" <br> ", "<br>")


PIECES = some.sampled_from(
    [
        *CASES,
        "<p>",
        "</p>",
        '"',
        "'",
        "• ",
        "- ",
        "1. ",
        "2) ",
        "<br>",
        " word ",
        "\u00a0",
        "<li>x</li>",
        "&amp;",
        "&lt;",
    ]
)


@given(some.lists(PIECES, max_size=12).map("".join))
def test_twice_equals_once_and_what_is_stored_is_clean(html):
    once = tidy(html)
    assert tidy(once) == once
    assert clean_html(once) == once


@given(some.lists(PIECES, max_size=12).map("".join))
def test_every_word_stays_in_its_order(html):
    assert words(tidy(html)) == words(clean_html(html))


def words(html):
    """Its letters, without digits: a list's numbers are not written out."""
    return re.findall(r"[^\W\d]+", unescape(re.sub("<[^>]*>", " ", html)))
