"""Passing on what one reads: by a button where the browser can copy, by plain links and words where it cannot."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit


def to_an_item(page: Page) -> None:
    """Go to the page of the newest issue's first item."""
    page.goto("/bulletins/latest/")
    page.locator(".permalink a").first.click()
    expect(page.get_by_role("heading", name="Pass it on")).to_be_visible()


def test_the_button_copies_the_items_public_address_and_says_so(visit: Visit):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    to_an_item(page)
    page.get_by_role("button", name="Copy the link").press("Enter")
    expect(page.locator(".share [role=status]")).to_have_text("Copied")
    expect(page.get_by_text("Its address:")).to_be_hidden()
    canonical = page.locator("link[rel=canonical]").get_attribute("href")
    assert page.evaluate("navigator.clipboard.readText()") == canonical


def test_without_a_script_the_address_is_there_to_be_copied_by_hand(visit: Visit):
    page = visit(java_script_enabled=False)
    to_an_item(page)
    expect(page.get_by_role("button", name="Copy the link")).to_be_hidden()
    canonical = page.locator("link[rel=canonical]").get_attribute("href")
    expect(page.get_by_text("Its address:")).to_contain_text(str(canonical))


def test_ways_to_share_are_big_enough_for_a_thumb_and_stand_inside_a_small_phone(visit: Visit):
    page = visit(viewport={"width": 320, "height": 640})
    to_an_item(page)
    boxes = [box.bounding_box() for box in page.locator(".share :is(a, button)").all()]
    assert len(boxes) == 4
    assert min(box["height"] for box in boxes) >= 44
    assert max(box["x"] + box["width"] for box in boxes) <= 320


def test_the_policy_lets_data_for_search_engines_be(visit: Visit):
    page = visit()
    page.add_init_script("document.addEventListener('securitypolicyviolation', () => window.refused = true)")
    to_an_item(page)
    assert page.locator("script[type='application/ld+json']").count() == 1
    assert page.evaluate("window.refused") is None


def test_an_event_is_a_file_for_the_calendar(visit: Visit):
    page = visit()
    page.goto("/bulletins/latest/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Add to calendar").first.click()
    assert download.value.path().read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")
    assert download.value.suggested_filename.endswith(".ics")
