"""After it is published: a correction with a note, the old wording beside the new, the way back, and a letter."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.desk import await_editors, log_in
from tests.browser.house import House
from tests.config.machine import wait_for

NOTE = "The summary named the wrong day."
WRONG = "A summary that is wrong."
MAILED = (
    "from mailings.models import Mailing;"
    "print(*Mailing.objects.filter(number=0, state='finished', sent__gt=0).values_list('bulletin_id', flat=True))"
)
GOT_IT = (
    "from mailings.models import Delivery;"
    "print(Delivery.objects.filter(mailing__bulletin_id={}, mailing__number=0, state='sent',"
    " subscriber__status='active').first().subscriber.address)"
)


def shell(house: House, code: str) -> str:
    return house.manage("shell", "-v", "0", "-c", code).strip()


@pytest.fixture
def mailed(house: House) -> str:
    """The key of an issue whose mailing is over."""
    assert wait_for(lambda: shell(house, MAILED), 120), "The demo's mailing did not come to its end."
    return shell(house, MAILED).split()[0]


def press(page: Page, name: str, role: str = "button") -> None:
    """Press something by the keyboard alone."""
    target = page.get_by_role(role, name=name).first  # type: ignore[arg-type]
    target.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")


def open_issue(page: Page, number: str) -> None:
    page.goto(f"/admin/bulletins/bulletin/{number}/change/")
    await_editors(page)


def summary(page: Page) -> str:
    return page.get_by_label("Summary").input_value()


def test_a_correction_is_asked_about_compared_and_taken_back_by_the_keyboard(visit: Visit, mailed: str):
    page = visit()
    log_in(page, "editor")
    open_issue(page, mailed)
    before = summary(page)
    page.get_by_label("Summary").fill(WRONG)
    press(page, "Save and continue editing")
    await_editors(page)
    expect(page.get_by_text("choose whether they are told").first).to_be_visible()
    assert summary(page) == WRONG
    page.get_by_role("radio", name="A typo").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_label("Note for readers").fill(NOTE)
    press(page, "Save and continue editing")
    await_editors(page)
    page.goto(f"/admin/issues/{mailed}/history/")
    press(page, "Compare", role="link")
    expect(page.locator(".wording ins", has_text="wrong").first).to_be_visible()
    press(page, "Bring back the wording before", role="link")
    page.get_by_role("radio", name="A typo").focus()
    page.keyboard.press("Space")
    press(page, "Bring it back")
    expect(page.get_by_text("is as it was")).to_be_visible()
    open_issue(page, mailed)
    assert summary(page) == before


def test_a_letter_about_it_is_seen_and_then_sent_to_who_got_the_issue(visit: Visit, house: House, mailed: str):
    page, address = visit(), shell(house, GOT_IT.format(mailed))
    letters = len(house.letters_to(address))
    log_in(page, "approver")
    page.goto(f"/admin/issues/{mailed}/correction-letter/")
    page.wait_for_function("Object.values(CKEDITOR.instances).every((editor) => editor.status === 'ready')")
    page.frame_locator("iframe.cke_wysiwyg_frame").locator("body").click()
    page.keyboard.press("Control+End")
    page.keyboard.type(" Please tell your colleagues.")
    press(page, "Show how it will read")
    expect(page.frame_locator("iframe[title='The letter as HTML']").locator("h1")).to_contain_text("Correction")
    page.wait_for_function("Object.values(CKEDITOR.instances).every((editor) => editor.status === 'ready')")
    label = page.locator("label", has_text=re.compile("^Type .* to confirm")).inner_text()
    page.get_by_label(label).fill(label.split()[1])
    page.get_by_label("Your password, once more").fill("approver-demo")
    press(page, "Send this letter")
    expect(page.get_by_text("on its way to")).to_be_visible()
    letter = house.letter(house.await_letter(address, letters + 1, seconds=60))
    assert letter["Subject"].startswith("Correction: ")
    assert "Please tell your colleagues." in letter.get_body(("plain",)).get_content()
