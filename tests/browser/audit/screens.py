"""The public pages and the letters that are looked at, each in the state that its kind is about."""

import json
from collections.abc import Iterator

from playwright.sync_api import Page

from tests.browser.audit.findings import Room, Screen
from tests.browser.house import House
from tests.browser.places import MISSING, public_places

READER = "auditor@example.org"
MEMBER = "administrator@example.org"
# More presses than a network may make in an hour.
PATIENCE = 60
WITHDRAW = """
from bulletins.approval import withdraw
from bulletins.models import Bulletin
oldest = Bulletin.objects.filter(status="approved").order_by("month").first()
withdraw(oldest, "It named a date that was wrong.")
print(oldest.get_absolute_url())
"""
ALARM = """
from django.utils import timezone
from bulletins.models import PublicationDay
from mailings.alerts import raise_alert
raise_alert(PublicationDay.objects.first(), "audit", "Nothing is approved. Write or approve an issue.", timezone.now())
"""
RENDER = """
import json
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
pages = {}
for name in ("400.html", "403.html", "500.html", "503.html"):
    try:
        pages[name[:3]] = render_to_string(name)
    except TemplateDoesNotExist:
        pass
print(json.dumps(pages))
"""


def public_screens(house: House, page: Page) -> Iterator[Screen]:
    """Return every kind of public page; those that answer a form are filled in on the way."""
    for kind, path in public_places(page).items():
        yield Screen(kind, Room.PUBLIC, house.site + path)
    yield Screen("404", Room.PUBLIC, house.site + MISSING, status=404)
    yield from signing_up(house, page)
    yield from leaving(house, page)
    withdrawn = house.manage("shell", "-v", "0", "-c", WITHDRAW).strip()
    yield Screen("410", Room.PUBLIC, house.site + withdrawn, status=410)
    for status, html in json.loads(house.manage("shell", "-v", "0", "-c", RENDER)).items():
        yield Screen(status, Room.PUBLIC, f"{house.site}/shown-as-{status}/", html)
    yield turned_away(house, page)


def signing_up(house: House, page: Page) -> Iterator[Screen]:
    """Sign up as a clumsy person does: an address that is none, the right one, the link, its button, the link again."""
    page.goto("/")
    page.get_by_label("Email address").fill("no address")
    yield pressed(page, "Subscribe", "subscribe, with an error")
    yield asked(page)
    letter = house.await_letter(READER)
    link = house.link_in(letter, "/subscribe/confirm/")
    yield Screen("letter to confirm, in the mailbox", Room.PUBLIC, f"{house.site}/demo/mailbox/{letter}/")
    page.goto(link)
    yield Screen("confirm", Room.PUBLIC, link, page.content())
    yield pressed(page, "", "confirmed")
    yield Screen("link over", Room.PUBLIC, link, status=410)
    # Who is on the list already gets another letter.
    asked(page)


def asked(page: Page) -> Screen:
    """Sign the reader up with the small form and one more press; return what is shown between the two."""
    page.goto("/")
    page.get_by_label("Email address").fill(READER)
    between = pressed(page, "Subscribe", "subscribe, one more press")
    page.get_by_role("button", name="Subscribe").click()
    page.wait_for_url("**/look-in-your-mailbox/")
    return between


def leaving(house: House, page: Page) -> Iterator[Screen]:
    """Leave with an issue's own link, and take it back."""
    link = house.link_in(house.await_letter_of_issue(), "/unsubscribe/")
    yield Screen("unsubscribe, by a letter's link", Room.PUBLIC, link)
    page.goto(link)
    yield pressed(page, "", "unsubscribed")
    yield pressed(page, "", "undone")


def pressed(page: Page, button: str, name: str) -> Screen:
    """Press a button (the page's first where it has no name) and keep the answer."""
    with page.expect_navigation() as answered:
        page.locator("main").get_by_role("button", name=button).first.click()
    response = answered.value
    assert response is not None
    return Screen(name, Room.PUBLIC, response.url, response.text(), response.status)


def turned_away(house: House, page: Page) -> Screen:
    """Sign up until the network is turned away."""
    for number in range(PATIENCE):
        page.goto("/")
        page.get_by_label("Email address").fill(f"auditor-{number}@example.org")
        page.get_by_role("button", name="Subscribe").click()
        shown = pressed(page, "Subscribe", "429")
        if shown.status == 429:
            return shown
    raise AssertionError(f"Nobody is turned away after {PATIENCE} sign-ups.")


def letter_screens(house: House) -> Iterator[Screen]:
    """Return the HTML of each kind of letter, as it came to the mailbox."""
    house.manage("shell", "-v", "0", "-c", ALARM)
    found = {
        "letter: issue": house.await_letter_of_issue(),
        "letter: confirm": house.letters_to(READER)[0],
        "letter: already": house.await_letter(READER, number=2),
        "letter: alert": house.await_letter(MEMBER),
    }
    for name, key in found.items():
        html = house.letter(key).get_body(("html",)).get_content()
        yield Screen(name, Room.LETTER, f"{house.site}/shown-as-{key}/", html)
