"""A bulletin of sections without a list of contents, and one with wrapped lines."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bulletins.importing.parsed import ParsedEvent
from bulletins.importing.plain_text import parse
from bulletins.models import SectionKind
from tests.bulletins.importing.printed import LONG, make_text, sample

LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def bulletin():
    return parse(sample("sections.txt"))


def test_sections_in_order(bulletin):
    assert [(section.kind, section.heading) for section in bulletin.sections] == [
        ("training", "Classroom Training courses"),
        ("parental resources", "Parental Resources"),
        ("podcasts", "Podcasts"),
        ("webinars", "Webinars"),
        ("system updates", "System Updates"),
        ("news", "In the news"),
    ]
    assert {section.kind for section in bulletin.sections} <= set(SectionKind.values)


def test_lists_are_lists(bulletin):
    training, _, podcasts, *_, news = bulletin.sections
    assert training.body.count("<li>") == 3
    assert (podcasts.body.count("<ul>"), podcasts.body.count("<li>")) == (1, 6)
    assert news.items[1].body.count("<li>") == 3


def test_a_webinar_is_an_event_and_its_text_stays(bulletin):
    webinars = bulletin.sections[3]
    start = datetime(2024, 5, 9, 15, 45, tzinfo=LONDON)
    assert webinars.events == (ParsedEvent("Keeping a Class Calm in Summer", start),)
    assert "at 15:45hrs" in webinars.body


def test_items_without_a_contents_list(bulletin):
    assert [item.headline for item in bulletin.sections[-1].items] == [
        "Swimming lessons in the county",
        "Walk to School Week",
        "Reading aloud at home",
        "Tackling litter",
    ]


def test_quotations_with_and_without_a_colon_before(bulletin):
    assert bulletin.quotations == 3


def test_a_line_of_a_no_break_space_is_nothing(bulletin):
    assert bulletin.intro.count("<p>") == 1


def test_what_stands_between_feedback_and_name_is_the_sign_off(bulletin):
    assert bulletin.sign_off.startswith("<p>Please share our e-Bulletin with a neighbour.")
    assert bulletin.sign_off.count("<p>") == 1
    assert bulletin.role == "Example Learning Bulletin Director"


def test_neither_feedback_nor_other_bulletins_are_stored(bulletin):
    assert not any("learning.example" in body or "March 2024" in body for body in bulletin.bodies)


def test_items_after_another_section_form_a_section_of_their_own():
    read = parse(make_text("In the news", LONG, "One thing", LONG, "Podcasts", LONG, "Two things", LONG))
    assert [(s.heading, len(s.items)) for s in read.sections] == [
        ("In the news", 1),
        ("Podcasts", 0),
        ("In the news", 1),
    ]
    assert read.sections[0].body == f"<p>{LONG}</p>"


def test_a_role_may_stand_beside_the_name():
    read = parse(make_text("One thing", LONG, "Billie Fenn, Harbour Schools Editor"))
    assert (read.role, read.sign_off) == ("Harbour Schools Editor", "")


def test_what_stands_below_a_name_with_its_role_is_kept():
    read = parse(make_text("One thing", LONG, "Billie Fenn, Harbour Schools Editor", "Printed on moss"))
    assert (read.role, read.sign_off) == ("Harbour Schools Editor", "<p>Printed on moss</p>")


def test_a_name_in_the_middle_signs_nothing():
    read = parse(make_text("Billie Fenn", "Podcasts", LONG, "Webinars", LONG))
    assert [section.heading for section in read.sections] == ["Podcasts", "Webinars"]
    assert (read.role, "<p>Billie Fenn</p>" in read.intro) == ("", True)


@pytest.fixture
def wrapped():
    return parse(sample("wrapped.txt"))


def test_wrapped_lines_are_one_paragraph(wrapped):
    passes = wrapped.sections[0].items[0]
    assert wrapped.intro.count("<p>") == 2
    assert "two visits - one in July - and one in August, for a pupil and one grown-up." in passes.body


def test_a_heading_may_stand_directly_above_its_text(wrapped):
    assert [item.headline for item in wrapped.sections[0].items] == [
        "Museum passes",
        "A pond for every school",
    ]


def test_numbered_lines_are_not_run_together(wrapped):
    assert "<p>1. sun,</p>\n<p>2. shade,</p>" in wrapped.sections[0].items[1].body


def test_events_in_a_list(wrapped):
    assert [(event.title, event.start) for event in wrapped.sections[1].events] == [
        ("Ponds without Tears", datetime(2024, 6, 12, 16, 30, tzinfo=LONDON)),
        ("Webinar", datetime(2024, 6, 18, 10, 0, tzinfo=LONDON)),
    ]


def test_name_and_role_in_one_paragraph(wrapped):
    assert (wrapped.role, wrapped.sign_off) == ("Harbour Schools Newsletter Editor", "<p>Kind regards,</p>")
