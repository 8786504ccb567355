"""The desk's screens, found by walking it: every list, its add and change page, and the pages of acts."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from playwright.sync_api import Page

from tests.browser.audit.findings import Room, Screen
from tests.browser.desk import knock, log_in, rows

LISTS = "a[href^='/admin/']"
FAILURES = 12


def desk_screens(page: Page, site: str) -> Iterator[Screen]:
    """Log in as the administrator and return every screen; what exists is asked of the desk itself."""
    yield Screen("desk: log in", Room.DOOR, f"{site}/admin/login/?next=/admin/")
    log_in(page, "administrator")
    yield Screen("desk: first page", Room.DESK, f"{site}/admin/")
    yield Screen("desk: change password", Room.DESK, f"{site}/admin/password_change/")
    for path in lists(page):
        yield from model_screens(page, site, path)


def lists(page: Page) -> list[str]:
    """Return the paths of all lists of the desk."""
    page.goto("/admin/")
    paths = {urlsplit(link.get_attribute("href") or "").path for link in page.locator(LISTS).all()}
    return sorted(path for path in paths if path.count("/") == 4 and not path.endswith("/add/"))


def model_screens(page: Page, site: str, path: str) -> Iterator[Screen]:
    """Return the screens of one model: list, empty list, add, change; of issues also history, delete and approve."""
    name = f"desk: {path.split('/')[3]}"
    page.goto(path)
    yield Screen(f"{name} list", Room.DESK, site + path)
    row = page.locator(f"#result_list a[href^='{path}'][href*='/change/']")
    change = urlsplit(row.first.get_attribute("href") or "").path if row.count() else ""
    if page.goto(f"{path}add/").status == 200:
        yield Screen(f"{name} add", Room.DESK, f"{site}{path}add/")
    if change:
        yield Screen(f"{name} change", Room.DESK, site + change)
    if path.endswith("/bulletin/"):
        yield from issue_screens(page, site, path)


def issue_screens(page: Page, site: str, path: str) -> Iterator[Screen]:
    """Return the screens of issues in each of their states."""
    yield Screen("desk: bulletin list, nothing found", Room.DESK, f"{site}{path}?q=nothing-has-this-word")
    for status in ("draft", "approved", "withdrawn"):
        page.goto(f"{path}?status__exact={status}")
        row = page.locator(f"#result_list a[href*='/change/'][href^='{path}']")
        if not row.count():
            continue
        number = (row.first.get_attribute("href") or "").split("/")[4]
        yield Screen(f"desk: {status} issue", Room.DESK, f"{site}{path}{number}/change/")
        yield Screen(f"desk: {status} issue, approve", Room.DESK, f"{site}/admin/issues/{number}/approve/")
        if status == "draft":
            yield Screen("desk: delete an issue", Room.DESK, f"{site}{path}{number}/delete/")
            yield Screen("desk: history of an issue", Room.DESK, f"{site}{path}{number}/history/")
            yield refused(page, f"{path}{number}/change/")


def refused(page: Page, path: str) -> Screen:
    """Save an issue and an item without their names, and keep what the desk answers."""
    page.goto(path)
    page.locator("input[name=title]").fill("")
    rows(page).first.locator("input[name$=-headline]").fill("", force=True)
    with page.expect_navigation() as answered:
        page.get_by_role("button", name="Save and continue editing").click()
    assert answered.value is not None
    return Screen("desk: issue with errors", Room.DESK, answered.value.url, answered.value.text())


def locked_out(page: Page) -> Screen:
    """Fail to log in until the door stays shut, and keep what it says."""
    for _ in range(FAILURES):
        answer = knock(page, "somebody-forgetful", "not it")
        if answer.status >= 400:
            return Screen("desk: locked out", Room.DOOR, answer.url, answer.text(), answer.status)
    raise AssertionError(f"The desk stays open after {FAILURES} failures.")
