"""How long caches may keep the archive's pages, and how they ask whether they changed."""

import datetime
from email.utils import parsedate_to_datetime

import pytest
import time_machine
from django.urls import reverse

from bulletins.approval import withdraw
from bulletins.models import Author, Bulletin, NewsItem
from tests.factories import MARCH, make_approved, make_bulletin, make_publication

pytestmark = pytest.mark.django_db

SECOND = datetime.timedelta(seconds=1)
HOUR = datetime.timedelta(hours=1)
PAGES = [
    reverse("bulletins:home"),
    reverse("bulletins:archive"),
    "/bulletins/2026/",
    "/bulletins/2026/march/",
    "/bulletins/2026/march/an-example-headline/",
    reverse("resources:hub"),
    reverse("resources:link_to_us"),
    reverse("publication:privacy"),
    reverse("publication:accessibility"),
]


@pytest.fixture
def issue(db):
    make_publication()
    with time_machine.travel(MARCH - 2 * HOUR, tick=False):
        return make_approved()


def at(moment: datetime.datetime):
    return time_machine.travel(moment, tick=False)


def kept_for(answer) -> list[int]:
    """The seconds for which a copy is fresh, and then may be shown while it is renewed."""
    parts = dict(part.split("=") for part in answer["Cache-Control"].split(", ") if "=" in part)
    return [int(parts.get("max-age", 0)), int(parts.get("stale-while-revalidate", 0))]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_kept_for_ten_seconds_and_for_everybody(client, issue, path):
    with at(MARCH + HOUR):
        answer = client.get(path)
    assert answer.status_code == 200
    assert answer["Cache-Control"].startswith("public, ")
    assert kept_for(answer) == [5, 4]
    assert "Cookie" not in answer.get("Vary", "") and not answer.cookies


@pytest.mark.parametrize(("seconds", "kept"), [(60, [5, 4]), (10, [5, 4]), (7.5, [3, 3]), (2, [1, 0]), (1.5, [0, 0])])
@pytest.mark.parametrize("path", ["/", "/bulletins/2026/february/"])
def test_no_copy_outlives_the_hour_of_the_next_issue(client, issue, path, seconds, kept):
    make_approved(month=datetime.date(2026, 2, 1), title="February", publish_at=MARCH - 28 * 24 * HOUR)
    with at(MARCH - seconds * SECOND):
        assert kept_for(client.get(path)) == kept


def test_what_is_not_out_yet_is_kept_by_nobody(client, issue):
    with at(MARCH - HOUR):
        answer = client.get("/bulletins/2026/march/")
    assert (answer.status_code, "Cache-Control" in answer) == (404, False)


@pytest.mark.parametrize("path", PAGES)
def test_whoever_has_the_page_is_told_that_it_stands(client, issue, path):
    with at(MARCH + HOUR):
        page = client.get(path)
        again = client.get(path, headers={"If-None-Match": page["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == page["ETag"] and again["Cache-Control"] == page["Cache-Control"]
    assert "Content-Security-Policy" in page


CHANGES = {
    "a correction": lambda: NewsItem.objects.update(body="<p>It is the twelfth.</p>"),
    "the title": lambda: Bulletin.objects.update(title="Another title"),
    "the author": lambda: Author.objects.update(name="Another name"),
    "an older issue": lambda: make_approved(
        month=datetime.date(2026, 2, 1), title="February", publish_at=MARCH - 28 * 24 * HOUR
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_changes_the_page_changes_its_mark(client, issue, what):
    with at(MARCH + HOUR):
        page = client.get("/bulletins/2026/march/")
        CHANGES[what]()
        mark = {"If-None-Match": page["ETag"], "If-Modified-Since": page["Last-Modified"]}
        assert client.get("/bulletins/2026/march/", headers=mark).status_code == 200


def test_a_date_alone_settles_nothing(client, issue):
    with at(MARCH + HOUR):
        page = client.get("/bulletins/2026/march/")
        again = client.get("/bulletins/2026/march/", headers={"If-Modified-Since": page["Last-Modified"]})
    assert again.status_code == 200


def test_it_says_when_the_archive_changed_last(client, issue):
    def changed(moment: datetime.datetime) -> datetime.datetime:
        with at(moment):
            return parsedate_to_datetime(client.get("/bulletins/")["Last-Modified"])

    assert changed(MARCH + HOUR) == MARCH
    with at(MARCH + 2 * HOUR):
        issue.save()
    assert changed(MARCH + 3 * HOUR) == MARCH + 2 * HOUR
    with at(MARCH + 3 * HOUR):
        make_bulletin(title="A draft")
    assert changed(MARCH + 4 * HOUR) == MARCH + 2 * HOUR


def test_what_was_taken_down_is_gone_within_the_same_time(client, issue):
    with at(MARCH + HOUR):
        withdraw(issue, "It named a child.")
        answer = client.get("/bulletins/2026/march/")
    assert (answer.status_code, kept_for(answer), "ETag" in answer) == (410, [5, 4], False)


def test_the_newest_issue_is_looked_for_anew(client, issue):
    with at(MARCH + HOUR):
        answer = client.get(reverse("bulletins:latest"))
    assert (answer.status_code, kept_for(answer)) == (302, [5, 4])


def test_a_compressed_page_keeps_its_mark(client, issue):
    with at(MARCH + HOUR):
        page = client.get("/bulletins/2026/march/", headers={"Accept-Encoding": "gzip"})
        assert page["Content-Encoding"] == "gzip" and "Accept-Encoding" in page["Vary"]
        again = client.get("/bulletins/2026/march/", headers={"Accept-Encoding": "gzip", "If-None-Match": page["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["/subscribe/", "/unsubscribe/nobody/", "/admin/login/", "/healthz", "/readyz"])
def test_pages_of_one_person_or_moment_are_nobody_elses(client, issue, path):
    assert "public" not in client.get(path).get("Cache-Control", "")
