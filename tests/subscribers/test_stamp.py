"""What keeps programs from posting the form: its stamp, and the field that people do not see."""

import re
from html.parser import HTMLParser

import pytest
import time_machine
from django.core.signing import TimestampSigner

from subscribers import stamps
from subscribers.forms import TRAP
from subscribers.models import SignUp
from tests.factories import make_published
from tests.subscribers.cast import DAY, HOUR, NOON, press, stamped

pytestmark = pytest.mark.django_db
THANKS = "/subscribe/look-in-your-mailbox/"


def stamp_on(response) -> str:
    """The stamp of the form on a page."""
    return re.findall('name="stamp" value="([^"]+)"', response.content.decode())[0]


def test_the_small_form_takes_a_second_press_and_keeps_the_address(visitor):
    with time_machine.travel(NOON, tick=False):
        page = visitor.post("/subscribe/", {"address": "ada@example.org"})
        assert page.status_code == 200
        assert "press Subscribe once more" in page.content.decode()
        assert "<title>Check your address, then subscribe · " in page.content.decode()
        assert "<h2>Check your address, then subscribe</h2>" in page.content.decode()
        assert 'value="ada@example.org"' in page.content.decode()
        assert "Send me First Wednesday by email once a month." in page.content.decode()
        assert "no-store" in page["Cache-Control"]
        assert not page.cookies
        assert not SignUp.objects.exists()
        # The very same instant: a double click or a ready finger is a person, too.
        done = visitor.post("/subscribe/", {"address": "ada@example.org", "stamp": stamp_on(page)})
    assert (done.status_code, done["Location"]) == (303, THANKS)
    assert SignUp.objects.get().address == "ada@example.org"


def test_the_button_of_the_second_press_has_the_focus_and_says_why(visitor):
    page = visitor.post("/subscribe/", {"address": "ada@example.org"}).content.decode()
    assert re.search('<button[^>]* autofocus aria-describedby="signup-again"', page)
    assert 'id="signup-again"' in page
    assert "autofocus" not in visitor.get("/subscribe/").content.decode()


def test_a_form_posted_as_fast_as_a_program_does_is_thanked_and_forgotten(visitor):
    with time_machine.travel(NOON, tick=False) as clock:
        stamp = stamp_on(visitor.get("/subscribe/"))
        for seconds in (0, 0.2, 0.7):
            clock.shift(seconds)
            response = visitor.post("/subscribe/", {"address": "ada@example.org", "stamp": stamp})
            assert (response.status_code, response["Location"], response.content) == (303, THANKS, b"")
    assert not SignUp.objects.exists()


@pytest.mark.parametrize("fraction", [0, 0.5, 0.999])
def test_a_person_who_takes_two_seconds_passes_whenever_the_clock_struck(visitor, fraction):
    with time_machine.travel(NOON.timestamp() + fraction, tick=False) as clock:
        stamp = stamp_on(visitor.get("/subscribe/"))
        clock.shift(2.001)
        visitor.post("/subscribe/", {"address": "ada@example.org", "stamp": stamp})
    assert SignUp.objects.exists()


def test_a_mistake_made_fast_is_told_and_mended_fast(visitor):
    with time_machine.travel(NOON, tick=False):
        stamp = stamp_on(visitor.get("/subscribe/"))
        page = visitor.post("/subscribe/", {"address": "", "stamp": stamp})
        assert "Enter your email address" in page.content.decode()
        visitor.post("/subscribe/", {"address": "ada@example.org", "stamp": stamp_on(page)})
    assert SignUp.objects.exists()


def test_a_stamp_lasts_four_hours_and_then_costs_one_more_press(visitor):
    with time_machine.travel(NOON, tick=False) as clock:
        stamp = stamp_on(visitor.get("/subscribe/"))
        clock.shift(4 * HOUR + HOUR / 3600)
        page = visitor.post("/subscribe/", {"address": "ada@example.org", "stamp": stamp})
        assert page.status_code == 200
        assert "open for a long time" in page.content.decode()
        assert 'value="ada@example.org"' in page.content.decode()
        assert not SignUp.objects.exists()
        visitor.post("/subscribe/", {"address": "ada@example.org", "stamp": stamp_on(page)})
    assert SignUp.objects.exists()


@pytest.mark.parametrize(
    "forged",
    [
        "x",
        "first:1vM000:x",
        "first",
        ":::",
        "\x00",
        "é🙂",
        "x" * 100_000,
        TimestampSigner(salt="another form").sign("first"),
        TimestampSigner(key="another key", salt="subscribers.stamp").sign("first"),
    ],
    ids=["short", "like one", "bare", "colons", "NUL", "unicode", "huge", "other salt", "other key"],
)
def test_a_forged_stamp_gets_the_form_with_a_true_one(visitor, forged):
    page = press(visitor, "ada@example.org", stamp=forged)
    assert page.status_code == 200
    assert "press Subscribe once more" in page.content.decode()
    assert stamps.verdict(stamp_on(page)) == stamps.Verdict.GOOD
    assert not SignUp.objects.exists()


def test_a_stamp_of_tomorrow_is_no_way_in(visitor):
    press(visitor, "ada@example.org", stamp=stamped(seconds=-DAY.total_seconds()))
    assert not SignUp.objects.exists()


@pytest.mark.parametrize("filled", ["https://spam.example", " ", "\x00", "x" * 10_000])
@pytest.mark.parametrize("stamp", ["", "forged", None])
def test_the_field_nobody_sees_gives_a_program_away(visitor, filled, stamp):
    fields = {TRAP: filled} if stamp is None else {TRAP: filled, "stamp": stamp}
    for address in ("ada@example.org", "not an address"):
        response = press(visitor, address, **fields)
        assert (response.status_code, response["Location"], response.content) == (303, THANKS, b"")
    assert not SignUp.objects.exists()


class Inputs(HTMLParser):
    """Notes each field with the attributes of the element around its label."""

    def __init__(self) -> None:
        super().__init__()
        self.around: list[dict] = []
        self.fields: dict[str, tuple[dict, list[dict]]] = {}

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag == "input":
            self.fields[dict(attrs)["name"]] = (dict(attrs), list(self.around))
        elif tag in ("div", "label"):
            self.around.append(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("div", "label"):
            self.around.pop()


def test_people_neither_see_nor_reach_nor_autofill_that_field(visitor):
    page = Inputs()
    page.feed(visitor.get("/subscribe/").content.decode())
    field, around = page.fields[TRAP]
    assert (field["tabindex"], field["autocomplete"]) == ("-1", "off")
    assert {"class": "hidden", "aria-hidden": "true"} in around
    assert "type" not in field, "a program skips a hidden one"


def test_the_form_of_a_page_that_caches_keep_is_the_same_for_everybody(visitor):
    issue = make_published(NOON.date().replace(day=1))
    for page in ("/", issue.get_absolute_url()):
        with time_machine.travel(NOON, tick=False) as clock:
            first = visitor.get(page)
            clock.shift(HOUR)
            assert visitor.get(page).content == first.content
        assert 'action="/subscribe/"' in first.content.decode()
        assert 'name="stamp"' not in first.content.decode()
        assert f'name="{TRAP}"' in first.content.decode()
