"""From an address typed on the first page to a letter, and out again: with scripts and without."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.desk import add_item, approve, log_in, save, set_for_now, start_issue
from tests.browser.house import House


def sign_up(page: Page, address: str) -> None:
    """Ask for the letters on the first page, and press once more where a robot would not."""
    page.goto("/")
    page.get_by_label("Email address").fill(address)
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", name="Check your address, then subscribe")).to_be_visible()
    expect(page.get_by_label("Email address")).to_have_value(address)
    page.get_by_role("button", name="Subscribe").click()
    expect(heading(page)).to_have_text("Look in your mailbox")


def heading(page: Page):
    return page.get_by_role("heading", level=1)


def follow(page: Page, key: str, link: str) -> None:
    """Open a letter in the demo's mailbox and follow a link of it, as in a mail program."""
    page.goto(f"/demo/mailbox/{key}/")
    page.frame_locator("iframe").get_by_role("link", name=link).first.click()


def mail_an_issue(visit: Visit, month: str) -> None:
    """Let the staff write an issue and mail it now."""
    editor, approver = visit(), visit()
    log_in(editor, "editor")
    start_issue(editor, month)
    add_item(editor, "One more story", "It is short.")
    save(editor)
    set_for_now(editor)
    approve(approver, editor.url)


def test_readers_come_and_go_and_come_back(visit: Visit, house: House):
    readers = {
        "with-scripts@example.org": visit(),
        "without-scripts@example.org": visit(java_script_enabled=False),
    }
    for address, page in readers.items():
        sign_up(page, address)
        follow(page, house.await_letter(address), "Open the page")
        page.locator("main").get_by_role("button").click()
        expect(heading(page)).to_have_text("You are on the list")

    mail_an_issue(visit, "2031-06")
    for address, page in readers.items():
        follow(page, house.await_letter(address, number=2), "Unsubscribe")
        expect(heading(page)).to_have_text("Unsubscribe")
        page.locator("main").get_by_role("button", name="Stop sending").click()
        expect(heading(page)).to_have_text("You are unsubscribed")
        page.locator("main").get_by_role("button").first.click()
        expect(heading(page)).to_have_text("If you had left, you are back")
