"""The write screen's small helps, in a browser: tidy and undo, topics, resources, a copy of an item."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.desk import add_item, editor_of, log_in, order, row_named, save, start_issue

FIRST, SECOND = "Attendance on a rainy Monday", "A gate that squeaks"
SECTIONS = "#sections-data > .form-group:not(.empty-form)"


def begun(visit: Visit, month: str) -> Page:
    page = visit(viewport={"width": 1280, "height": 1600})
    log_in(page, "editor")
    start_issue(page, month)
    return page


def said(row: Locator) -> Locator:
    return row.locator(".quick-said")


def section_for_parents(page: Page) -> Locator:
    """Open the section that is for parents, by keyboard, and return its row."""
    row = page.locator(SECTIONS).filter(has=page.locator(".row-name", has_text="Resources for parents"))
    row.locator(".row-toggle").press("Enter")
    return row


def test_a_text_is_tidied_and_taken_back(visit: Visit):
    page = begun(visit, "2032-01")
    add_item(page, FIRST, 'She said "it\'s  late".')
    row = row_named(page, FIRST)
    row.get_by_role("button", name="Tidy the text").press("Enter")
    expect(editor_of(row)).to_have_text("She said “it’s late”.")
    said(row).get_by_role("button", name="Undo").press("Enter")
    expect(said(row)).to_have_text("It is as it was.")
    assert "\"it's" in editor_of(row).inner_text()
    row.get_by_role("button", name="Tidy the text").click()
    expect(editor_of(row)).to_have_text("She said “it’s late”.")
    row.get_by_role("button", name="Tidy the text").click()
    expect(said(row)).to_have_text("It is tidy already.")
    save(page)
    row_named(page, FIRST).locator(".row-toggle").click()
    expect(editor_of(row_named(page, FIRST))).to_have_text("She said “it’s late”.")


def test_a_suggested_topic_is_ticked_with_one_press(visit: Visit):
    page = begun(visit, "2032-02")
    add_item(page, FIRST, "The story.")
    row = row_named(page, FIRST)
    row.get_by_role("button", name="Suggest topics").click()
    row.get_by_role("button", name="Add Attendance").press("Enter")
    expect(row.get_by_role("checkbox", name="Attendance", exact=True)).to_be_checked()
    save(page)
    row_named(page, FIRST).locator(".row-toggle").click()
    expect(row_named(page, FIRST).get_by_role("checkbox", name="Attendance", exact=True)).to_be_checked()


def test_resources_come_along_with_title_link_and_summary(visit: Visit):
    page = begun(visit, "2032-03")
    row = section_for_parents(page)
    row.get_by_role("button", name="Choose resources…").press("Enter")
    dialog = page.get_by_role("dialog")
    first, second = (dialog.locator("input[type=checkbox]").nth(place) for place in (0, 1))
    chosen = [(tick.get_attribute("data-title"), tick.get_attribute("data-address")) for tick in (first, second)]
    summary = first.get_attribute("data-summary") or ""
    for tick in (first, second):
        tick.press("Space")
    dialog.get_by_role("button", name="Put them into the text").press("Enter")
    expect(said(row)).to_contain_text("2 resources are in the text.")
    links = editor_of(row).locator("li a")
    assert [(link.inner_text(), link.get_attribute("href")) for link in links.all()] == chosen
    expect(editor_of(row)).to_contain_text(summary)
    save(page)
    number = page.url.partition("/bulletin/")[2].partition("/")[0]
    page.goto(f"/admin/issues/{number}/preview/letter/")
    title, address = chosen[0][0] or "", chosen[0][1] or ""
    site = page.url.partition("/admin/")[0]
    expect(page.get_by_role("link", name=title)).to_have_attribute("href", site + address)
    page.goto(f"/admin/issues/{number}/preview/web/")
    expect(page.get_by_role("main").get_by_role("link", name=title)).to_have_attribute("href", address)


def test_the_choice_is_for_the_section_that_is_for_parents_and_can_be_left(visit: Visit):
    page = begun(visit, "2032-04")
    other = page.locator(SECTIONS).first
    other.locator(".row-toggle").press("Enter")
    expect(other.get_by_role("button", name="Choose resources…")).to_be_hidden()
    row = section_for_parents(page)
    row.get_by_role("button", name="Choose resources…").click()
    page.get_by_label("Find").fill("no resource has such words")
    expect(page.get_by_text("No resource has these words.")).to_be_visible()
    page.get_by_role("button", name="Leave it as it is").press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert editor_of(row).inner_text().strip() == ""


def test_an_item_is_duplicated_with_what_was_typed_and_stands_behind_it(visit: Visit):
    page = begun(visit, "2032-05")
    for headline in (FIRST, SECOND):
        add_item(page, headline, f"{headline}: the story.")
    row = row_named(page, FIRST)
    row.get_by_role("checkbox", name="Attendance", exact=True).check()
    row.get_by_role("button", name="Duplicate").press("Enter")
    copy = row_named(page, f"{FIRST} (copy)")
    expect(editor_of(copy)).to_have_text(f"{FIRST}: the story.")
    expect(copy.get_by_role("checkbox", name="Attendance", exact=True)).to_be_checked()
    save(page)
    assert order(page) == [FIRST, f"{FIRST} (copy)", SECOND]
