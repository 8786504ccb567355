"""An editor writes an issue and puts it in order, by keyboard and by mouse; another person lets it out."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.desk import (
    add_item,
    approve,
    editor_of,
    log_in,
    open_draft,
    order,
    row_named,
    save,
    set_for_now,
    start_issue,
)

FIRST, SECOND, THIRD = "A bench by the gate", "Two keys for one cupboard", "What the register says"


def drag(page: Page, row: Locator, below: Locator) -> None:
    """Drag a row by its grip to below another, as a hand does."""
    row.locator(".row-grip").hover()
    page.mouse.down()
    box = below.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + box["height"] / 2, steps=10)
    page.mouse.move(box["x"] + 40, box["y"] + box["height"] - 4, steps=5)
    page.mouse.up()


def test_what_is_written_and_ordered_is_what_readers_get(visit: Visit):
    page = visit(viewport={"width": 1280, "height": 1600})
    log_in(page, "editor")
    start_issue(page, "2031-05")
    for headline in (FIRST, SECOND, THIRD):
        add_item(page, headline, f"{headline}: the story.")
    save(page)
    assert order(page) == [FIRST, SECOND, THIRD]

    third = row_named(page, THIRD)
    third.get_by_role("button", name=THIRD, exact=True).click()
    editor_of(third).click()
    page.keyboard.press("End")
    page.keyboard.type(" And a second sentence.")
    third.get_by_role("button", name=f"Move up: {THIRD}").focus()
    page.keyboard.press("Enter")
    assert order(page) == [FIRST, THIRD, SECOND]
    page.keyboard.press("Enter")
    assert order(page) == [THIRD, FIRST, SECOND]
    expect(editor_of(third)).to_have_text(f"{THIRD}: the story. And a second sentence.")
    third.get_by_role("button", name=THIRD, exact=True).click()

    drag(page, row_named(page, FIRST), below=row_named(page, SECOND))
    assert order(page) == [THIRD, SECOND, FIRST]
    save(page)
    assert order(page) == [THIRD, SECOND, FIRST]
    set_for_now(page)

    approver, reader = visit(), visit(java_script_enabled=False)
    approve(approver, page.url)
    reader.goto("/bulletins/2031/may/")
    headings = reader.get_by_role("article").get_by_role("heading", level=3).all_inner_texts()
    assert [heading for heading in headings if heading in (FIRST, SECOND, THIRD)] == [THIRD, SECOND, FIRST]
    expect(reader.get_by_text("And a second sentence.")).to_be_visible()


def test_typing_is_not_lost_by_a_drag_or_by_leaving_unawares(visit: Visit):
    page = visit(viewport={"width": 1280, "height": 1600})
    log_in(page, "editor")
    open_draft(page)
    first, second = order(page)[:2]
    row_named(page, first).get_by_role("button", name=first, exact=True).click()
    editor_of(row_named(page, first)).click()
    page.keyboard.press("Control+End")
    page.keyboard.type(" Typed before the drag.")
    row_named(page, first).get_by_role("button", name=first, exact=True).click()
    drag(page, row_named(page, first), below=row_named(page, second))
    assert order(page)[:2] == [second, first]
    row_named(page, first).get_by_role("button", name=first, exact=True).click()
    expect(editor_of(row_named(page, first))).to_contain_text("Typed before the drag.")
    page.on("dialog", lambda dialog: dialog.accept())
    with page.expect_event("dialog") as asked:
        page.goto("/admin/")
    assert asked.value.type == "beforeunload"


CONTRAST = """(one) => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
      .map((part) => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const style = getComputedStyle(one), ink = light(style.color), paper = light(style.backgroundColor);
  return {dark: paper < ink, contrast: (Math.max(ink, paper) + .05) / (Math.min(ink, paper) + .05)};
}"""


def test_in_dark_mode_the_editor_is_dark_and_easy_to_read(visit: Visit):
    page = visit(color_scheme="dark")
    log_in(page, "editor")
    open_draft(page)
    first = order(page)[0]
    row_named(page, first).get_by_role("button", name=first, exact=True).click()
    look = editor_of(row_named(page, first)).evaluate(CONTRAST)
    assert look["dark"]
    assert look["contrast"] > 7
