"""What readers of an item are told before its text, and under it."""

import datetime

import pytest
from time_machine import travel

from bulletins.approval import withdraw
from bulletins.models import Bulletin, NewsItem
from bulletins.upkeep.notices import HOLDS_FOR
from tests.factories import make_bulletin, make_item, make_publication, make_published, make_source

pytestmark = pytest.mark.django_db
OLD, NEW = datetime.date(2024, 3, 1), datetime.date(2026, 4, 1)
ISSUE = "/bulletins/2024/march/"
PATH = f"{ISSUE}an-example-headline/"
NEWER = "/bulletins/2026/april/new-guidance/"
MAYBE_OLD = "It may be out of date."
# The issue of March 2024 is dated Wednesday the 6th.
DAY = datetime.date(2024, 3, 6)


@pytest.fixture
def old():
    make_publication()
    return make_published(OLD).items.get()


@pytest.fixture
def newer(old):
    item = make_item(make_published(NEW), headline="New guidance")
    old.superseded_by = item
    old.save()
    return item


def page(client, path):
    return " ".join(client.get(path).content.decode().split())


def told_at(client, path, day):
    with travel(datetime.datetime.combine(day, datetime.time(12), datetime.UTC)):
        return MAYBE_OLD in page(client, path)


# Superseded


@pytest.mark.parametrize("path", [PATH, ISSUE])
def test_readers_of_the_old_one_are_led_to_the_new_one_before_the_text(client, newer, path):
    html = page(client, path)
    words = f'<strong>This has been superseded:</strong> see <a href="{NEWER}">New guidance</a> (April 2026)'
    assert words in html
    assert html.index("An example headline</h") < html.index(words) < html.index("<p>An example story.")


@pytest.mark.parametrize("path", [NEWER, "/bulletins/2026/april/"])
def test_the_new_one_says_what_it_replaces(client, newer, path):
    words = f'Replaces: <a href="{PATH}">An example headline</a> (March 2024)'
    html = page(client, path)
    assert words in html
    assert html.count("Replaces:") == 1


def test_a_draft_supersedes_nothing_yet(client, old):
    draft = make_bulletin(month=NEW, publish_at=None)
    NewsItem.objects.filter(pk=old.pk).update(superseded_by=draft.items.get())
    assert "This has been superseded" not in page(client, PATH)


def test_one_that_is_approved_does_so_from_its_hour_on(client, newer):
    day = Bulletin.objects.get(pk=newer.bulletin_id).publish_at
    with travel(day - datetime.timedelta(seconds=1), tick=False):
        assert "This has been superseded" not in page(client, PATH)
    with travel(day, tick=False):
        assert "This has been superseded" in page(client, PATH)


def test_a_pointer_goes_with_the_issue_it_leads_to(client, newer):
    withdraw(newer.bulletin, "It was wrong.")
    assert "This has been superseded" not in page(client, PATH)


def test_nothing_is_said_to_be_replaced_that_was_taken_down(client, old, newer):
    withdraw(old.bulletin, "It was wrong.")
    assert "Replaces" not in page(client, NEWER)


def test_what_took_its_place_elsewhere_is_named_and_linked(client, old):
    NewsItem.objects.filter(pk=old.pk).update(
        superseded_elsewhere="The <guidance> of 2026", superseded_link="https://council.example.org/2026"
    )
    link = '<a href="https://council.example.org/2026" rel="noopener noreferrer">The &lt;guidance&gt; of 2026</a>'
    assert f"<strong>This has been superseded:</strong> see {link}" in page(client, PATH)
    NewsItem.objects.filter(pk=old.pk).update(superseded_link="")
    assert "see The &lt;guidance&gt; of 2026</p>" in page(client, PATH)


# Age


@pytest.mark.parametrize("path", [PATH, ISSUE])
def test_after_eighteen_months_it_may_be_out_of_date(client, old, path):
    assert not told_at(client, path, DAY + HOLDS_FOR)
    assert told_at(client, path, DAY + HOLDS_FOR + datetime.timedelta(days=1))


def test_it_says_when_it_was_published_and_last_checked(client, old):
    assert "This was published in March 2024. It may be out of date." in page(client, PATH)
    NewsItem.objects.filter(pk=old.pk).update(checked_on=datetime.date(2024, 5, 2))
    assert "This was published in March 2024 and last checked in May 2024. It may be out of date." in page(client, PATH)


@pytest.mark.parametrize("path", [PATH, ISSUE])
def test_a_check_counts_from_its_day(client, old, path):
    checked = datetime.date(2025, 9, 1)
    NewsItem.objects.filter(pk=old.pk).update(checked_on=checked)
    assert not told_at(client, path, checked + HOLDS_FOR)
    assert told_at(client, path, checked + HOLDS_FOR + datetime.timedelta(days=1))


def test_a_check_before_it_was_published_makes_it_no_older(client, old):
    NewsItem.objects.filter(pk=old.pk).update(checked_on=datetime.date(2023, 1, 1))
    assert not told_at(client, PATH, DAY + HOLDS_FOR)


def test_one_unchecked_item_is_enough_for_the_issue_to_say_so(client, old):
    make_item(old.bulletin, headline="Second", checked_on=datetime.date(2026, 3, 1))
    assert told_at(client, ISSUE, datetime.date(2026, 4, 1))
    assert not told_at(client, f"{ISSUE}second/", datetime.date(2026, 4, 1))


def test_what_is_superseded_need_not_be_called_old_as_well(client, newer):
    assert MAYBE_OLD not in page(client, PATH)


# Under the text


@pytest.mark.parametrize("path", [PATH, ISSUE])
def test_sources_and_the_last_check_stand_under_the_text(client, old, path):
    make_source(old)
    make_source(old, publisher="A <b>", title="T & U", date=None, nation="", link="")
    NewsItem.objects.filter(pk=old.pk).update(checked_on=datetime.date(2026, 3, 5))
    html = page(client, path)
    link = '<a href="https://council.example.org/keys" rel="noopener noreferrer">Keys and who holds them</a>'
    assert f"<p>Source: Example Council, {link}, 28 February 2024 (England)</p>" in html
    assert "<p>Source: A &lt;b&gt;, <cite>T &amp; U</cite></p>" in html
    assert '<p>Checked on <time datetime="2026-03-05">5 March 2026</time></p>' in html
    assert html.index("An example story.") < html.index("Source: Example Council")


def test_an_item_with_neither_says_nothing(client, old):
    assert 'class="sources"' not in page(client, PATH)


@pytest.mark.parametrize(("path", "queries"), [(PATH, 14), (ISSUE, 16)])
def test_many_notices_and_sources_cost_what_few_do(client, old, newer, path, queries, django_assert_num_queries):
    for number in range(6):
        item = make_item(old.bulletin, headline=f"Item {number}", superseded_by=newer)
        make_source(item)
        make_item(newer.bulletin, headline=f"Newer {number}")
    with django_assert_num_queries(queries):
        client.get(path)
