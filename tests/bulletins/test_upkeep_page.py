"""An item's own page at the desk: its sources, the day of its last check, and what took its place."""

import datetime
from html import unescape

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from bulletins.approval import approval_in_force
from bulletins.models import Bulletin, Correction, LinkCheck, NewsItem, Source
from tests.bulletins.screen import WRITING, change_url, posted, values
from tests.factories import (
    make_approved,
    make_bulletin,
    make_item,
    make_publication,
    make_published,
    make_source,
    make_staff,
)

pytestmark = pytest.mark.django_db

BEFORE = datetime.datetime(2026, 3, 3, 10, tzinfo=datetime.UTC)
AFTER = datetime.datetime(2026, 3, 8, 10, tzinfo=datetime.UTC)
SOURCE = {
    "sources-0-publisher": "Example Council",
    "sources-0-title": "Keys",
    "sources-0-date": "2026-03-02",
    "sources-0-nation": "Wales",
    "sources-0-link": "council.example.org/keys",
}


@pytest.fixture
def clock():
    with time_machine.travel(BEFORE, tick=False) as clock:
        yield clock


@pytest.fixture
def editor(client, clock):
    make_publication()
    editor = make_staff("editor", *WRITING)
    client.force_login(editor)
    return editor


@pytest.fixture
def item(editor):
    return make_bulletin().items.get()


@pytest.fixture
def out(client, editor, clock):
    """An item of an issue that is out."""
    item = make_approved().items.get()
    clock.move_to(AFTER)
    client.force_login(editor)
    return item


def at(item):
    return reverse("upkeep:item", args=[item.pk])


def keep(client, item, **changes):
    """Post the page as it stands, with some boxes changed."""
    page = client.get(at(item))
    forms = page.context["forms"]
    data = {"seen": page.context["seen"], **values(forms.item)}
    data |= {forms.sources.management_form.add_prefix(k): v for k, v in forms.sources.management_form.initial.items()}
    for form in forms.sources:
        data |= values(form)
    data |= changes
    return client.post(at(item), {k: v for k, v in data.items() if v is not None})


def words(response):
    return unescape(response.content.decode())


def faults(response):
    forms = response.context["forms"]
    found = [forms.item.errors, *forms.sources.errors, forms.told.errors if forms.told and forms.told.is_bound else {}]
    return {name: errors[0] for one in found for name, errors in one.items()}


# Sources


def test_a_source_is_added_and_its_link_looked_up(client, item):
    response = keep(client, item, **SOURCE)
    assert response.url == f"{change_url(item.bulletin)}#item-{item.pk}-headline"
    source = Source.objects.get()
    assert (source.publisher, source.nation, source.date) == ("Example Council", "Wales", datetime.date(2026, 3, 2))
    assert source.link == "https://council.example.org/keys"
    assert source.position == 1


def test_links_that_can_be_are_looked_up(client, item):
    keep(client, item, **SOURCE | {"sources-0-link": "https://council.school/keys"})
    assert LinkCheck.objects.get().url == "https://council.school/keys"


def test_sources_are_changed_ordered_and_deleted(client, item):
    for title in ("One", "Two", "Three"):
        make_source(item, title=title)
    keep(
        client,
        item,
        **{"sources-0-position": "5", "sources-1-DELETE": "on", "sources-2-title": "The third"},
    )
    assert [source.title for source in item.sources.all()] == ["The third", "One"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sources-0-publisher": ""}, "publisher"),
        ({"sources-0-title": "x" * 251}, "title"),
        ({"sources-0-title": "a\x00b"}, "title"),
        ({"sources-0-date": "0206-03-02"}, "date"),
        ({"sources-0-date": "yesterday"}, "date"),
        ({"sources-0-nation": "France"}, "nation"),
        ({"sources-0-link": "javascript:alert(1)"}, "link"),
        ({"sources-0-position": "-1"}, "position"),
        ({"sources-0-position": "99999999999"}, "position"),
    ],
)
def test_a_wrong_source_is_told_beside_its_box_and_loses_nothing(client, item, change, field):
    response = keep(client, item, **{**SOURCE, **change})
    assert response.status_code == 200
    assert field in faults(response)
    assert 'value="2026-03-02"' in words(response) or field == "date"
    assert not Source.objects.exists()


def test_a_source_to_come_is_refused(client, item):
    said = faults(keep(client, item, **SOURCE | {"sources-0-date": "2026-03-04"}))["date"]
    assert said == "4 March 2026 is still to come: give the day on which it was published, or leave it empty."
    assert keep(client, item, **SOURCE | {"sources-0-date": "2026-03-03"}).status_code == 302


def test_an_approved_issue_is_a_draft_again(client, editor, clock):
    item = make_approved().items.get()
    keep(client, item, **SOURCE)
    bulletin = Bulletin.objects.get()
    assert bulletin.status == "draft"
    assert approval_in_force(bulletin) is None
    assert bulletin.last_edited_by == editor


def test_what_supersedes_it_takes_no_approval_back(client, editor, clock):
    item = make_approved().items.get()
    keep(client, item, superseded_elsewhere="New keys")
    assert Bulletin.objects.get().status == "approved"


# Of an issue that is out


def test_a_change_of_the_sources_asks_what_readers_are_told(client, out):
    response = keep(client, out, **SOURCE)
    assert "correction" in faults(response)
    assert not Source.objects.exists()
    keep(client, out, **SOURCE, correction="noted", correction_note="We forgot whose it is.", correction_about=out.pk)
    assert Source.objects.exists()
    assert (Correction.objects.get().item, Correction.objects.get().note) == (out, "We forgot whose it is.")


def test_a_typo_in_them_is_mended_silently(client, out):
    keep(client, out, **SOURCE, correction="silent")
    assert Source.objects.exists()
    assert not Correction.objects.exists()


def test_a_check_and_what_took_its_place_ask_nothing(client, out):
    assert keep(client, out, checked_on="2026-03-08", superseded_elsewhere="New keys").status_code == 302
    out.refresh_from_db()
    assert (out.checked_on, out.superseded_elsewhere) == (AFTER.date(), "New keys")
    assert Bulletin.objects.get().status == "approved"


def test_checked_today_is_one_press(client, out):
    assert keep(client, out, checked_today="").url == at(out)
    out.refresh_from_db()
    assert out.checked_on == AFTER.date()


def test_no_browser_insists_on_an_answer_that_these_do_not_need(client, out):
    assert "required" not in str(client.get(at(out)).context["forms"].told)


@pytest.mark.parametrize(
    ("day", "fault"),
    [
        ("2026-03-09", "9 March 2026 is still to come: give the day of the check, today at the latest, or leave it"),
        ("2026-03-03", "Its issue was published on 4 March 2026: give that day or a later one, or leave it empty."),
    ],
)
def test_a_check_is_neither_to_come_nor_before_it_was_published(client, out, day, fault):
    assert faults(keep(client, out, checked_on=day))["checked_on"].startswith(fault)
    out.refresh_from_db()
    assert out.checked_on is None


def test_a_check_on_the_day_of_publication_is_one(client, out):
    assert keep(client, out, checked_on="2026-03-04").status_code == 302


def test_what_was_checked_before_it_came_out_stays_so_and_keeps_nothing_from_being_saved(client, editor, item, clock):
    assert keep(client, item, checked_on="2026-03-03").status_code == 302
    Bulletin.objects.update(status="approved")
    clock.move_to(AFTER)
    client.force_login(editor)
    assert keep(client, item, superseded_elsewhere="New keys").status_code == 302
    item.refresh_from_db()
    assert (item.checked_on, item.superseded_elsewhere) == (BEFORE.date(), "New keys")


# What took its place


@pytest.mark.parametrize(
    "written",
    [
        "/bulletins/2026/april/new-guidance/",
        "https://bulletin.example.org/bulletins/2026/april/new-guidance/",
        "https://bulletin.example.org/bulletins/2026/april/#new-guidance",
        "2026/april/new-guidance",
    ],
)
def test_an_item_is_named_by_its_address(client, out, written):
    newer = make_item(make_published(datetime.date(2026, 4, 1)), headline="New guidance")
    keep(client, out, superseded_by=written)
    out.refresh_from_db()
    assert out.superseded_by == newer
    page = words(client.get(at(out)))
    assert 'value="/bulletins/2026/april/new-guidance/"' in page
    assert "It replaces: " in words(client.get(at(newer)))


def test_items_not_older_than_it_are_offered_drafts_too(client, out):
    make_published(datetime.date(2026, 2, 1))
    draft = make_bulletin(month=datetime.date(2026, 5, 1), publish_at=None)
    page = client.get(at(out))
    assert [item for _, item in page.context["offered"]] == [draft.items.get()]
    keep(client, out, superseded_by="/bulletins/2026/may/an-example-headline/")
    assert "readers are not told yet" in words(client.get(at(out)))


@pytest.mark.parametrize("written", ["Keys", "/bulletins/2026/april/nothing/", "x" * 5000, "a\x00b", "/2026/"])
def test_what_is_no_item_is_refused(client, out, written):
    response = keep(client, out, superseded_by=written)
    assert response.status_code == 200
    assert "superseded_by" in faults(response)


def test_neither_itself_nor_a_circle(client, out):
    other = make_item(out.bulletin, headline="Second", superseded_by=out)
    assert faults(keep(client, out, superseded_by="/bulletins/2026/march/an-example-headline/")) == {
        "superseded_by": "That is this item itself."
    }
    third = make_item(out.bulletin, headline="Third", superseded_by=other)
    assert (
        "“Third” is superseded by this item"
        in faults(keep(client, out, superseded_by="/2026/march/third/"))["superseded_by"]
    )
    assert third.superseded_by == other


def test_an_address_without_words_is_refused(client, out):
    response = keep(client, out, superseded_link="https://council.example.org/")
    assert "Say in words what the address leads to." in words(response)


# Around it


def test_it_is_in_the_log_and_in_the_history(client, out, editor):
    keep(client, out, **SOURCE, correction="silent", checked_on="2026-03-08")
    assert "Changed the day of the last check and the sources of" in LogEntry.objects.latest("pk").change_message
    page = words(client.get(reverse("bulletins_desk:history", args=[out.bulletin_id])))
    assert "Source “Keys” was added." in page
    assert "day of the last check changed" in page
    assert "A typo, corrected silently" in page


def test_nothing_changed_writes_nothing(client, out):
    before = NewsItem.history.count()
    assert keep(client, out).status_code == 302
    assert NewsItem.history.count() == before


def test_who_saves_second_is_told(client, out):
    response = keep(client, out, checked_on="2026-03-08", seen="2026-01-01T00:00:00+00:00")
    assert "nothing was saved" in words(response)
    out.refresh_from_db()
    assert out.checked_on is None


def test_get_changes_nothing(client, out):
    before = NewsItem.history.count(), LogEntry.objects.count()
    client.get(at(out), {"checked_today": "", "checked_on": "2026-03-08"})
    assert (NewsItem.history.count(), LogEntry.objects.count()) == before


def test_only_those_who_may_change_items(client, out):
    client.force_login(make_staff("looker", "view_newsitem", "view_bulletin"))
    assert client.get(at(out)).status_code == 403
    client.logout()
    assert client.get(at(out)).status_code == 302


def test_the_row_of_the_write_screen_says_it_and_leads_there(client, item):
    make_source(item)
    NewsItem.objects.update(checked_on=datetime.date(2026, 3, 2), superseded_elsewhere="New keys")
    page = words(client.get(change_url(item.bulletin)))
    assert "1 source, checked on 2 March 2026, superseded by “New keys”." in page
    assert f'href="{at(item)}"' in page


def test_an_item_that_others_point_at_is_not_deleted_and_it_says_which(client, item):
    make_item(item.bulletin, headline="Second", superseded_by=item)
    response = posted(client, item.bulletin, **{"items-0-DELETE": "on"})
    assert response.status_code == 200
    said = (
        "“An example headline” cannot be deleted, for readers are led to it from what it took the place of: news item "
    )
    assert f"{said}Second. Take that away there first." in words(response)
    assert NewsItem.objects.count() == 2


def test_a_deleted_source_comes_back_and_not_without_its_item(client, item):
    make_source(item, title="Keys")
    item.sources.get().delete()
    version = Source.history.filter(history_type="-").get()
    address = reverse("bulletins_desk:restore", args=[item.bulletin_id, "source", version.history_id])
    seen = client.get(address).context["seen"]
    client.post(address, {"seen": seen})
    assert Source.objects.get().title == "Keys"
    NewsItem.objects.all().delete()
    seen = client.get(address).context["seen"]
    assert "Its item was deleted too" in words(client.post(address, {"seen": seen}, follow=True))


def test_many_sources_cost_the_page_no_more_queries(client, out, django_assert_max_num_queries):
    make_source(out)
    with django_assert_max_num_queries(40) as few:
        client.get(at(out))
    for number in range(10):
        make_source(out)
        make_item(make_published(datetime.date(2026, 4 + number % 8, 1), slug=f"s{number}"), superseded_by=out)
    with django_assert_max_num_queries(len(few)):
        client.get(at(out))
