"""Nothing has to be scrolled sideways: not on a phone of 320 px, not at 200 % zoom, not with letters twice as big."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit
from tests.browser.places import LINK_OVER, MISSING, public_places
from tests.browser.watch import Watch

PHONE = {"width": 320, "height": 640}
# A window of 1280 px at 200 % zoom shows as much as one of 640 px.
ZOOMED = {"width": 640, "height": 400}
DESK = {"width": 1280, "height": 800}


def too_wide(page: Page, watches: list[Watch]) -> list[str]:
    """Return the kinds of pages that are wider than the window, by how many pixels."""
    for path in (MISSING, LINK_OVER):
        watches[-1].expect_refusal(path)
    found = []
    for kind, path in {**public_places(page), "404": MISSING, "link over": LINK_OVER}.items():
        page.goto(path)
        beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if beyond > 0:
            found.append(f"{kind}: {beyond} px")
    return found


@pytest.mark.parametrize("window", [PHONE, ZOOMED], ids=["phone", "zoomed"])
def test_no_page_is_wider_than_its_window(visit: Visit, watches, window):
    assert too_wide(visit(viewport=window), watches) == []


def test_no_page_is_too_wide_with_letters_twice_as_big(visit: Visit, watches):
    page = visit(viewport=DESK)
    page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    page.goto("/")
    assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") == 32
    assert too_wide(page, watches) == []
