"""The rows of the write screen: folded, in the readers' order, moved and deleted without a mouse."""

import re
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from bulletins.models import NewsItem, Section, Topic
from tests.bulletins.screen import WRITING, change_url, posted
from tests.factories import make_bulletin, make_event, make_item, make_section, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client):
    editor = make_staff("editor", *WRITING)
    client.force_login(editor)
    return editor


@pytest.fixture
def issue():
    """An issue with two sections, of two items each."""
    bulletin = make_bulletin()
    first = bulletin.sections.get()
    second = make_section(bulletin, heading="Podcasts", kind="podcasts")
    make_item(bulletin, headline="Second", section=first)
    for headline in ("Third", "Fourth"):
        make_item(bulletin, headline=headline, section=second)
    return bulletin


def rows(page, prefix):
    """The lines of an inline's rows, the empty one at the end left out."""
    group = re.split(r'id="\w+-group"', page.content.decode().split(f'id="{prefix}-group"')[1])[0]
    return group.split('class="row-line"')[1:-1]


def wrong_in_rows(page, prefix):
    """What an inline's rows say above their fields."""
    said = [re.search(r'class="row-wrong">.*?<li>([^<]*)', row, re.DOTALL) for row in rows(page, prefix)]
    return [found[1] for found in said if found]


def split_hours(event):
    """An event's start, in the two boxes of the screen."""
    start = timezone.localtime(event.start)
    return {"events-0-start_0": f"{start:%Y-%m-%d}", "events-0-start_1": f"{start:%H:%M}"}


def drawing(kind):
    target = BytesIO()
    Image.new("RGB", (40, 30), (200, 30, 40)).save(target, kind)
    return target.getvalue()


def in_order(bulletin):
    found = NewsItem.objects.filter(bulletin=bulletin).order_by("section__position", "position")
    return [(item.headline, item.section.heading, item.position) for item in found]


def test_rows_stand_in_the_readers_order(client, editor, issue):
    names = [re.search(r'row-name">([^<]*)', row)[1] for row in rows(client.get(change_url(issue)), "items")]
    assert names == ["An example headline", "Second", "Third", "Fourth"]


def test_a_row_says_its_section_and_opens_with_a_button(client, editor, issue):
    row = rows(client.get(change_url(issue)), "items")[2]
    assert re.search(r'<button type="button" class="row-toggle"[^>]*aria-expanded', row)
    assert '<span class="row-note">Podcasts</span>' in row


def test_items_and_sections_move_by_buttons_and_events_go_by_their_date(client, editor, issue):
    make_event(issue.sections.first())
    page = client.get(change_url(issue))
    for prefix, buttons in (("items", 2), ("sections", 2), ("events", 0)):
        assert rows(page, prefix)[0].count('class="row-move"') == buttons


def test_deleting_a_row_is_a_box_to_tick(client, editor, issue):
    row = rows(client.get(change_url(issue)), "items")[0]
    assert '<input type="checkbox" name="items-0-DELETE"' in row
    assert posted(client, issue, **{"items-0-DELETE": "on"}).status_code == 302
    assert in_order(issue)[0] == ("Second", "In the news", 1)


def test_who_may_only_look_moves_nothing(client, issue):
    client.force_login(make_staff("looker", "view_bulletin", "view_section", "view_newsitem", "view_event"))
    page = client.get(change_url(issue)).content.decode()
    assert "Fourth" in page
    assert "row-move" not in page
    assert "row-grip" not in page


def test_the_order_on_the_screen_is_kept(client, editor, issue):
    posted(client, issue, **{"items-0-position": 2, "items-1-position": 1})
    assert [headline for headline, _, _ in in_order(issue)][:2] == ["Second", "An example headline"]


@pytest.mark.parametrize("positions", [(0, 1, 2, 3), (0, 0, 0, 0), (7, 9, 3, 30)])
def test_positions_count_from_one_in_each_section_whatever_is_sent(client, editor, issue, positions):
    posted(client, issue, **{f"items-{row}-position": position for row, position in enumerate(positions)})
    assert in_order(issue) == [
        ("An example headline", "In the news", 1),
        ("Second", "In the news", 2),
        ("Third", "Podcasts", 1),
        ("Fourth", "Podcasts", 2),
    ]


def test_sections_change_places_and_take_their_items_along(client, editor, issue):
    posted(client, issue, **{"sections-0-position": 2, "sections-1-position": 1})
    assert [(s.heading, s.position) for s in Section.objects.filter(bulletin=issue)] == [
        ("Podcasts", 1),
        ("In the news", 2),
    ]
    assert [headline for headline, _, _ in in_order(issue)] == ["Third", "Fourth", "An example headline", "Second"]


def test_an_item_goes_into_another_section(client, editor, issue):
    podcasts = issue.sections.get(heading="Podcasts")
    posted(client, issue, **{"items-0-section": podcasts.pk, "items-0-position": 3})
    assert in_order(issue) == [
        ("Second", "In the news", 1),
        ("Third", "Podcasts", 1),
        ("Fourth", "Podcasts", 2),
        ("An example headline", "Podcasts", 3),
    ]


def test_a_new_row_lands_where_it_stood(client, editor, issue):
    added = {
        "items-TOTAL_FORMS": 5,
        "items-4-headline": "New",
        "items-4-section": issue.sections.first().pk,
        "items-4-position": 2,
        "items-1-position": 3,
    }
    posted(client, issue, **added)
    assert [headline for headline, _, _ in in_order(issue)][:3] == ["An example headline", "New", "Second"]


def test_a_new_row_without_a_place_comes_last(client, editor, issue):
    added = {"items-TOTAL_FORMS": 5, "items-4-headline": "New", "items-4-section": issue.sections.first().pk}
    posted(client, issue, **added, **{"items-4-position": 0})
    assert in_order(issue)[2] == ("New", "In the news", 3)


def test_a_row_that_was_added_and_left_empty_is_no_row(client, editor, issue):
    added = {"items-TOTAL_FORMS": 5, "items-4-section": issue.sections.first().pk, "items-4-position": 3}
    assert posted(client, issue, **added, **{"items-4-headline": ""}).status_code == 302
    assert issue.items.count() == 4


def test_a_new_row_that_was_taken_back_is_no_row(client, editor, issue):
    added = {"items-TOTAL_FORMS": 5, "items-4-headline": "Never mind", "items-4-DELETE": "on"}
    assert posted(client, issue, **added).status_code == 302
    assert issue.items.count() == 4


def test_a_fault_opens_its_row_and_stands_in_a_banner(client, editor, issue):
    page = posted(client, issue, **{"items-1-headline": ""}).content.decode()
    assert "Please correct the error" in page
    assert page.count("openRow: true") == 1


def test_an_event_that_ends_before_it_starts_says_so_in_its_open_row(client, editor, issue):
    event = make_event(issue.sections.first())
    before = {"events-0-end_0": f"{event.start:%Y-%m-%d}", "events-0-end_1": "00:01"}
    page = posted(client, issue, **split_hours(event), **before)
    assert page.status_code == 200
    assert wrong_in_rows(page, "events") == ["An event ends after it starts."]
    assert page.content.decode().count("openRow: true") == 1


def test_an_item_whose_picture_has_no_words_says_so_in_its_open_row(client, editor, issue):
    picture = SimpleUploadedFile("gate.png", drawing("PNG"), content_type="image/png")
    page = posted(client, issue, **{"items-2-image": picture, "items-2-image_alt": ""})
    assert page.status_code == 200
    assert "Say in words what the image shows." in rows(page, "items")[2]
    assert page.content.decode().count("openRow: true") == 1


def test_an_item_takes_topics(client, editor, issue):
    topic = Topic.objects.create(name="Online safety", slug="online-safety")
    posted(client, issue, **{"items-0-topics": [topic.pk]})
    assert topic.items.get().headline == "An example headline"


def test_many_rows_cost_no_more_queries_than_few(client, editor, issue, django_assert_max_num_queries):
    for _ in range(10):
        make_item(issue)
        make_section(issue)
        make_event(issue.sections.first())
    # The checklist's line on top takes a fixed number of them.
    with django_assert_max_num_queries(40):
        client.get(change_url(issue))


def test_the_page_teaches(client, editor, issue):
    page = client.get(change_url(issue)).content.decode()
    assert "headings, lists and quotations stay" in page
    assert 'placeholder="Such as: In the news"' in page
    assert 'aria-label="Publish at: day"' in page


def test_a_summary_broken_over_lines_is_stored_as_one(client, editor, issue):
    posted(client, issue, summary="Phones in school,\r\nand four  webinars.")
    issue.refresh_from_db()
    assert issue.summary == "Phones in school, and four webinars."


def test_the_month_of_a_new_issue_may_come_with_the_address(client, editor):
    page = client.get(reverse("admin:bulletins_bulletin_add"), {"month": "2031-06-01"}).content.decode()
    assert 'value="2031-06-01"' in page
