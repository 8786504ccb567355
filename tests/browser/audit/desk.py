"""The desk's screens, found by walking it: every list, its add and change page, and the pages of acts."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from playwright.sync_api import Page

from tests.browser.audit.findings import Room, Screen
from tests.browser.desk import knock, log_in, rows
from tests.browser.house import House

LISTS = "a[href^='/admin/']"
FAILURES = 12
# A second mailing, paused before its first letter, with three that were refused.
PAUSED = """
import uuid
from django.db import transaction
from django.utils import timezone
from bulletins.models import Bulletin
from demo.issues import make_due_issue
from demo.staff import make_staff
from mailings.opening import send_now
from mailings.steering import pause
at, staff = timezone.now(), make_staff()
make_due_issue(staff, at)
issue = Bulletin.objects.for_subscribers().filter(status="approved", mailings=None).latest("publish_at")
with transaction.atomic():
    mailing = send_now(issue, staff["approver"], "for the audit", at)
    pause(mailing, None, "11 of its last 200 letters were refused for good.", at, "refusals")
three = mailing.deliveries.filter(pk__in=list(mailing.deliveries.values_list("pk", flat=True)[:3]))
three.update(state="claimed", owner=uuid.uuid4(), lease_until=at)
reply = {"smtp_code": 550, "smtp_text": "5.1.1 <reader@example.org>: there is no such user"}
three.update(state="failed", owner=None, lease_until=None, failed_at=at, **reply)
print(mailing.pk)
"""


def desk_screens(page: Page, site: str) -> Iterator[Screen]:
    """Log in as the administrator and return every screen; what exists is asked of the desk itself."""
    yield Screen("desk: log in", Room.DOOR, f"{site}/admin/login/?next=/admin/")
    log_in(page, "administrator")
    yield Screen("desk: first page", Room.DESK, f"{site}/admin/")
    yield Screen("desk: change password", Room.DESK, f"{site}/admin/password_change/")
    yield Screen("desk: who sends", Room.DESK, f"{site}/admin/sender/")
    yield Screen("desk: dead links", Room.DESK, f"{site}/admin/links/")
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
        yield Screen(f"desk: {status} issue, send now", Room.DESK, f"{site}/admin/issues/{number}/send-now/")
        if status == "approved":
            letter = f"{site}/admin/issues/{number}/correction-letter/"
            yield Screen("desk: approved issue, correction letter", Room.DESK, letter)
        item = upkeep(page, f"{path}{number}/change/")
        yield Screen(f"desk: {status} issue, upkeep of an item", Room.DESK, site + item)
        if status == "draft":
            yield Screen("desk: delete an issue", Room.DESK, f"{site}{path}{number}/delete/")
            yield Screen("desk: history of an issue", Room.DESK, f"{site}/admin/issues/{number}/history/")
            yield refused(page, f"{path}{number}/change/")


def upkeep(page: Page, path: str) -> str:
    """Return the path of the page with the sources of an issue's first item."""
    page.goto(path)
    return page.locator("a[href$='/upkeep/']").first.get_attribute("href") or ""


def mailing_screens(house: House, page: Page) -> Iterator[Screen]:
    """Return the page of a mailing that stands still, its acts and names; and the page of one that is over."""
    page.goto("/admin/mailings/mailing/?state__exact=finished")
    over = page.locator("#result_list a[href*='/mailing/']").first.get_attribute("href") or ""
    paused = house.manage("shell", "-v", "0", "-c", PAUSED).strip()
    mailings = f"{house.site}/admin/mailings"
    yield Screen("desk: paused mailing", Room.DESK, f"{mailings}/mailing/{paused}/change/")
    for act in ("resume", "cancel", "retry", "missed"):
        yield Screen(f"desk: paused mailing, {act}", Room.DESK, f"{mailings}/{paused}/{act}/")
    names = f"{mailings}/delivery/?mailing={paused}&state__exact="
    yield Screen("desk: names of a state", Room.DESK, f"{names}failed")
    yield Screen("desk: names, none", Room.DESK, f"{names}abandoned")
    page.goto(f"{names}failed")
    one = page.locator("#result_list a[href*='/delivery/']").first.get_attribute("href") or ""
    yield Screen("desk: one letter", Room.DESK, house.site + urlsplit(one).path)
    if over:
        number = urlsplit(over).path.split("/")[4]
        yield Screen("desk: finished mailing", Room.DESK, f"{mailings}/mailing/{number}/change/")
        yield Screen("desk: finished mailing, ledger", Room.DESK, f"{mailings}/{number}/ledger/")
        yield Screen("desk: finished mailing, missed", Room.DESK, f"{mailings}/{number}/missed/")


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
