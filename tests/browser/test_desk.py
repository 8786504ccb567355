"""Somebody watches a mailing at the desk, steers it to its end, and takes its ledger home."""

import csv
import io
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Visit
from tests.browser.desk import log_in
from tests.browser.house import House, own_house
from tests.browser.watch import Watch

# Slow enough to be watched: the demo's thousand letters take half a minute.
A_SECOND = "35"
SENT = re.compile(r"([\d,]+) of ([\d,]+) sent")
MORE = r"""(than) => {
  const words = document.getElementById("live-now").innerText;
  return Number(words.match(/([\d,]+) of/)[1].replace(",", "")) > than;
}"""
# Addresses that the demo's mail server refuses as malformed, and no other reader's.
REFUSED = """
from django.utils import timezone
from subscribers.addresses import address_hash
from subscribers.models import Subscriber
for name in ("(one", "(two"):
    address = f"{name}@example.org"
    Subscriber.objects.create(
        address=address, address_hash=address_hash(address), status="active", created_at=timezone.now()
    )
"""


@pytest.fixture(scope="module")
def house(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A demo of this file's own, whose mail goes slowly."""
    with own_house(tmp_path_factory.mktemp("desk") / "checkout", MAIL_RATE_PER_SECOND=A_SECOND) as house:
        yield house


def open_mailing(page: Page) -> None:
    """Wait for the demo's issue to be opened, and go to its mailing's page."""
    link = page.locator("#result_list a[href*='/mailing/']")
    for _ in range(60):
        page.goto("/admin/mailings/mailing/")
        if link.count():
            break
        page.wait_for_timeout(1000)
    link.first.click()
    expect(page.locator("#live")).to_be_visible()


def sent(page: Page) -> int:
    """Return how many letters the page says are sent."""
    found = SENT.search(page.locator("#live-now").inner_text())
    assert found is not None
    return int(found[1].replace(",", ""))


def await_more(page: Page, than: int) -> None:
    """Wait until the page, left alone, says that more letters are sent."""
    page.wait_for_function(MORE, arg=than)


def await_state(page: Page, state: str, seconds: int = 60) -> None:
    """Wait until the page, left alone, says that the mailing is in a state."""
    expect(page.locator("#live-now .state")).to_have_text(state, timeout=seconds * 1000)


def press(page: Page, name: str) -> None:
    """Go to a button by its name and press it by keyboard."""
    button = page.get_by_role("button", name=name, exact=True)
    button.focus()
    page.keyboard.press("Enter")


def follow(page: Page, name: str) -> None:
    """Follow an act's link by keyboard."""
    page.get_by_role("link", name=name, exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Leave it as it is")).to_be_visible()


def said(page: Page, words: str) -> None:
    """Expect the desk to say something after an act."""
    expect(page.get_by_text(words).first).to_be_visible()


def lose_the_server(page: Page, watch: Watch) -> None:
    """Let the page's questions fail for a while; it says so, and takes it back."""
    watch.expect_refusal(page.locator("#live").get_attribute("data-from") or "")
    page.route("**/progress/", lambda route: route.fulfill(status=404))
    expect(page.locator("#away")).to_contain_text("The server cannot be reached")
    page.unroute("**/progress/")
    expect(page.locator("#away")).to_be_hidden()


def test_a_mailing_is_watched_and_steered_to_its_end(visit: Visit, house: House, watches: list[Watch]):
    page = visit(viewport={"width": 1280, "height": 1000})
    log_in(page, "approver")
    open_mailing(page)
    page.evaluate("window.loadedOnce = true")
    page.locator("#count-sent").focus()
    await_more(page, sent(page))
    await_more(page, sent(page))
    assert page.evaluate("document.activeElement.id") == "count-sent"
    lose_the_server(page, watches[0])
    await_more(page, sent(page))
    assert page.evaluate("window.loadedOnce"), "It follows without loading the page again."

    press(page, "Pause")
    await_state(page, "Paused")
    said(page, "approver paused it")
    page.wait_for_timeout(3000)
    stood = sent(page)
    page.wait_for_timeout(3000)
    assert sent(page) == stood

    press(page, "Resume")
    await_state(page, "Sending")
    await_more(page, stood)

    follow(page, "Cancel…")
    page.get_by_label("Why, in one sentence").fill("the wrong issue")
    page.get_by_label("Yes, stop this mailing").check()
    press(page, "Cancel this mailing")
    expect(page.get_by_role("heading", name="Report")).to_be_visible(timeout=40_000)
    await_state(page, "Cancelled")
    had_it = sent(page)
    assert 0 < had_it < 1000

    house.manage("shell", "-v", "0", "-c", REFUSED)
    follow(page, "Send to those missed…")
    said(page, f"{1002 - had_it} readers of today have no letter of this mailing")
    press(page, "Send to those missed")
    await_state(page, "Finished", 120)
    assert sent(page) == 1000
    expect(page.locator("#live-failures")).to_contain_text("Malformed address", ignore_case=True)

    follow(page, "Retry failed…")
    said(page, "2 letters failed; 2 of their readers still read")
    press(page, "Retry failed")
    said(page, "Tried again: 2.")
    await_state(page, "Finished", 60)
    for act in ("paused it", "resumed it", "cancelled it: “the wrong issue”", "had it sent to those missed"):
        expect(page.locator("#live-acts")).to_contain_text(f"approver {act}")
    read_report(page)
    got_it = house.readers_of_issue()
    assert (len(got_it), len(set(got_it))) == (1000, 1000)


def read_report(page: Page) -> None:
    """Read the balance, the drawing's numbers and the ledger of the mailing that is over."""
    expect(page.locator(".equation")).to_have_text("1,002 planned = 1,000 sent + 0 skipped + 2 failed + 0 abandoned")
    drawing = page.get_by_role("img", name="Letters sent per minute")
    expect(drawing).to_be_visible()
    page.get_by_text("The numbers of this chart").click()
    numbers = page.locator(".per-minute tbody .number").all_inner_texts()
    assert sum(int(number.replace(",", "")) for number in numbers) == 1000
    page.get_by_role("link", name="The ledger as a file (CSV)").click()
    page.get_by_label("Your password, once more").fill("approver-demo")
    with page.expect_download() as download:
        page.get_by_role("button", name="Take the file").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8"), newline="")))
    states = [row["state"] for row in rows]
    assert (len(rows), states.count("sent"), states.count("failed")) == (1002, 1000, 2)
    page.get_by_role("link", name="Back to the mailing").click()
    page.get_by_role("link", name="2 failed").click()
    expect(page.locator("#result_list")).to_contain_text("(one@example.org")


def test_without_scripts_the_desk_can_be_read(visit: Visit):
    page = visit(java_script_enabled=False)
    page.goto("/admin/login/?next=/admin/mailings/mailing/")
    expect(page.locator("input[name=username]")).to_be_visible()
    page.locator("input[name=username]").fill("approver")
    page.locator("input[name=password]").fill("approver-demo")
    page.get_by_role("button", name="Log in").click()
    page.locator("#result_list a[href*='/mailing/']").first.click()
    expect(page.locator(".mailing .how-far")).to_be_visible()
    expect(page.locator(".mailing progress")).to_be_visible()
