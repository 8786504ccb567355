"""The shipped nginx in front of the site: copies for ten seconds, never of what was corrected before that."""

import datetime
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.utils import timezone

from bulletins.models import NewsItem
from publication.caching import LONGEST, cache_control
from tests.factories import make_approved, make_publication
from tests.faults.processes import kill
from tests.front import SHIPPED, Front, running_front

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = datetime.timedelta(hours=1)
OLD, NEW = "The webinar is on the eleventh.", "The webinar is on the twelfth."
PAGE = "/bulletins/2026/march/"


@pytest.fixture
def front(tmp_path, transactional_db) -> Iterator[Front]:
    """An issue that is out, behind nginx."""
    make_publication()
    issue = make_approved()
    NewsItem.objects.update(body=f"<p>{OLD}</p>")
    assert issue.is_published(timezone.now())
    with running_front(tmp_path) as front:
        yield front


def waited(front: Front, words: str, seconds: float) -> float:
    """Ask for the page until it has the words; return how long that took, in seconds."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if words in front.get(PAGE).text:
            return time.monotonic() - began
        time.sleep(0.1)
    pytest.fail(f"{words!r} did not come within {seconds} seconds")


def test_a_page_is_asked_for_once_and_a_correction_is_shown_within_ten_seconds(front):
    first = front.get(PAGE)
    pages = [front.get(PAGE) for _ in range(20)]
    assert (first.status, {page.text for page in pages}) == (200, {first.text})
    assert front.asked(PAGE) == 1
    NewsItem.objects.update(body=f"<p>{NEW}</p>")
    assert OLD in front.get(PAGE).text
    assert waited(front, NEW, 20) <= 10
    assert OLD not in front.get(PAGE).text


def test_a_copy_that_nobody_asked_for_is_not_shown_after_its_time(front):
    assert OLD in front.get(PAGE).text
    NewsItem.objects.update(body=f"<p>{NEW}</p>")
    time.sleep(10)
    assert NEW in front.get(PAGE).text


def test_while_it_is_renewed_nobody_waits(front):
    front.get(PAGE)
    time.sleep(6)
    asked = front.asked(PAGE)
    with ThreadPoolExecutor(8) as readers:
        assert {page.status for page in readers.map(front.get, [PAGE] * 40)} == {200}
    deadline = time.monotonic() + 5
    while front.asked(PAGE) == asked and time.monotonic() < deadline:
        time.sleep(0.05)
    assert front.asked(PAGE) - asked == 1


def test_of_many_who_come_at_once_one_waits_for_the_site(front):
    with ThreadPoolExecutor(20) as readers:
        assert {page.status for page in readers.map(front.get, [PAGE] * 20)} == {200}
    assert front.asked(PAGE) == 1


def test_browsers_ask_each_time_and_are_answered_from_the_copy(front):
    page = front.get(PAGE)
    assert page.headers["Cache-Control"] == "public, no-cache"
    again = front.get(PAGE, If_None_Match=page.headers["ETag"])
    assert (again.status, again.text) == (304, "")
    assert front.get(PAGE, If_Modified_Since=page.headers["Last-Modified"]).status == 200
    assert front.asked(PAGE) == 1


def test_each_form_of_a_page_has_its_own_copy_and_cookies_and_head_share_it(front):
    plain = front.get(PAGE)
    assert front.get(PAGE, Accept_Encoding="gzip").headers["Content-Encoding"] == "gzip"
    assert front.get(PAGE).headers["Content-Encoding"] is None
    assert front.get(PAGE, Cookie="sessionid=somebody").text == plain.text
    assert (front.get(PAGE, method="HEAD").status, front.get(PAGE, method="HEAD").text) == (200, "")
    assert front.asked(PAGE) == 2


def test_the_next_issue_is_out_at_its_hour_and_not_before(front):
    due = timezone.now() + datetime.timedelta(seconds=4)
    make_approved(
        month=datetime.date(2026, 4, 1),
        title="April",
        publish_at=due,
        publish_reason="for the test",
        at=timezone.now() - HOUR,
    )
    archive = "/bulletins/"
    while timezone.now() < due:
        seen, asked_at = "/bulletins/2026/april/" in front.get(archive).text, timezone.now()
        assert not seen or asked_at >= due
        time.sleep(0.05)
    time.sleep(0.1)
    assert "/bulletins/2026/april/" in front.get(archive).text
    assert front.get("/bulletins/2026/april/").status == 200


@pytest.mark.parametrize("path", ["/subscribe/", "/unsubscribe/nobody/", "/admin/login/", "/nothing-is-here/"])
def test_what_is_one_persons_is_asked_for_each_time(front, path):
    for _ in range(3):
        front.get(path)
    assert front.asked(path) == 3


def test_without_the_site_nothing_old_is_shown(front):
    front.get(PAGE)
    kill(front.site)
    time.sleep(10)
    assert front.get(PAGE).status in (502, 504)


def test_plain_http_leads_to_https(front):
    page = front.get_plain(PAGE)
    assert (page.status, page.headers["Location"]) == (301, f"https://bulletin.example.org{PAGE}")


@pytest.mark.parametrize("seconds", range(12))
def test_every_time_that_the_site_gives_a_copy_is_known_to_nginx(seconds):
    at = timezone.now()
    given = cache_control(min(at + datetime.timedelta(seconds=seconds), at + LONGEST), at)
    assert given == "public, no-cache" or f'"{given}" "public, no-cache";' in SHIPPED.read_text()
