"""An editor writes an issue and puts it in order, by keyboard and by mouse; another person lets it out."""

from io import BytesIO

from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, expect

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


def red_square() -> FilePayload:
    """Return a picture to choose."""
    target = BytesIO()
    Image.new("RGB", (300, 300), (200, 30, 40)).save(target, "PNG")
    return {"name": "square.png", "mimeType": "image/png", "buffer": target.getvalue()}


def drag(page: Page, row: Locator, below: Locator) -> None:
    """Drag a row by its grip to below another, as a hand does."""
    row.locator(".row-grip").hover()
    page.mouse.down()
    box = below.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + box["height"] / 2, steps=10)
    page.mouse.move(box["x"] + 40, box["y"] + box["height"] - 4, steps=5)
    page.mouse.up()


def write_backward_event(page: Page) -> None:
    """Add an event that ends before it starts."""
    page.get_by_role("link", name="Add another Event").click()
    row = page.locator("#events-data > .form-group:not(.empty-form)").last
    row.locator("input[name$=-title]").fill("Backwards")
    row.locator("select[name$=-section]").select_option(index=1)
    for name, words in (("start_0", "2031-08-20"), ("start_1", "16:00"), ("end_0", "2031-08-20"), ("end_1", "15:00")):
        row.locator(f"input[name$=-{name}]").fill(words)


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
    start_issue(page, "2031-10")
    for headline in (FIRST, SECOND):
        add_item(page, headline, f"{headline}: the story.")
    save(page)
    first, second = order(page)
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


def test_a_picture_with_its_words_reaches_readers(visit: Visit):
    page = visit(viewport={"width": 1280, "height": 1600})
    log_in(page, "editor")
    start_issue(page, "2031-09")
    for headline in (FIRST, SECOND):
        add_item(page, headline, f"{headline}: the story.")
    save(page)
    row_named(page, FIRST).get_by_role("button", name=FIRST, exact=True).click()
    add_item(page, THIRD, "The story.")
    for row in (row_named(page, FIRST), row_named(page, THIRD)):
        row.locator("input[type=file]").set_input_files(red_square())
        row.locator("[name$=-image_alt]").fill("A red square.")
    save(page)
    set_for_now(page)

    approver, reader = visit(), visit(java_script_enabled=False)
    approve(approver, page.url)
    reader.goto("/bulletins/2031/september/")
    pictures = reader.get_by_role("img", name="A red square.")
    expect(pictures).to_have_count(2)
    for place in range(2):
        pictures.nth(place).scroll_into_view_if_needed()
        expect(pictures.nth(place)).to_have_js_property("naturalWidth", 300)


def test_arrows_carry_an_item_through_empty_sections_and_back(visit: Visit):
    page = visit(viewport={"width": 1280, "height": 1600})
    log_in(page, "editor")
    start_issue(page, "2031-07")
    add_item(page, FIRST, "The story.")
    row = row_named(page, FIRST)
    select = row.locator("select[name$=-section]")
    sections = select.locator("option:not([value=''])").all_inner_texts()
    assert len(sections) > 2
    expect(select.locator("option:checked")).to_have_text(sections[0])
    for way, walk in (("down", sections[1:]), ("up", sections[-2::-1])):
        for section in walk:
            row.get_by_role("button", name=f"Move {way}: {FIRST}").click()
            expect(select.locator("option:checked")).to_have_text(section)
        row.get_by_role("button", name=f"Move {way}: {FIRST}").click()
        expect(page.locator("#said")).to_contain_text("first already" if way == "up" else "last already")
    row.get_by_role("button", name=f"Move down: {FIRST}").click()
    save(page)
    assert row_named(page, FIRST).locator(".row-note").inner_text() == sections[1]


def test_after_a_fault_the_page_leads_to_it_and_holds_what_was_written(visit: Visit):
    page = visit(viewport={"width": 1280, "height": 1600})
    log_in(page, "editor")
    start_issue(page, "2031-08")
    for headline in (FIRST, SECOND):
        add_item(page, headline, f"{headline}: the story.")
    expect(page.locator("a[href='#items-group'] .count")).to_have_text("2")
    save(page)
    row_named(page, SECOND).get_by_role("button", name=f"Move up: {SECOND}").click()
    add_item(page, THIRD, "The story.")
    row_named(page, THIRD).locator("[name$=-link]").fill("not an address")
    page.locator("input[name=title]").fill("")
    write_backward_event(page)
    save(page)

    assert order(page) == [SECOND, FIRST, THIRD]
    expect(page.locator("a[href='#items-group'] .count")).to_have_text("3")
    expect(page.locator(".errornote").first).to_be_focused()
    faults = page.locator(".fault-list a")
    expect(faults).to_have_count(3)
    expect(faults.nth(0)).to_have_text("Title: This field is required.")
    expect(faults.nth(2)).to_have_text("Events, “Backwards”: An event ends after it starts.")
    faults.nth(2).click()
    expect(page.get_by_role("button", name="Backwards", exact=True)).to_be_focused()
    expect(faults.nth(1)).to_contain_text(f"Items, “{THIRD}”: ")
    faults.nth(1).click()
    expect(row_named(page, THIRD).locator("[name$=-link]")).to_be_focused()
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
