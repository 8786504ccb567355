import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulletins.lines import WIDTH, width
from bulletins.plaintext import Links, plain_text
from publication.richtext import clean_html

LONG = "word " * 30


def written(html):
    return plain_text(html, Links())


def test_paragraphs_are_wrapped_and_kept_apart():
    text = written(f"<p>{LONG}</p><p>Second.</p>")
    assert max(map(len, text.splitlines())) <= WIDTH
    assert text.endswith("\n\nSecond.")


def test_a_quotation_is_marked_on_every_line():
    text = written(f"<blockquote><p>{LONG}</p><p>Second.</p></blockquote>")
    assert all(line.startswith(">") for line in text.splitlines())
    assert "\n>\n> Second." in text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<ul><li>one</li><li>two</li></ul>", "* one\n* two"),
        ("<ol><li>one</li><li>two</li></ol>", "1. one\n2. two"),
        ("<ul><li>one<ul><li>inner</li></ul></li><li>two</li></ul>", "* one\n  * inner\n* two"),
        ("<p>a</p><ul><li>b</li></ul><p>c</p>", "a\n\n* b\n\nc"),
        ("<h3>Heading</h3><p>a<br>b</p>", "Heading\n.......\n\na\nb"),
        ("<p>1 &lt; 2 &amp; 3</p>", "1 < 2 & 3"),
        ("<table><tr><th>Day</th><td>Hour</td></tr></table>", "Day | Hour"),
        ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table><p>x</p>", "1 | 2\n3\n\nx"),
        ("<ol start='9'><li>one</li><li>two</li></ol>", "9. one\n10. two"),
        ("<ol start='99999999'><li>one</li></ol>", "1. one"),
        ("<ul><li><blockquote><p>said</p></blockquote></li><li>two</li></ul>", "* > said\n* two"),
        ("<blockquote><ul><li>one<ol><li>in</li></ol></li></ul></blockquote>", "> * one\n>   1. in"),
        ("<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>", "> a\n>\n> > b"),
        ("<blockquote><p>a</p></blockquote><blockquote><p>b</p></blockquote>", "> a\n\n> b"),
        ("<blockquote><p>a<br><br>b</p></blockquote>", "> a\n>\n> b"),
        ("<blockquote><h3>Said</h3><p>a</p></blockquote>", "> Said\n> ....\n>\n> a"),
        ("<ul><li><p>one</p><p>more</p></li></ul>", "* one\n  more"),
        ("<p>{{ settings }} {% now %}</p>", "{{ settings }} {% now %}"),
        ("", ""),
    ],
)
def test_each_kind_of_block(html, text):
    assert written(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (
            "<table><caption>Hours</caption><tr><th>Day</th><th>From</th></tr><tr><td>Wednesday</td><td>9</td></tr></table>",
            "Hours\n\nDay       | From\n----------+-----\nWednesday | 9",
        ),
        (
            "<table><tr><th>Day</th><td>Monday</td></tr><tr><th>From</th><td>9</td></tr></table>",
            "Day  | Monday\nFrom | 9",
        ),
        ("<table><tr><td><p>a</p><p>b</p></td><td>c</td></tr></table>", "a b | c"),
        ("<table><tr><td><ul><li>a</li><li>b</li></ul></td><td>c</td></tr></table>", "a b | c"),
        ("<table><tr><td>a</td><td></td><td>c</td></tr></table>", "a |  | c"),
        ("<table><tr><td></td></tr></table><p>x</p>", "x"),
        ("<ul><li><table><tr><td>a</td></tr><tr><td>b</td></tr></table></li></ul>", "* a\n  b"),
        ("<table><tr><td>a<table><tr><td>b</td></tr></table></td><td>c</td></tr></table><p>x</p>", "a\nb | c\n\nx"),
    ],
)
def test_tables(html, text):
    assert written(html) == text


def test_a_wide_table_is_wrapped_in_its_columns():
    html = f"<table><tr><th>Day</th><th>What</th></tr><tr><td>Monday</td><td>{LONG}</td></tr></table>"
    lines = written(f"<blockquote>{html}</blockquote>").splitlines()
    assert lines[:2] == ["> Day    | What", f"> {'-' * 6}-+-{'-' * 61}"]
    assert lines[2] == f"> Monday | {' '.join(['word'] * 12)}"
    assert {line[:11] for line in lines[3:]} == {">        | "}
    assert max(map(len, lines)) <= WIDTH


def test_the_rows_of_a_wrapped_table_stand_apart():
    row = f"<tr><td>Day</td><td>{LONG}</td></tr>"
    lines = written(f"<table>{row}{row}</table>").splitlines()
    assert (len(lines), lines[3]) == (7, "")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p><cite>Sam</cite></p>", "> — Sam"),
        ("<p><cite>– Sam</cite></p>", "> – Sam"),
        ("<p><cite><strong>— Sam</strong></cite></p>", "> — Sam"),
        ("<p>— <cite>Sam</cite></p>", "> — Sam"),
        ("<p>-&nbsp;<cite>Sam</cite></p>", "> - Sam"),
    ],
)
def test_the_source_of_a_quotation_has_one_dash(source, text):
    assert written(clean_html(f"<blockquote><p>a</p>{source}</blockquote>")) == f"> a\n>\n{text}"


def test_a_work_named_outside_a_quotation_has_no_dash():
    html = "<blockquote><p>a</p></blockquote><p>See <cite>a report</cite>.</p><blockquote><p>b</p></blockquote>"
    assert written(html) == "> a\n\nSee a report.\n\n> b"


def test_a_table_of_too_many_columns_is_wrapped_row_by_row():
    row = "".join(f"<td>number {n}</td>" for n in range(12))
    lines = written(f"<table><tr>{row}</tr><tr><td>b</td></tr></table>").splitlines()
    assert lines[0].startswith("number 0 | number 1 | ")
    assert max(map(len, lines)) <= WIDTH
    assert lines[-1] == "b"


def test_a_table_of_wide_letters_stands_in_columns():
    html = "<table><tr><td>日本</td><td>a</td></tr><tr><td>abcd</td><td>b</td></tr></table>"
    assert written(html) == "日本 | a\nabcd | b"


@pytest.mark.parametrize(
    ("text", "columns"),
    [("plain", 5), ("café", 4), ("cafe\u0301", 4), ("日本", 4), ("🎉", 2), ("a\u200bb", 2), ("", 0)],
)
def test_width_in_columns(text, columns):
    assert width(text) == columns


def test_wide_letters_are_wrapped_by_their_columns():
    lines = written(f"<p>{'日本語 ' * 30}</p>").splitlines()
    assert [width(line) for line in lines] == [69, 69, 69]


def test_a_heading_is_underlined_over_its_columns():
    assert written("<h3>日本 cafe\u0301</h3>").splitlines()[1] == "." * 9


def test_words_held_together_stay_together():
    text = written(f"<p>{'x' * 66} 5&nbsp;March, and&nbsp; more &nbsp; of it</p>")
    assert text == f"{'x' * 66}\n5 March, and more of it"


def test_an_address_is_never_broken():
    address = f"https://example.org/{'long-' * 20}end"
    assert address in written(f"<ul><li>See {address} for more</li></ul>").splitlines()[1]


def test_a_telephone_number_that_is_its_own_words_needs_no_number():
    assert written('<p>Call <a href="tel:08001111">0800 1111</a>.</p>') == "Call 0800 1111."


def test_the_second_line_of_an_entry_stands_under_the_first():
    first, second, *_ = written(f"<ol><li>{LONG}</li></ol>").splitlines()
    assert (first[:3], second[:3]) == ("1. ", "   ")


def test_links_are_numbered_once_each_and_made_whole():
    links = Links("https://bulletin.example.org/bulletins/2026/march/")
    html = '<p><a href="/a">one</a> <a href="https://example.org/b">two</a> <a href="/a">again</a></p>'
    assert plain_text(html, links) == "one [1] two [2] again [1]"
    assert [*links] == ["https://bulletin.example.org/a", "https://example.org/b"]


def test_an_address_that_is_its_own_words_needs_no_number():
    links = Links()
    assert plain_text('<p><a href="mailto:a@example.org">a@example.org</a></p>', links) == "a@example.org"
    assert [*links] == []


@given(st.lists(st.text(alphabet="abc <>/&;ul", max_size=20), max_size=6))
def test_no_word_is_lost_whatever_the_markup(pieces):
    html = clean_html("".join(f"<p>{p}</p><ul><li>{p}</li></ul><table><tr><td>{p}</td></tr></table>" for p in pieces))
    words = re.findall(
        r"[a-z]+", re.sub(r"<[^>]*>", " ", html).replace("&lt;", " ").replace("&amp;", " ").replace("&gt;", " ")
    )
    text = plain_text(html, Links())
    assert all(word in text for word in words)
