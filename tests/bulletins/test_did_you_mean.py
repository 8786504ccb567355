import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bulletins.search.spelling import indexed, nearest, slips
from tests.bulletins.finding import MARCH, make_found, make_many
from tests.factories import make_bulletin, make_item

pytestmark = pytest.mark.django_db
PATH = "/bulletins/search/"


def suggested(client, words: str, **filters: str) -> str:
    """Return what the page of a search suggests instead; empty where nothing."""
    page = client.get(PATH, {"q": words, **filters}).content.decode()
    found = re.search(r"Did you mean <a[^>]*><strong>(.*?)</strong></a>\?", page)
    return found[1] if found else ""


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("safegarding", "safeguarding"),
        ("safeguardingg", "safeguarding"),
        ("sefeguarding", "safeguarding"),
        ("safeguadring", "safeguarding"),
        ("SAFEGARDING", "safeguarding"),
        ("harrasment", "harassment"),
        ("harasment", "harassment"),
        ("radicalization", "radicalisation"),
        ("bulying phones", "bullying phones"),
        ("phones bulying", "phones bullying"),
        ("“bulying”", "“bullying”"),
        ("bulying -vaping", "bullying -vaping"),
    ],
)
def test_one_mistyped_word_is_mended(client, typed, meant):
    make_found("Safeguarding", "On bullying, harassment and radicalisation with phones.")
    assert suggested(client, typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "xylophone",
        "saefgaurding",
        "vap",
        "phones bullying vaping",
        "bulying harrasment",
        "bulying vaping",
        "-bulying",
        "x" * 200,
        "zzzz " * 40,
        "safegärding",
    ],
)
def test_nothing_is_suggested_that_is_far_or_finds_nothing(client, typed):
    make_found("Safeguarding", "On bullying, harassment and radicalisation.")
    make_found("Phones", "On phones.")
    make_found("Vaping", "On vaping.")
    assert suggested(client, typed) == ""


def test_what_is_suggested_is_a_word_as_it_is_written_and_not_its_stem():
    make_found("Parents", "Parents meet parents.")
    assert nearest("parentz", timezone.now()) == "parents"
    assert nearest("parentss", timezone.now()) == "parents"


def test_the_word_that_is_said_more_often_is_the_one_that_was_meant():
    make_found("Phone", "tone phone phone")
    assert nearest("fhone", timezone.now()) == "phone"
    make_found("Shone", "shone shone shone shone shone")
    assert nearest("fhone", timezone.now()) == "shone"


def test_words_that_readers_cannot_read_are_never_suggested(client):
    make_found("Phones")
    make_item(make_bulletin(month=MARCH.replace(month=5)), headline="Whistleblowing")
    assert suggested(client, "whistlblowing") == ""


def test_the_suggestion_is_a_link_that_finds_something(client):
    make_found("Bullying & teasing")
    page = client.get(PATH, {"q": "bulying & teasing"}).content.decode()
    link = re.search(r'Did you mean <a href="([^"]*)"', page)[1].replace("&amp;", "&")
    assert "1 item for “bullying &amp; teasing”" in client.get(link).content.decode()


def test_what_finds_something_is_not_mended(client):
    make_found("Bulying, as the letter had it")
    make_found("Bullying")
    assert suggested(client, "bulying") == ""


def test_no_slip_is_shorter_than_four_letters_or_the_word_itself():
    found = slips("vapin")
    assert {"vaping", "vapid", "apin", "vpain"} <= found
    assert "vapin" not in found
    assert min(map(len, slips("vape"))) == 4
    assert len(slips("a" * 20)) < 1_500 and len(slips("abcdefghijklmnopqrst")) < 1_500


def test_the_longest_search_asks_few_queries(client, django_assert_max_num_queries):
    make_many(12, items=10)
    with django_assert_max_num_queries(20):
        client.get(PATH, {"q": " ".join(f"phonez{letter}" for letter in "abcdefghijklmnopqrstuvw")})


def test_slips_are_looked_up_in_the_index_whatever_the_planner_knows_of_the_table():
    make_many(50, items=40)
    with CaptureQueriesContext(connection) as queries:
        assert indexed({"phones", "fones", "phonse"}) == ["phones"]
    before, lookup, after = [query["sql"] for query in queries]
    with connection.cursor() as cursor:
        cursor.execute(before)
        cursor.execute(f"EXPLAIN {lookup}")
        plan = "".join(row[0] for row in cursor.fetchall())
        cursor.execute(after)
        cursor.execute("SHOW enable_seqscan")
        assert cursor.fetchone() == ("on",)
    assert "item_words" in plan
    assert "Seq Scan on bulletins_newsitem" not in plan
