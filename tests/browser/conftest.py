"""One demo and one browser for all these tests; every page is watched, and answers for itself at the end."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import MISSING, find_chromium, launch
from tests.browser.house import House, own_house
from tests.browser.watch import Watch

Visit = Callable[..., Page]


# Of this package, not of the session: while Playwright runs, Django would refuse other tests their database.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with sync_playwright() as playwright:
        program = find_chromium(playwright)
        if not program:
            pytest.skip(MISSING)
        browser = launch(playwright, program)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def house(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The whole of First Wednesday, running."""
    with own_house(tmp_path_factory.mktemp("browser") / "checkout") as house:
        yield house


@pytest.fixture
def watches() -> list[Watch]:
    """The watches of this test's visitors."""
    return []


@pytest.fixture
def visit(browser: Browser, house: House, watches: list[Watch]) -> Iterator[Visit]:
    """Return a function that opens a page in a fresh browser context, with Playwright's options for one."""

    def open_page(**options: Any) -> Page:
        context = browser.new_context(base_url=house.site, locale="en-GB", timezone_id="Europe/London", **options)
        context.set_default_timeout(10_000)
        watches.append(Watch(context, house.site))
        return context.new_page()

    yield open_page
    faults = [fault for watch in watches for fault in watch.close()]
    assert not faults, "\n".join(faults)
