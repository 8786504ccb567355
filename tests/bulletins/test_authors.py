import datetime
import re
from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError

from bulletins.models import Author, NewsItem
from tests.bulletins.finding import MARCH, make_many
from tests.factories import make_author, make_bulletin, make_item, make_published, make_staff, make_withdrawn

pytestmark = pytest.mark.django_db
PATH = "/authors/erin-example/"


def test_an_authors_page_shows_who_they_are_and_their_issues_newest_first(client):
    for month in (MARCH, datetime.date(2024, 5, 1)):
        make_published(month)
    make_item(make_published(datetime.date(2024, 4, 1), author=make_author(name="Sam Someone")), headline="Not theirs")
    page = client.get(PATH).content.decode()
    assert "<h1>Erin Example</h1>" in page
    assert "Example Editor" in page
    assert "2 issues by Erin Example" in page
    assert page.index("May 2024") < page.index("March 2024")
    assert '<a href="/bulletins/2024/march/#an-example-headline">An example headline</a>' in page
    assert "Not theirs" not in page


def test_the_photo_is_shown_with_its_size(client):
    make_author()
    Author.objects.update(photo="authors/erin.png", photo_width=300, photo_height=300)
    make_published(MARCH)
    assert '<img class="photo" src="/media/authors/erin.png" alt="" width="300" height="300">' in (
        client.get(PATH).content.decode()
    )


@pytest.mark.parametrize("make", [make_bulletin, make_published, make_withdrawn])
def test_who_has_signed_nothing_that_readers_see_is_not_found(client, make):
    arguments = {make_bulletin: {}, make_published: {}, make_withdrawn: {"reason": "It was wrong."}}[make]
    make(month=datetime.date(2060, 1, 1) if make is make_published else MARCH, **arguments)
    assert Author.objects.get().slug == "erin-example"
    assert client.get(PATH).status_code == 404


@pytest.mark.parametrize("slug", ["nobody", "%00", "x" * 5000, "ERIN-EXAMPLE", "<script>", "%FF"])
def test_an_unknown_author_is_not_found(client, slug):
    make_published(MARCH)
    assert client.get(f"/authors/{slug}/").status_code == 404


def test_issue_and_item_lead_to_their_author(client):
    make_published(MARCH)
    for path in ("/", "/bulletins/2024/march/", "/bulletins/2024/march/an-example-headline/"):
        assert f'<a rel="author" href="{PATH}">Erin Example</a>' in client.get(path).content.decode()


def test_twenty_issues_a_page(client):
    make_many(45)
    pages = [client.get(PATH, {"page": number}).content.decode() for number in (1, 3)]
    assert [len(re.findall(r"<h3><a href=", page)) for page in pages] == [20, 5]


@pytest.mark.parametrize("query", ["page=-1", "page=999999", "page=abc", "page=%00", "page="])
def test_an_odd_page_is_the_first_or_the_last(client, query):
    make_many(21)
    assert client.get(f"{PATH}?{query}").status_code == 200


@pytest.mark.parametrize("path", [PATH, f"{PATH}?page=2"])
def test_a_large_archive_asks_as_many_queries_as_a_small_one(client, path, django_assert_num_queries):
    make_many(10, items=3)
    # How fresh the archive is; the author, how many issues, the issues, their headlines; the publication and its links.
    with django_assert_num_queries(7):
        client.get(path)
    make_many(200, items=3, since=1970)
    with django_assert_num_queries(7):
        client.get(path)


@pytest.mark.parametrize("path", [PATH, "/bulletins/", "/bulletins/2024/"])
def test_a_headline_whose_item_was_superseded_says_so(client, path):
    old = make_published(MARCH).items.get()
    mark = "An example headline</a> <small>superseded</small>"
    draft = make_bulletin(month=datetime.date(2024, 5, 1), publish_at=None).items.get()
    NewsItem.objects.filter(pk=old.pk).update(superseded_by=draft)
    assert mark not in client.get(path).content.decode()
    NewsItem.objects.filter(pk=old.pk).update(superseded_elsewhere="New keys")
    assert mark in client.get(path).content.decode()
    newer = make_published(datetime.date(2024, 4, 1)).items.get()
    NewsItem.objects.filter(pk=old.pk).update(superseded_by=newer, superseded_elsewhere="")
    assert client.get(path).content.decode().count(mark) == 1


def test_a_new_author_gets_an_address_that_a_corrected_name_keeps():
    author = make_author(name="Robin Example")
    author.name = "Robin Other"
    author.save()
    assert Author.objects.get().slug == "robin-example"
    assert make_author(name="Robin Example").slug == "robin-example-2"
    assert make_author(name="李明").slug == "author"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Zoë O'Brien-Łuk", "zoe-obrien-luk"),
        ("Øyvind Đorđević", "oyvind-dordevic"),
        ("Æsa Þórðardóttir Großœuvre", "aesa-thordardottir-grossoeuvre"),
        ("IŞIL ISPARTALI ıçöĞÜ STRAẞE", "isil-ispartali-icogu-strasse"),
    ],
)
def test_letters_beside_the_alphabet_are_spelled_out_in_an_address(name, slug):
    assert make_author(name=name).slug == slug


def test_a_second_author_of_a_name_is_refused_in_our_words(client):
    make_author(name="Robin Example")
    client.force_login(make_staff("erin", "add_author", "view_author"))
    page = client.post("/admin/bulletins/author/add/", {"name": "Robin Example"}).content.decode()
    assert "There is an author of this name already: choose that one for an issue" in page


def test_the_list_of_authors_says_that_it_counts_drafts(client):
    make_bulletin()
    client.force_login(make_staff("erin", "view_author"))
    assert "issues, drafts too" in client.get("/admin/bulletins/author/").content.decode().lower()


def test_an_address_left_empty_in_the_form_is_made_of_the_name(client):
    client.force_login(make_staff("erin", "add_author", "view_author"))
    client.post("/admin/bulletins/author/add/", {"name": "Robin Example"})
    assert Author.objects.get().slug == "robin-example"


def test_the_table_refuses_an_author_without_an_address():
    with pytest.raises(IntegrityError, match="author_has_a_slug"):
        Author.objects.bulk_create([Author(name="Nobody")])


def test_authors_that_were_there_before_get_addresses():
    for name in ("Robin Example", "Robin  Example", "李明", "ROBIN EXAMPLE"):
        make_author(name=name)
    import_module("bulletins.migrations.0007_search").give_slugs(apps, None)
    assert [author.slug for author in Author.objects.order_by("pk")] == [
        "robin-example",
        "robin-example-2",
        "author",
        "robin-example-3",
    ]
