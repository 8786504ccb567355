"""An item's own page at the desk, in a browser: a check and a successor are saved without any other answer."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.desk import log_in
from tests.browser.house import House

PUBLISHED = (
    "from django.utils import timezone; from bulletins.models import NewsItem;"
    "items = NewsItem.objects.published(timezone.now()).order_by('bulletin__publish_at', 'pk');"
    "print(items.first().pk, items.last().bulletin.get_absolute_url() + items.last().slug)"
)


@pytest.fixture
def oldest(house: House) -> tuple[str, str]:
    """The key of the oldest item that is out, and the address of the newest."""
    key, newest = house.manage("shell", "-v", "0", "-c", PUBLISHED).split()
    return key, f"{newest}/"


def open_item(page: Page, key: str) -> None:
    log_in(page, "editor")
    page.goto(f"/admin/items/{key}/upkeep/")


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


def test_that_it_still_holds_is_one_press(visit: Visit, oldest: tuple[str, str]):
    page = visit()
    open_item(page, oldest[0])
    press(page, "It still holds: checked today")
    expect(page.get_by_text("Saved: the day of the last check")).to_be_visible()


def test_what_took_its_place_is_saved_without_another_answer(visit: Visit, oldest: tuple[str, str]):
    page = visit()
    open_item(page, oldest[0])
    page.get_by_label("Superseded by our item").fill(oldest[1])
    press(page, "Save and stay here")
    expect(page.get_by_text("Saved: what supersedes it")).to_be_visible()
    expect(page.get_by_label("Superseded by our item")).to_have_value(oldest[1])


def test_the_enter_key_saves_and_says_nothing_of_a_check(visit: Visit, oldest: tuple[str, str]):
    page = visit()
    open_item(page, oldest[0])
    page.get_by_label("Checked on").fill("")
    for address in (oldest[1], ""):
        page.get_by_label("Superseded by our item").fill(address)
        with page.expect_navigation():
            page.get_by_label("Superseded by our item").press("Enter")
    expect(page.get_by_text("Saved: what supersedes it")).to_be_visible()
    expect(page.get_by_label("Checked on")).to_have_value("")
