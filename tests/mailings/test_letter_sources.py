"""A letter says where an item has it from and when it was checked, and nothing of what came later."""

import datetime

import pytest

from bulletins.lines import WIDTH
from bulletins.models import Bulletin, NewsItem
from mailings.letter import freeze
from tests.factories import MARCH, make_bulletin, make_item, make_publication, make_published, make_source

pytestmark = pytest.mark.django_db


@pytest.fixture
def item():
    make_publication()
    item = make_bulletin().items.get()
    make_source(item)
    NewsItem.objects.update(checked_on=datetime.date(2026, 3, 3))
    return item


def frozen():
    return freeze(Bulletin.objects.with_parts().earliest("pk"), MARCH)


def test_html_and_text_name_the_source_and_lead_to_it(item):
    letter = frozen()
    link = '<a href="https://council.example.org/keys"'
    assert f"Source: Example Council, {link}" in letter.html
    assert "Keys and who holds them</a>, 28 February 2024 (England)<br>Checked on 3 March 2026</p>" in letter.html
    assert "Source: Example Council, Keys and who holds them, 28 February 2024\n  (England) [1]\n" in letter.text
    assert "\nChecked on 3 March 2026\n" in letter.text
    assert "[1] https://council.example.org/keys" in letter.text


def test_names_are_printed_literally_in_both(item):
    make_source(item, publisher="A & B", title="<i>Keys</i>", date=None, nation="", link="")
    letter = frozen()
    assert "Source: A &amp; B, &lt;i&gt;Keys&lt;/i&gt;" in letter.html
    assert "\nSource: A & B, <i>Keys</i>\n" in letter.text


def test_long_titles_are_wrapped(item):
    make_source(item, title="Keys " * 40)
    lines = [line for line in frozen().text.splitlines() if "Keys Keys" in line]
    assert len(lines) > 1
    assert all(len(line) <= WIDTH for line in lines)


def test_an_item_without_them_says_nothing():
    make_publication()
    make_bulletin()
    letter = frozen()
    assert "Source" not in letter.html + letter.text
    assert "Checked on" not in letter.html + letter.text


def test_what_supersedes_it_is_in_no_letter(item):
    before = frozen()
    newer = make_item(make_published(datetime.date(2026, 4, 1)), headline="New guidance")
    NewsItem.objects.filter(pk=item.pk).update(superseded_by=newer, superseded_elsewhere="Elsewhere")
    assert frozen() == before
