import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection
from django.utils.text import slugify

from bulletins.models import Bulletin, NewsItem, PublicationDay
from tests.factories import make_author, make_bulletin, make_event, make_item, make_published, make_section

pytestmark = pytest.mark.django_db
MARCH = datetime.date(2024, 3, 1)
FIRST_WEDNESDAY = datetime.datetime(2024, 3, 6, 7, 30, tzinfo=datetime.UTC)
A_MONDAY = datetime.datetime(2024, 2, 5, 7, 30, tzinfo=datetime.UTC)


def refused(name: str):
    return pytest.raises(IntegrityError, match=name)


def update(bulletin: Bulletin, **fields) -> None:
    Bulletin.objects.filter(pk=bulletin.pk).update(**fields)


# Issues


def test_an_issue_is_for_a_month_named_by_its_first_day():
    with refused("bulletin_month_is_its_first"):
        make_bulletin(month=datetime.date(2024, 3, 6))


def test_the_slug_is_the_name_of_the_month_and_numbered_from_the_second_on():
    slugs = [make_bulletin(month=MARCH).slug for _ in range(3)]
    assert slugs == ["march", "march-2", "march-3"]
    assert make_bulletin(month=datetime.date(2025, 3, 1)).slug == "march"


def test_one_slug_stands_once_in_its_year():
    make_bulletin(month=MARCH, slug="special")
    make_bulletin(month=datetime.date(2025, 3, 1), slug="special")
    with refused("bulletin_slug_once_in_its_year"):
        make_bulletin(month=datetime.date(2024, 5, 1), slug="special")


def test_a_day_off_the_rule_needs_a_reason():
    with refused("bulletin_off_the_rule_has_reason"):
        make_bulletin(publish_at=A_MONDAY)


def test_a_day_off_the_rule_with_a_reason_is_fine():
    assert make_bulletin(publish_at=A_MONDAY, publish_reason="as printed").date == datetime.date(2024, 2, 5)


@pytest.mark.parametrize(
    ("moment", "fits"),
    [
        (datetime.datetime(2024, 6, 4, 23, 0, tzinfo=datetime.UTC), True),
        (datetime.datetime(2024, 6, 5, 22, 59, tzinfo=datetime.UTC), True),
        (datetime.datetime(2024, 6, 5, 23, 0, tzinfo=datetime.UTC), False),
        (datetime.datetime(2024, 6, 12, 6, 30, tzinfo=datetime.UTC), False),
    ],
)
def test_the_rule_goes_by_the_date_in_london(moment, fits):
    if fits:
        make_bulletin(publish_at=moment)
        return
    with refused("bulletin_off_the_rule_has_reason"):
        make_bulletin(publish_at=moment)


def test_a_new_issue_is_a_draft():
    with pytest.raises(DatabaseError, match="Cannot insert"):
        Bulletin.objects.create(month=MARCH, title="March", author=make_author(), status="approved")


@pytest.mark.parametrize("way", ["approved", "approved draft", "approved withdrawn", "approved withdrawn approved"])
def test_steps_an_issue_may_take(way):
    bulletin = make_bulletin()
    for status in way.split():
        update(bulletin, status=status, withdrawn_reason="A name was wrong.")
    bulletin.refresh_from_db()
    assert bulletin.status == way.split()[-1]


@pytest.mark.parametrize("way", ["withdrawn", "approved withdrawn draft"])
def test_steps_an_issue_may_not_take(way):
    *before, last = way.split()
    bulletin = make_bulletin(withdrawn_reason="A name was wrong.")
    for status in before:
        update(bulletin, status=status)
    with pytest.raises(DatabaseError, match="Invalid transition"):
        update(bulletin, status=last)


def test_an_unknown_status_is_refused():
    bulletin = make_bulletin()
    with pytest.raises(DatabaseError, match="Invalid transition"):
        update(bulletin, status="published")


def test_an_approved_issue_has_its_hour():
    bulletin = make_bulletin(publish_at=None)
    with refused("bulletin_approved_has_its_hour"):
        update(bulletin, status="approved")


def test_a_withdrawn_issue_has_its_reason():
    bulletin = make_published(MARCH)
    with refused("bulletin_withdrawn_has_reason"):
        update(bulletin, status="withdrawn")


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"title": ""}, "bulletin_has_title_and_slug"),
        ({"audience": "everybody"}, "bulletin_audience_known"),
        ({"reading_minutes": 0}, "bulletin_reading_minutes_positive"),
    ],
)
def test_other_rules_of_an_issue(fields, name):
    bulletin = make_bulletin()
    with refused(name):
        update(bulletin, **fields)


def test_one_file_is_imported_once():
    make_bulletin(source_digest="a" * 64)
    with refused("bulletin_imported_once"):
        make_bulletin(source_digest="a" * 64)


@pytest.mark.parametrize("mark", ["\n", "\r", "\x00", "\u2028", "\u202e", "\u2066"])
def test_title_and_headline_are_one_line_that_is_read_as_it_is_typed(mark):
    bulletin = make_bulletin()
    for row, field in ((bulletin, "title"), (bulletin.items.get(), "headline")):
        setattr(row, field, f"March{mark}Bcc: everybody")
        with pytest.raises(ValidationError) as caught:
            row.full_clean()
        assert caught.value.message_dict[field] == ["Write this on one line, without control characters."]


@pytest.mark.parametrize(("words", "minutes"), [(0, 1), (397, 1), (398, 2), (662, 2), (663, 3)])
def test_minutes_are_rounded_half_up_and_at_least_one(words, minutes):
    bulletin = make_bulletin(intro=f"<p>{'word ' * words}</p>")
    bulletin.items.all().delete()
    bulletin.sections.all().delete()
    assert bulletin.count_words() == words
    assert bulletin.minutes == minutes


def test_printed_minutes_go_before_counted_ones():
    assert make_bulletin(reading_minutes=5).minutes == 5


# Sections, items, events


def test_an_item_gets_its_slug_from_its_headline_once():
    bulletin = make_bulletin()
    item = make_item(bulletin, headline="An example headline")
    assert item.slug == "an-example-headline-2"
    item.headline = "Another headline"
    item.save()
    assert item.slug == "an-example-headline-2"


@pytest.mark.parametrize("headline", ["Main", "Contents", "Signup address"])
def test_no_item_takes_an_id_of_the_page(headline):
    assert make_item(make_bulletin(), headline=headline).slug == f"{slugify(headline)}-2"


def test_one_slug_stands_once_in_an_issue():
    bulletin = make_bulletin()
    with refused("item_slug_once_in_its_bulletin"):
        make_item(bulletin, slug="an-example-headline")


def test_what_is_new_comes_last():
    bulletin = make_bulletin()
    second = make_section(bulletin, heading="Second")
    items = [make_item(bulletin, section=second) for _ in range(2)]
    assert [item.position for item in items] == [1, 2]
    assert list(bulletin.sections.all())[-1] == second


def test_an_item_and_its_section_agree():
    section = make_section(make_bulletin(month=datetime.date(2024, 2, 1)))
    other = make_bulletin(month=MARCH)
    with refused("item_and_section_agree"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            """
            INSERT INTO bulletins_newsitem
                (bulletin_id, section_id, headline, slug, body, image, image_alt, link, position,
                 superseded_elsewhere, superseded_link)
            VALUES (%s, %s, 'Lost', 'lost', '', '', '', '', 1, '', '')
            """,
            [other.pk, section.pk],
        )


def test_an_item_stays_in_its_issue():
    item = make_bulletin(month=datetime.date(2024, 2, 1)).items.get()
    other = make_bulletin(month=MARCH)
    with pytest.raises(DatabaseError, match="Cannot update"):
        NewsItem.objects.filter(pk=item.pk).update(bulletin=other, section=other.sections.get())


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"headline": ""}, "item_has_headline_and_slug"),
        ({"image": "items/x.png"}, "item_image_has_words"),
        ({"link": "javascript:alert(1)"}, "item_link_is_web_address"),
    ],
)
def test_other_rules_of_an_item(fields, name):
    item = make_bulletin().items.get()
    with refused(name):
        NewsItem.objects.filter(pk=item.pk).update(**fields)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"title": ""}, "event_has_a_title"),
        ({"end": datetime.datetime(2024, 3, 6, 16, 30, tzinfo=datetime.UTC)}, "event_ends_after_its_start"),
        ({"link": "javascript:alert(1)"}, "event_link_is_web_address"),
    ],
)
def test_rules_of_an_event(fields, name):
    section = make_section(make_bulletin())
    with refused(name):
        make_event(section, **fields)


@pytest.mark.parametrize(
    ("fields", "name"),
    [({"kind": "gossip"}, "section_kind_known"), ({"heading": ""}, "section_has_a_heading")],
)
def test_rules_of_a_section(fields, name):
    bulletin = make_bulletin()
    with refused(name):
        make_section(bulletin, **fields)


# Publication days


def make_day(day: int = 6, **fields) -> PublicationDay:
    return PublicationDay.objects.create(**{"month": MARCH, "date": datetime.date(2024, 3, day), **fields})


def test_a_month_has_one_publication_day():
    make_day()
    with refused("month"):
        make_day()


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        (
            {"month": datetime.date(2024, 3, 2)},
            "publication_day_month_is_its_first|publication_day_inside_its_month",
        ),
        ({"date": datetime.date(2024, 4, 3)}, "publication_day_inside_its_month"),
        ({"date": datetime.date(2024, 3, 13)}, "publication_day_off_the_rule_has_reason"),
        ({"date": datetime.date(2024, 3, 5)}, "publication_day_off_the_rule_has_reason"),
        ({"state": "skipped"}, "publication_day_skipped_has_reason"),
        ({"state": "over"}, "publication_day_state_known"),
    ],
)
def test_rules_of_a_publication_day(fields, name):
    with refused(name):
        make_day(**fields)


def test_a_day_may_move_inside_its_month_with_a_reason():
    day = make_day(13, reason="The schools are closed.")
    assert str(day) == "Wednesday 13 March 2024"


@pytest.mark.parametrize("way", ["held open", "missed open", "skipped open", "held missed skipped"])
def test_steps_a_day_may_take(way):
    day = make_day(reason="The schools are closed.")
    for state in way.split():
        PublicationDay.objects.filter(pk=day.pk).update(state=state)
    day.refresh_from_db()
    assert day.state == way.split()[-1]


@pytest.mark.parametrize(("first", "then"), [("missed", "held"), ("skipped", "held"), ("skipped", "missed")])
def test_steps_a_day_may_not_take(first, then):
    day = make_day(reason="The schools are closed.")
    PublicationDay.objects.filter(pk=day.pk).update(state=first)
    with pytest.raises(DatabaseError, match="Invalid transition"):
        PublicationDay.objects.filter(pk=day.pk).update(state=then)


def test_days_begin_with_the_next_first_wednesday_and_are_kept_ahead():
    at = datetime.datetime(2026, 11, 20, 12, 0, tzinfo=datetime.UTC)
    assert PublicationDay.objects.ensure(at) == 13
    dates = list(PublicationDay.objects.values_list("date", flat=True))
    assert (dates[0], dates[-1]) == (datetime.date(2026, 12, 2), datetime.date(2027, 12, 1))
    assert PublicationDay.objects.ensure(at) == 0


def test_days_that_were_moved_stay_moved():
    at = datetime.datetime(2026, 11, 20, 12, 0, tzinfo=datetime.UTC)
    PublicationDay.objects.ensure(at)
    december = PublicationDay.objects.order_by("month").first()
    PublicationDay.objects.filter(pk=december.pk).update(date=datetime.date(2026, 12, 9), reason="A strike.")
    PublicationDay.objects.ensure(at + datetime.timedelta(days=31))
    december.refresh_from_db()
    assert december.date == datetime.date(2026, 12, 9)


def test_a_day_knows_its_instant():
    assert make_day().publish_at() == FIRST_WEDNESDAY
