"""The headings of a text move to where it is printed, and none of them skips a level."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from publication.richtext import clean_html, printed
from publication.templatetags.richtext import beginning

TOPS = [2, 3, 4, 5]
PIECES = ["<h1>", "<h2>", "<h3>", "</h3>", "<h4>", "</h4>", "<b>", "</b>", "<li>", "<p>words</p>", "words"]
PIECES += ['<a href="/" title="<h3>">', '<a title="</h4>">x</a>', "&lt;h3&gt;", "<blockquote>", "</blockquote>"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


class Outline(HTMLParser):
    """Notes the levels of the headings in order, and that each is closed as what it was opened."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.opened: list[str] = []
        self.feed(html)
        assert not self.opened

    def handle_starttag(self, tag, attrs):
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
            self.opened.append(tag)

    def handle_endtag(self, tag):
        if re.fullmatch("h[1-6]", tag):
            assert self.opened.pop() == tag


@pytest.mark.parametrize(
    ("written", "under_an_h3"),
    [
        ("<h3>One</h3><p>x</p><h4>Two</h4>", "<h4>One</h4><p>x</p><h5>Two</h5>"),
        ("<h4>One</h4><h4>Two</h4>", "<h4>One</h4><h4>Two</h4>"),
        ("<h4>One</h4><h3>Two</h3><h4>Three</h4>", "<h4>One</h4><h4>Two</h4><h5>Three</h5>"),
        ("<h1>One</h1><h2>Two</h2>", "<h4>One</h4><h4>Two</h4>"),
        ("<p>No heading</p>", "<p>No heading</p>"),
        ("<p>&lt;h3&gt;</p>", "<p>&lt;h3&gt;</p>"),
        ("", ""),
    ],
)
def test_a_text_under_a_level_three_heading_starts_at_four(written, under_an_h3):
    assert printed(written, top=4) == under_an_h3


def test_under_the_title_of_a_page_a_text_starts_at_two():
    assert printed("<h3>One</h3><h4>Two</h4>", top=2) == "<h2>One</h2><h3>Two</h3>"


def test_what_looks_like_a_heading_in_an_attribute_is_none():
    written = '<p><a href="/?<h3>" title="</h4>">x</a></p>'
    assert printed(written, top=5) == clean_html(written)
    assert "h3" in clean_html(written)


@pytest.mark.parametrize("top", TOPS)
@example("<h4><b><h3>x</h3></b></h4><h4>y")
@given(TEXTS)
@settings(max_examples=150, deadline=None)
def test_the_first_heading_is_the_top_and_none_skips_a_level(top, text):
    levels = Outline(printed(text, top=top)).levels
    assert levels[:1] in ([], [top])
    assert set(levels) <= {top, top + 1}


@pytest.mark.parametrize("top", TOPS)
@given(TEXTS)
@settings(max_examples=150, deadline=None)
def test_nothing_but_the_headings_changes(top, text):
    def without_levels(html):
        return re.sub("(</?h)[2-6]", r"\1", html)

    assert without_levels(printed(text, top=top)) == without_levels(clean_html(text))


@pytest.mark.parametrize("top", [3, 4])
@given(TEXTS)
@settings(max_examples=150, deadline=None)
def test_what_was_printed_prints_the_same_at_its_own_level(top, text):
    once = printed(text, top=3)
    assert printed(once, top=top) == printed(text, top=top)


@pytest.mark.parametrize(
    ("html", "first"),
    [
        ("<p>One</p><p>two &amp; three.</p>", "One two & three."),
        ("<p>One two three four</p>", "One two three four"),
        ("<p>One two three four five</p>", "One two three …"),
        ("", ""),
    ],
)
def test_the_beginning_of_a_text_ends_with_a_whole_word(html, first):
    assert beginning(html, 18) == first
