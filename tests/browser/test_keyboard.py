"""The pages without a mouse: a way past the navigation, an order like the page's, a focus that can be seen."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit

REACHABLE = "a[href], button, input:not([type=hidden]), textarea, select, summary, iframe, [tabindex='0']"
# What the Tab key can come to, in the page's order; a trap for bots (out of everybody's reach) is none of it.
IN_ORDER = f"""() => [...document.querySelectorAll("{REACHABLE}")]
  .filter((one) => one.tabIndex >= 0 && one.checkVisibility({{visibilityProperty: true}}))
  .map((one) => one.outerHTML)"""
FOCUSED = """() => {
  const one = document.activeElement, style = getComputedStyle(one), place = one.getBoundingClientRect();
  return {
    html: one.outerHTML,
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    shown: place.width > 0 && place.right > 0 && place.bottom > 0 && place.top < innerHeight,
  };
}"""


def walk(page: Page) -> list[dict]:
    """Press Tab from the top of the page to its last stop, and return what each press reached."""
    steps = []
    for _ in range(len(page.evaluate(IN_ORDER))):
        page.keyboard.press("Tab")
        steps.append(page.evaluate(FOCUSED))
    return steps


@pytest.mark.parametrize("path", ["/", "/bulletins/latest/", "/parental-resources/"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_tab_walks_the_page_in_its_own_order_and_is_always_seen(visit: Visit, path, scheme):
    page = visit(color_scheme=scheme, reduced_motion="reduce")
    page.goto(path)
    order = page.evaluate(IN_ORDER)
    assert len(order) > 10
    steps = walk(page)
    assert [step["html"] for step in steps] == order
    assert [step["html"] for step in steps if not (step["ring"] and step["shown"])] == []


def test_the_first_tab_offers_the_way_past_the_navigation(visit: Visit):
    page = visit()
    page.goto("/bulletins/latest/")
    skip = page.get_by_role("link", name="Skip to the content")
    page.keyboard.press("Tab")
    assert skip.evaluate("one => one === document.activeElement")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_every_line_of_the_contents_jumps_to_its_heading(visit: Visit):
    page = visit(java_script_enabled=False)
    page.goto("/bulletins/latest/")
    lines = page.get_by_role("navigation", name="In this issue").get_by_role("link")
    assert lines.count() > 3
    for line in lines.all():
        target = page.locator(f"[id='{(line.get_attribute('href') or '').partition('#')[2]}']")
        assert line.inner_text() in target.inner_text()
