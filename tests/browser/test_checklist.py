"""From the line on the write screen to the checklist, from a finding to its field, by mouse and by key."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.desk import await_editors, log_in, open_draft

GONE = "Goodbye to a colleague"


def open_checklist(page: Page) -> None:
    log_in(page, "editor")
    open_draft(page)
    page.get_by_role("link", name="Checklist", exact=True).click()
    expect(page.get_by_role("heading", name="To be mended before it can be approved")).to_be_visible()


def test_a_finding_opens_its_row_and_puts_the_caret_into_its_text(visit: Visit):
    page = visit()
    open_checklist(page)
    page.get_by_role("link", name=f"Item “{GONE}”").click()
    await_editors(page)
    row = page.locator(".form-group").filter(has=page.locator(".row-name", has_text=GONE))
    expect(row.get_by_role("button", name=GONE, exact=True)).to_have_attribute("aria-expanded", "true")
    expect(row.locator("iframe.cke_wysiwyg_frame")).to_be_focused()
    page.keyboard.type("Thank you for nine years at the school gate.")
    expect(row.frame_locator("iframe.cke_wysiwyg_frame").locator("body")).to_have_text(re.compile("nine years"))
    page.on("dialog", lambda dialog: dialog.accept())


def test_a_finding_of_the_issue_itself_leads_to_its_box_by_key(visit: Visit):
    page = visit()
    open_checklist(page)
    page.get_by_role("link", name="Summary It is empty").focus()
    page.keyboard.press("Enter")
    await_editors(page)
    expect(page.get_by_label("Summary")).to_be_focused()


def test_a_finding_is_accepted_with_a_reason_and_that_taken_back(visit: Visit):
    page = visit()
    open_checklist(page)
    page.get_by_label("Why it may stay").first.fill("Sasha has promised it for tonight.")
    page.keyboard.press("Enter")
    expect(page.get_by_text("“Sasha has promised it for tonight.”").first).to_be_visible()
    page.get_by_role("button", name="Take this back").click()
    expect(page.get_by_text("It is not accepted any more.")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (768, "dark"), (1280, "light")])
def test_it_fits_any_screen(visit: Visit, width: int, scheme: str):
    page = visit(viewport={"width": width, "height": 900}, color_scheme=scheme)
    open_checklist(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
