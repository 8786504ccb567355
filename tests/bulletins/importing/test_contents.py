"""A bulletin with a printed list of contents, one of whose headings is lost."""

import pytest

from bulletins.importing.plain_text import parse
from tests.bulletins.importing.printed import LONG, findings_about, make_text, sample


@pytest.fixture
def bulletin():
    return parse(sample("contents.txt"))


def test_items_are_in_the_order_of_the_contents(bulletin):
    news = bulletin.sections[0]
    assert (news.kind, news.heading, news.body) == ("news", "In the news", "")
    assert [item.headline for item in news.items] == [
        "Bicycle marking days return",
        "Lighter evenings & the walk home",
        "Library cards for every class",
        "Sharenting",
    ]


def test_the_contents_are_not_stored_as_text(bulletin):
    assert not any("<ul>" in body for body in bulletin.bodies)


def test_a_lost_heading_is_found_where_its_word_opens_a_paragraph(bulletin):
    item = bulletin.sections[0].items[-1]
    assert item.body.startswith("<p>‘Sharenting’ is the word")
    assert item.body.count("<p>") == 2
    assert findings_about(bulletin, "heading “Sharenting” (contents, line 14) is missing") == [43]


def test_quotations_are_set_as_quotations(bulletin):
    assert bulletin.quotations == 4
    assert "<blockquote><p>‘A card is the first" in bulletin.sections[0].items[2].body


def test_text_is_escaped(bulletin):
    assert "Forms &lt;must&gt; be back" in bulletin.sections[0].items[2].body
    assert "month, &amp; it is free" in bulletin.intro


def test_the_organisation_has_its_own_section(bulletin):
    section = bulletin.sections[1]
    assert (section.kind, section.heading) == ("organisation news", "Example Learning news")
    assert (section.body.count("<p>"), section.items) == (2, ())


def test_who_signs(bulletin):
    assert (bulletin.author, bulletin.role) == ("Robin Ashdown", "Example Learning Bulletin Director")
    assert bulletin.sign_off == ""


def test_headlines_that_are_nowhere_are_named():
    read = parse(make_text("In the news", "• First things\n• Second things", "First things", LONG))
    assert [item.headline for item in read.sections[0].items] == ["First things"]
    assert findings_about(read, "the contents name “Second things”") == [10]


def test_another_order_than_the_contents_keeps_the_text_and_says_so():
    read = parse(make_text("In the news", "• One thing\n• Two things", "Two things", LONG, "One thing", LONG))
    assert [item.headline for item in read.sections[0].items] == ["Two things", "One thing"]
    assert findings_about(read, "another order") == [9]


def test_an_item_that_the_contents_do_not_name_is_kept_and_named():
    read = parse(
        make_text("In the news", "• One thing\n• Two things", "One thing", LONG, "Two things", LONG, "Third", LONG)
    )
    assert [item.headline for item in read.sections[0].items] == ["One thing", "Two things", "Third"]
    assert len(findings_about(read, "“Third” was taken for a news item")) == 1


def test_the_first_heading_may_be_the_lost_one():
    read = parse(make_text("In the news", "• Mending\n• Two things", "Mending is done. " + LONG, "Two things", LONG))
    assert [item.headline for item in read.sections[0].items] == ["Mending", "Two things"]


def test_a_lost_heading_is_not_looked_for_in_a_later_section():
    read = parse(
        make_text("In the news", "• One thing\n• Mending", "One thing", LONG, "Our news", "Mending is done. " + LONG)
    )
    assert [item.headline for item in read.sections[0].items] == ["One thing"]
    assert len(findings_about(read, "“Mending”, but nothing below begins with it")) == 1


def test_an_ordinary_list_is_no_contents():
    read = parse(make_text("Podcasts", "• One thing\n• Two things", "A heading", LONG))
    assert "<li>One thing</li>" in read.sections[0].body
