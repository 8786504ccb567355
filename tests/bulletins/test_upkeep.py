"""What the database holds about an item's sources and what took its place."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import RestrictedError

from bulletins.models import NewsItem, Source
from tests.factories import make_bulletin, make_item, make_published, make_source
from tests.mailings.cast import at_once

pytestmark = pytest.mark.django_db


def refused(name):
    return pytest.raises(IntegrityError, match=name)


def point(old, newer):
    NewsItem.objects.filter(pk=old.pk).update(superseded_by=newer)


@pytest.fixture
def three():
    bulletin = make_bulletin()
    return [bulletin.items.get(), make_item(bulletin, headline="Second"), make_item(bulletin, headline="Third")]


def test_sources_stand_in_the_order_they_were_given(three):
    titles = ["One", "Two", "Three"]
    for title in titles:
        make_source(three[0], title=title)
    assert [source.title for source in three[0].sources.all()] == titles


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"publisher": ""}, "source_has_publisher_and_title"),
        ({"title": ""}, "source_has_publisher_and_title"),
        ({"nation": "France"}, "source_nation_known"),
        ({"link": "javascript:alert(1)"}, "source_link_is_web_address"),
    ],
)
def test_a_source_says_whose_and_what(three, wrong, name):
    with refused(name):
        make_source(three[0], **wrong)


@pytest.mark.parametrize("nation", ["", *Source.Nation.values])
def test_each_nation_and_none(three, nation):
    assert make_source(three[0], nation=nation).nation == nation


def test_a_source_goes_with_its_item(three):
    make_source(three[0])
    three[0].delete()
    assert not Source.objects.exists()


def test_no_item_supersedes_itself(three):
    with refused("item_not_superseded_by_itself"):
        point(three[0], three[0])


def test_nor_by_way_of_others(three):
    first, second, third = three
    point(first, second)
    point(second, third)
    with refused("item_superseded_in_no_circle"):
        point(third, first)


@pytest.mark.django_db(transaction=True)
def test_two_who_write_at_once_close_no_circle():
    bulletin = make_bulletin()
    one, other = bulletin.items.get(), make_item(bulletin, headline="Second")
    turns = iter([(one, other), (other, one)])

    def write():
        try:
            with transaction.atomic():
                point(*next(turns))
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_sleep(0.3)")
        except IntegrityError:
            return 0
        return 1

    assert sorted(at_once(2, write)) == [0, 1]
    assert NewsItem.objects.filter(superseded_by__isnull=False).count() == 1


def test_an_item_that_others_point_at_stays(three):
    point(three[0], three[1])
    with pytest.raises(RestrictedError):
        three[1].delete()


def test_an_issue_whose_items_point_at_each_other_can_go(three):
    point(three[0], three[1])
    three[0].bulletin.delete()
    assert not NewsItem.objects.exists()


def test_an_address_elsewhere_has_words_and_is_one(three):
    items = NewsItem.objects.filter(pk=three[0].pk)
    with refused("item_superseded_link_has_words"), transaction.atomic():
        items.update(superseded_link="https://council.example.org/")
    with refused("item_superseded_link_is_web_address"):
        items.update(superseded_elsewhere="New keys", superseded_link="ftp://council.example.org/")


def test_nobody_has_checked_it_tomorrow():
    item = make_published(datetime.date(2024, 3, 1)).items.get()
    item.checked_on = datetime.date.today() + datetime.timedelta(days=2)
    with pytest.raises(ValidationError, match="still to come"):
        item.clean_fields()
