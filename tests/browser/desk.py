"""What members of staff do at the desk, as verbs on a page."""

import datetime
import re
from zoneinfo import ZoneInfo

from playwright.sync_api import Locator, Page, Response, expect

LONDON = ZoneInfo("Europe/London")


def log_in(page: Page, name: str) -> None:
    """Log a member of the demo's staff in, and arrive at the desk's first page."""
    knock(page, name, f"{name}-demo")
    expect(page).to_have_url("/admin/")


def knock(page: Page, name: str, password: str) -> Response:
    """Try to log in, and return what the desk answers."""
    page.goto("/admin/login/?next=/admin/")
    page.locator("input[name=username]").fill(name)
    page.locator("input[name=password]").fill(password)
    with page.expect_navigation() as answered:
        page.locator("input[name=password]").press("Enter")
    assert answered.value is not None
    return answered.value


def open_draft(page: Page) -> None:
    """Open the demo's draft issue."""
    page.goto("/admin/bulletins/bulletin/?status__exact=draft")
    page.locator("#result_list a[href*='/change/']").first.click()
    await_editors(page)


def start_issue(page: Page, month: str) -> None:
    """Start the issue of a month (such as 2031-05), and arrive at its write screen."""
    page.goto("/admin/bulletins/bulletin/add/")
    page.locator("input[name=month]").fill(f"{month}-01")
    page.locator("select[name=author]").select_option(index=1)
    page.get_by_role("button", name="Save", exact=True).click()
    await_editors(page)


def await_editors(page: Page) -> None:
    """Wait until the write screen and all its editors stand."""
    page.wait_for_url("**/change/**")
    page.wait_for_function("Object.values(CKEDITOR.instances).every((editor) => editor.status === 'ready')")


def add_item(page: Page, headline: str, words: str) -> None:
    """Add an item in the first section and write it, as an editor does."""
    page.get_by_role("link", name="Add another Item").click()
    row = rows(page).last
    row.locator("input[name$=-headline]").fill(headline)
    row.locator("select[name$=-section]").select_option(index=1)
    editor_of(row).click()
    page.keyboard.type(words)
    page.get_by_label("Summary").click()


def rows(page: Page) -> Locator:
    """Return the rows of the items, in the order they stand in."""
    return page.locator("#items-data > .form-group:not(.empty-form)")


def row_named(page: Page, headline: str) -> Locator:
    """Return an item's row."""
    return rows(page).filter(has=page.locator(".row-name", has_text=headline))


def editor_of(row: Locator) -> Locator:
    """Return the text inside a row's editor."""
    return row.frame_locator("iframe.cke_wysiwyg_frame").locator("body")


def order(page: Page) -> list[str]:
    """Return the headlines in the order of the rows."""
    return [name.strip() for name in rows(page).locator(".row-name").all_inner_texts()]


def save(page: Page) -> None:
    """Save and stay."""
    with page.expect_navigation():
        page.get_by_role("button", name="Save and continue editing").click()
    await_editors(page)


def set_for_now(page: Page) -> None:
    """Give the issue this very minute for its publication, and the reason that such a day needs."""
    now = datetime.datetime.now(LONDON)
    page.locator("input[name=publish_at_0]").fill(f"{now:%Y-%m-%d}")
    page.locator("input[name=publish_at_1]").fill(f"{now:%H:%M}")
    page.locator("input[name=publish_reason]").fill("this test reads it at once")
    page.get_by_label("Summary").fill("What a test has written.")
    save(page)


def answer_for(page: Page, number: str) -> None:
    """On the checklist of an issue, accept what needs a reason, one after the other."""
    page.goto(f"/admin/issues/{number}/check/")
    while page.get_by_label("Why it may stay").count():
        page.get_by_label("Why it may stay").first.fill("It is meant so in this test.")
        with page.expect_navigation():
            page.get_by_role("button", name="Accept").first.click()
    expect(page.get_by_role("heading", name="To be mended before it can be approved")).to_have_count(0)


def approve(page: Page, issue: str) -> None:
    """As the approver, answer for the issue whose write screen is at `issue`, and approve it."""
    log_in(page, "approver")
    number = issue.partition("/bulletin/")[2].partition("/")[0]
    answer_for(page, number)
    page.goto(f"/admin/issues/{number}/approve/")
    page.get_by_role("button", name=re.compile("^Approve ")).click()
    expect(page.get_by_text("is approved").first).to_be_visible()
