import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bulletins.composition import compose
from bulletins.models import Bulletin, NewsItem
from publication.models import Publication
from tests.factories import make_bulletin, make_event, make_item, make_publication, make_section, make_source

pytestmark = pytest.mark.django_db


def fresh(bulletin):
    return compose(Bulletin.objects.with_parts().get(pk=bulletin.pk))


def test_blocks_stand_in_their_order():
    bulletin = make_bulletin()
    make_section(bulletin, heading="Podcasts", body="<p>Listen.</p>", position=1)
    make_item(bulletin, headline="Second")
    composition = fresh(bulletin)
    assert [s.heading for s in composition.sections] == ["In the news", "Podcasts"]
    assert [i.headline for i in composition.sections[0].items] == ["An example headline", "Second"]


def test_an_empty_section_is_left_out():
    bulletin = make_bulletin()
    make_section(bulletin, heading="Nothing here")
    assert [s.heading for s in fresh(bulletin).sections] == ["In the news"]


def test_a_section_with_an_event_only_stays():
    bulletin = make_bulletin()
    make_event(make_section(bulletin, heading="Webinars"))
    assert fresh(bulletin).sections[1].events


def edit_item():
    NewsItem.objects.update(headline="Another")


def edit_words():
    Publication.objects.update(share_words="<p>Do share.</p>")


def edit_author():
    Bulletin.objects.get().author.__class__.objects.update(role="Somebody else")


def edit_sender():
    Publication.objects.update(sender_address="somebody@example.org")


def edit_postal_address():
    Publication.objects.update(postal_address="2 Example Street")


def edit_slug():
    Bulletin.objects.update(slug="elsewhere")


def add_source():
    make_source(NewsItem.objects.get())


def check_today():
    NewsItem.objects.update(checked_on=datetime.date(2026, 3, 3))


EDITS = [edit_item, edit_words, edit_author, edit_sender, edit_postal_address, edit_slug, add_source, check_today]


@pytest.mark.parametrize("edit", EDITS)
def test_the_fingerprint_changes_with_what_readers_read(edit):
    make_publication()
    bulletin = make_bulletin()
    before = fresh(bulletin).fingerprint()
    edit()
    assert fresh(bulletin).fingerprint() != before


def test_the_fingerprint_does_not_change_by_itself():
    bulletin = make_bulletin()
    before = fresh(bulletin).fingerprint()
    make_bulletin(slug="another")
    assert fresh(bulletin).fingerprint() == before


def test_what_supersedes_an_item_changes_no_fingerprint():
    bulletin = make_bulletin()
    before = fresh(bulletin).fingerprint()
    newer = make_item(make_bulletin(slug="another"))
    bulletin.items.update(superseded_by=newer, superseded_elsewhere="New keys", superseded_link="https://example.org/")
    assert fresh(bulletin).fingerprint() == before


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Example Council, Keys and who holds them, 28 February 2024 (England)"),
        ({"nation": ""}, "Example Council, Keys and who holds them, 28 February 2024"),
        ({"date": None, "nation": "Northern Ireland"}, "Example Council, Keys and who holds them (Northern Ireland)"),
        ({"date": None, "nation": ""}, "Example Council, Keys and who holds them"),
    ],
)
def test_a_source_in_one_line(fields, words):
    bulletin = make_bulletin()
    make_source(bulletin.items.get(), **fields)
    assert fresh(bulletin).sections[0].items[0].sources[0].words == words


def test_composing_costs_the_same_for_many_items():
    bulletin = make_bulletin()
    with CaptureQueriesContext(connection) as few:
        fresh(bulletin)
    for _ in range(10):
        make_source(make_item(bulletin))
    with CaptureQueriesContext(connection) as many:
        fresh(bulletin)
    assert len(many) == len(few)
