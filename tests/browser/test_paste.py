"""What is pasted from Word and from Google Docs keeps its meaning and loses its looks, and is stored clean."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from publication.richtext import clean_html
from tests.browser.conftest import Visit
from tests.browser.desk import add_item, editor_of, log_in, row_named, save, start_issue
from tests.browser.house import House

PASTED = Path(__file__).parent / "pasted"
DOCS = '<b style="font-weight:normal;" id="docs-internal-guid-5f1d2c1e">{}</b><br class="Apple-interchange-newline">'
NO_EMPTY = "body => [...body.querySelectorAll('p')].every((paragraph) => paragraph.textContent.trim())"
HEADLINE = "Cold mornings"
# What Chromium gives a page of another program's clipboard; it would take the styles out of what a page puts there.
PASTE = """(body, html) => {
  const held = new DataTransfer();
  held.setData("text/html", html);
  held.setData("text/plain", "as text");
  body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: held, bubbles: true, cancelable: true }));
}"""
COPY = """html => {
  const blob = new Blob([html], { type: "text/html" });
  return navigator.clipboard.write([new ClipboardItem({ "text/html": blob })]);
}"""
EVERYTHING = (
    "<h3>A heading</h3><p>Some <strong>strong</strong> and <em>stressed</em> words,<br>and "
    '<a href="https://www.example.org/a" title="A title" rel="noopener noreferrer">a link</a>.</p>'
    "<p>3<sup>rd</sup>, H<sub>2</sub>O.</p>"
    '<h4>A small one</h4><ul><li>one<ul><li>within</li></ul></li></ul><ol start="3"><li>three</li></ol>'
    "<blockquote><p>Said aloud.</p><p><cite>Robin Example</cite></p></blockquote>"
    '<table><caption>Numbers</caption><thead><tr><th colspan="2" scope="col">Year</th></tr></thead>'
    '<tbody><tr><td rowspan="2">2025</td><td>1</td></tr><tr><td>2</td></tr></tbody></table>'
)
LATEST = "from bulletins.models import NewsItem; item = NewsItem.objects.latest('pk'); "
PUT = LATEST + "item.body = {!r}; item.save(); print(item.bulletin_id)"
STORED = "from bulletins.models import NewsItem; import json; print(json.dumps(NewsItem.objects.latest('pk').body))"


class Outline(HTMLParser):
    """The elements that carry meaning, each with the words directly inside it and what it is in."""

    MEANT = ("h3", "h4", "p", "li", "ul", "ol", "blockquote", "strong", "b", "em", "i", "a")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: set[str] = set()
        self.words: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.attributes |= {name for name, _ in attributes}
        assert tag in self.MEANT or tag == "br", tag
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag != "br":
            assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip():
            self.words.append((" ".join(tag for tag in self.open if tag != "p"), " ".join(data.split())))


def begun(visit: Visit, month: str) -> Page:
    page = visit(viewport={"width": 1280, "height": 1600})
    log_in(page, "editor")
    start_issue(page, month)
    add_item(page, HEADLINE, "")
    return page


def stored(house: House) -> str:
    return json.loads(house.manage("shell", "-v", "0", "-c", STORED))


@pytest.mark.parametrize(("source", "month"), [("word", "2033-01"), ("docs", "2033-02")])
def test_it_keeps_meaning_and_drops_looks(visit: Visit, house: House, source, month):
    page = begun(visit, month)
    body = editor_of(row_named(page, HEADLINE))
    body.click()
    body.evaluate(PASTE, (PASTED / f"{source}.html").read_text())
    expect(body).to_contain_text("Ask at home.")
    # Word's empty lines are its writer's own, and go when the text is stored.
    assert source == "word" or body.evaluate(NO_EMPTY)
    save(page)
    html = stored(house)
    outline = Outline(html)
    assert outline.words == [
        ("h3", "A coat for the playground"),
        ("strong", "Bring one"),
        ("", "on cold days, and read"),
        ("a", "how to name it"),
        ("", "."),
        ("ul li", "a hood"),
        ("ul li", "two pockets"),
        ("h3", "Who said so"),
        ("blockquote" if source == "word" else "blockquote em", "A cold child hears nothing after the first bell."),
        ("ol li", "Look at the peg."),
        ("ol li", "Ask at home."),
    ]
    assert outline.attributes <= {"href", "rel"}
    assert 'href="https://www.example.org/coats"' in html
    assert clean_html(html) == html


def test_nothing_of_google_docs_is_lost_for_a_span_without_style(visit: Visit, house: House):
    page = begun(visit, "2033-05")
    body = editor_of(row_named(page, HEADLINE))
    body.click()
    body.evaluate(PASTE, DOCS.format('<p><span>Some</span> <span style="">words</span>.</p><br />'))
    expect(body).to_contain_text("Some words.")
    assert body.evaluate(NO_EMPTY)
    save(page)
    assert stored(house) == "<p>Some words.</p>"


def test_what_no_filter_can_read_is_pasted_as_words_and_said(visit: Visit, house: House):
    page = begun(visit, "2033-06")
    body = editor_of(row_named(page, HEADLINE))
    body.click()
    body.evaluate(PASTE, DOCS.format("<p><span>Some words.</span></p><div></div>"))
    expect(body).to_contain_text("as text")
    expect(page.get_by_text("Only the words could be pasted")).to_be_visible()
    save(page)
    assert stored(house) == "<p>as text</p>"


def test_a_real_paste_from_another_page(visit: Visit, house: House):
    page = begun(visit, "2033-03")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    other = page.context.new_page()
    other.goto("/admin/")
    other.evaluate(
        COPY,
        '<h1 style="color: red">A title</h1><p onclick="x()">Some <b>words</b>.</p><script>alert(1)</script>',
    )
    page.bring_to_front()
    body = editor_of(row_named(page, HEADLINE))
    body.click()
    page.keyboard.press("Control+V")
    expect(body).to_contain_text("Some words.")
    save(page)
    html = stored(house)
    assert Outline(html).words == [("h3", "A title"), ("", "Some"), ("strong", "words"), ("", ".")]
    assert clean_html(html) == html


def test_opening_and_saving_changes_nothing(visit: Visit, house: House):
    page = begun(visit, "2033-04")
    save(page)
    issue = house.manage("shell", "-v", "0", "-c", PUT.format(EVERYTHING)).strip()
    before = stored(house)
    assert before == clean_html(EVERYTHING) == EVERYTHING
    page.goto(f"/admin/bulletins/bulletin/{issue}/change/")
    expect(editor_of(row_named(page, HEADLINE))).to_contain_text("Said aloud.")
    page.get_by_label("Summary").first.fill("A summary that is new.")
    save(page)
    assert re.sub(r"\s*\n\s*", "", stored(house)) == before
