"""How the readers grew: months counted from a small cast, and what that costs."""

import datetime
import re

import pytest
from django.urls import reverse

from mailings.dashboard import grown
from publication.chart import fine_scale
from subscribers.consent import unsubscribe
from subscribers.growth import Growth, Month, growth
from subscribers.models import ConsentEvent, Subscriber, Suppression
from tests.factories import make_staff, make_subscriber

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 3, 20, 12, 0, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def fresh():
    grown.forget()


def month(number: int, year: int = 2026) -> datetime.datetime:
    """Return the tenth of a month, at noon."""
    return datetime.datetime(year, number, 10, 12, 0, tzinfo=datetime.UTC)


def joined(at: datetime.datetime, **fields) -> Subscriber:
    return make_subscriber(created_at=at, **fields)


def said(person: Subscriber, what: str, at: datetime.datetime) -> None:
    ConsentEvent.objects.create(subscriber=person, what=what, at=at, wording="The words.", source="test")


def months(at: datetime.datetime = NOW) -> list[tuple[str, int, int, int]]:
    """Return each month as (month, joined, left, active)."""
    found = growth(at)
    assert found is not None
    return [(f"{one.first:%Y-%m}", one.joined, one.left, one.active) for one in found.months]


def test_before_anybody_reads_there_is_nothing():
    make_subscriber(status="pending", created_at=month(3))
    assert growth(NOW) is None


def test_each_month_has_who_joined_who_left_and_who_reads_at_its_end():
    joined(month(1)), joined(month(1)), joined(month(3))
    unsubscribe(joined(month(1)), "The words.", "test", month(2))
    assert months() == [("2026-01", 3, 0, 3), ("2026-02", 0, 1, 2), ("2026-03", 1, 0, 3)]


def test_who_comes_back_joins_again():
    person = joined(month(1))
    unsubscribe(person, "The words.", "test", month(2))
    Subscriber.objects.update(status="active")
    said(person, "returned", month(3))
    assert months() == [("2026-01", 1, 0, 1), ("2026-02", 0, 1, 0), ("2026-03", 1, 0, 1)]


def test_who_never_confirmed_neither_joins_nor_leaves():
    joined(month(1))
    unsubscribe(make_subscriber(status="pending", created_at=month(1)), "The words.", "test", month(2))
    assert months() == [("2026-01", 1, 0, 1), ("2026-02", 0, 0, 1), ("2026-03", 0, 0, 1)]


@pytest.mark.parametrize(("status", "reason"), [("bounced", "hard bounce"), ("complained", "complaint")])
def test_a_hard_bounce_and_a_complaint_are_a_leaving_once(status, reason):
    joined(month(1))
    gone, left_before = joined(month(1), status=status), joined(month(1), status=status)
    said(left_before, "unsubscribed", month(2))
    for person in (gone, left_before):
        Suppression.objects.create(address_hash=person.address_hash, reason=reason, at=month(3))
    assert months() == [("2026-01", 3, 0, 3), ("2026-02", 0, 1, 2), ("2026-03", 0, 1, 1)]


def test_who_was_imported_joined():
    person = make_subscriber(status="pending", created_at=month(2))
    Subscriber.objects.update(status="active")
    said(person, "imported", month(2))
    assert months() == [("2026-02", 1, 0, 1), ("2026-03", 0, 0, 1)]


def test_who_was_erased_is_in_no_month():
    joined(month(1))
    joined(month(1)).delete()
    assert months()[0] == ("2026-01", 1, 0, 1)


def test_a_month_is_london_s():
    # Half past midnight of 1 July in London, in UTC still June.
    joined(datetime.datetime(2025, 6, 30, 23, 30, tzinfo=datetime.UTC))
    assert months()[0] == ("2025-07", 1, 0, 1)


def test_there_are_two_years_and_who_read_before_them_reads_in_them():
    joined(month(1, 2020)), joined(month(4, 2024))
    found = months()
    assert (len(found), found[0], found[-1]) == (24, ("2024-04", 1, 0, 2), ("2026-03", 0, 0, 2))


def test_the_end_of_a_year_is_followed_by_the_next():
    joined(month(12, 2025))
    assert [name for name, *_ in months()] == ["2025-12", "2026-01", "2026-02", "2026-03"]


def test_it_costs_two_queries_however_many_read(django_assert_num_queries):
    for number in range(5):
        joined(month(1) + number * DAY)
    with django_assert_num_queries(2):
        growth(NOW)


def test_the_columns_stand_and_hang_in_proportion():
    drawn = Growth([Month(datetime.date(2026, 1, 1), 4, 2, 4), Month(datetime.date(2026, 2, 1), 1, 0, 5)])
    assert (drawn.active_top, drawn.moved_top) == (5, 4)
    assert drawn.active_boxes == [(27.0, 28.0, 306.0, 112.0), (387.0, 0.0, 306.0, 140.0)]
    assert drawn.joined_boxes == [(27.0, 0.0, 306.0, 45.0), (387.0, 33.75, 306.0, 11.25)]
    assert drawn.left_boxes == [(27.0, 45, 306.0, 22.5), (387.0, 45, 306.0, 0.0)]


@pytest.mark.parametrize(
    ("most", "top"),
    [(1, 1), (7, 7), (9, 9), (10, 10), (11, 12), (13, 15), (100, 100), (1007, 1200), (4100, 5000), (99_999, 100_000)],
)
def test_the_scale_is_round_and_little_more(most, top):
    assert fine_scale(most) == top


def page(client) -> str:
    return " ".join(client.get(reverse("admin:index")).content.decode().split())


def test_the_first_page_draws_it_with_its_table(client):
    for _ in range(3):
        make_subscriber()
    client.force_login(make_staff("grace", "view_subscriber"))
    words = page(client)
    assert "<strong>3</strong> readers" in words
    assert '<svg class="active"' in words
    assert words.count("<title id=") == 2 and words.count("<desc id=") == 2
    rows = re.findall(r"<tr><th scope=\"row\">([^<]+)</th>((?:<td class=\"number\">[\d,]+</td>){3})</tr>", words)
    assert [re.findall(r">(\d+)<", cells) for name, cells in rows if name == "March 2026"] == [["3", "0", "3"]]
    assert ", so far" in rows[0][0]


def test_without_readers_it_says_so(client):
    client.force_login(make_staff("grace", "view_subscriber"))
    assert "Nobody reads yet." in page(client)


def test_it_is_for_those_who_may_see_subscribers(client):
    make_subscriber()
    client.force_login(make_staff("ed", "view_bulletin"))
    assert 'id="growth"' not in page(client)
