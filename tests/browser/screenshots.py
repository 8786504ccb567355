"""`make screenshots`: the README's pictures, taken of a demo of its own, light and dark."""

import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from config.company import say
from tests.browser.chromium import MISSING, find_chromium, launch
from tests.browser.desk import log_in, open_draft, order, row_named
from tests.browser.house import House, own_house
from tests.config.machine import ROOT, wait_for

FOLDER = ROOT / "docs" / "screenshots"
SCHEMES = ("light", "dark")
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 760}
COLOURS = 256
MOST_BYTES = 150_000

# The first page as it is most days: the last mailing is no news any more.
TWO_DAYS_LATER = """
import datetime
from django.db.models import F
from django.utils import timezone
from mailings.models import Mailing
two, over = datetime.timedelta(days=2), Mailing.objects.filter(state="finished")
fresh = over.filter(finished_at__gt=timezone.now() - two)
fresh.update(started_at=F("started_at") - two, finished_at=F("finished_at") - two)
print(over.count())
"""

Way = Callable[[Page, House], object]


def to_home(page: Page, house: House) -> None:
    page.goto("/")


def to_issue(page: Page, house: House) -> None:
    page.goto("/bulletins/latest/")


def to_letter(page: Page, house: House) -> None:
    page.goto(f"/demo/mailbox/{house.await_letter_of_issue()}/html/")


def to_dashboard(page: Page, house: House) -> None:
    assert wait_for(lambda: house.manage("shell", "-v", "0", "-c", TWO_DAYS_LATER).strip() != "0", 120)
    log_in(page, "approver")


def to_checklist(page: Page, house: House) -> None:
    log_in(page, "editor")
    open_draft(page)
    page.get_by_role("link", name="Checklist", exact=True).click()


def to_write_screen(page: Page, house: House) -> None:
    log_in(page, "editor")
    open_draft(page)
    second = order(page)[1]
    row_named(page, second).get_by_role("button", name=second, exact=True).click()
    page.locator("#items-data").evaluate("one => scrollTo(0, one.getBoundingClientRect().top + scrollY - 60)")
    page.mouse.move(0, 0)


PICTURES: dict[str, tuple[Way, dict[str, int], float]] = {
    "home": (to_home, DESK, 1),
    "issue": (to_issue, DESK, 1),
    "letter-phone": (to_letter, PHONE, 1.5),
    "dashboard": (to_dashboard, DESK, 1),
    "write-screen": (to_write_screen, DESK, 1),
    "checklist": (to_checklist, DESK, 1),
}


def main() -> int:
    """Take all pictures anew; status 1 without a browser."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        program = find_chromium(playwright)
        if not program:
            say(MISSING, sys.stderr)
            return 1
        with own_house(Path(folder) / "checkout") as house:
            house.await_letter_of_issue()
            browser = launch(playwright, program)
            for name, picture in taken(browser, house):
                say(f"{save(name, picture).relative_to(ROOT)}")
            browser.close()
    return 0


def taken(browser: Browser, house: House) -> Iterator[tuple[str, bytes]]:
    """Return each picture's name and its PNG."""
    for name, (way, viewport, scale) in PICTURES.items():
        for scheme in SCHEMES:
            context = browser.new_context(
                base_url=house.site,
                viewport=viewport,  # type: ignore[arg-type]
                device_scale_factor=scale,
                color_scheme=scheme,  # type: ignore[arg-type]
                reduced_motion="reduce",
                locale="en-GB",
            )
            page = context.new_page()
            way(page, house)
            yield name if scheme == "light" else f"{name}-dark", page.screenshot(animations="disabled")
            context.close()


def save(name: str, picture: bytes) -> Path:
    """Write a picture with as few colours as it needs to be light, and return where."""
    path = FOLDER / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)
    assert path.stat().st_size < MOST_BYTES, f"{path} has {path.stat().st_size} bytes."
    return path


if __name__ == "__main__":
    sys.exit(main())
