import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulletins.plaintext import WIDTH, Links, plain_text
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
        ("<h3>Heading</h3><p>a<br>b</p>", "Heading\n-------\n\na\nb"),
        ("<p>1 &lt; 2 &amp; 3</p>", "1 < 2 & 3"),
        ("<table><tr><th>Day</th><td>Hour</td></tr></table>", "Day | Hour"),
        ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table><p>x</p>", "1 | 2\n3\n\nx"),
        ("<p>{{ settings }} {% now %}</p>", "{{ settings }} {% now %}"),
        ("", ""),
    ],
)
def test_each_kind_of_block(html, text):
    assert written(html) == text


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
    html = clean_html("".join(f"<p>{p}</p><ul><li>{p}</li></ul>" for p in pieces))
    words = re.findall(
        r"[a-z]+", re.sub(r"<[^>]*>", " ", html).replace("&lt;", " ").replace("&amp;", " ").replace("&gt;", " ")
    )
    text = plain_text(html, Links())
    assert all(word in text for word in words)
