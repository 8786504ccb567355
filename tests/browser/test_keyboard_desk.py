"""The desk without a mouse: Tab comes to all that can be pressed or filled in, and where one is can be seen."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit
from tests.browser.desk import await_editors, log_in, rows
from tests.browser.test_keyboard import REACHABLE

FARTHEST = 600
DESK = {"width": 1280, "height": 900}
NUMBER_OF = {"draft": "/admin/bulletins/bulletin/?status__exact=draft", "mailing": "/admin/mailings/mailing/"}
PAGES = {
    "dashboard": "/admin/",
    "bulletin list": "/admin/bulletins/bulletin/",
    "start": "/admin/bulletins/bulletin/add/",
    "write screen": "/admin/bulletins/bulletin/{draft}/change/",
    "preview": "/admin/issues/{draft}/preview/",
    "preview as text": "/admin/issues/{draft}/preview/?show=text",
    "checklist": "/admin/issues/{draft}/check/",
    "approve": "/admin/issues/{draft}/approve/",
    "report": "/admin/mailings/mailing/{mailing}/change/",
}
# What is to be reached: all that shows and is not taken out of the order; of radio buttons one, arrows move among them.
TO_REACH = f"""() => [...document.querySelectorAll("{REACHABLE}")].filter((one) =>
  one.tabIndex >= 0 && !one.disabled && one.checkVisibility({{visibilityProperty: true}}) && !window.reached.has(one)
  && !(one.type === "radio" && [...window.reached].some((other) => other.name === one.name)))
  .map((one) => one.outerHTML.slice(0, 200))"""
# The ring may lie around what holds the focused one: an editor's frame, the cross of a row. No bar covers all of it.
LOOK = """() => {
  const one = document.activeElement, label = one.closest("label"), again = window.reached.has(one);
  const ring = (it) => {
    const style = getComputedStyle(it);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  };
  const {left, right, top, bottom} = (label || one).getBoundingClientRect();
  const x = (Math.max(left, 0) + Math.min(right, innerWidth)) / 2;
  const there = [top + 3, (top + bottom) / 2, bottom - 3].map((y) => document.elementFromPoint(x, y)).filter(Boolean);
  const inside = one.contentDocument && one.contentDocument.activeElement;
  window.reached.add(one);
  return {
    html: one.outerHTML.slice(0, 200),
    first: one === [...window.reached][0],
    again,
    out: one === document.body,
    ring: [one, one.parentElement, one.closest(".cke_chrome")].some((it) => it && ring(it))
      || Boolean(inside && inside.matches("a:focus-visible")),
    shown: there.some((it) => it.contains(one) || one.contains(it) || (label && label.contains(it))),
  };
}"""


def numbers(page: Page) -> dict[str, str]:
    """Return the key of the draft, and that of the mailing."""
    found = {}
    for name, address in NUMBER_OF.items():
        page.goto(address)
        found[name] = (page.locator("#result_list a[href*='/change/']").first.get_attribute("href") or "").split("/")[4]
    return found


def walk(page: Page) -> list[dict]:
    """Press Tab once around the page, and return how each thing looked when Tab came to it."""
    page.evaluate("window.reached = new Set()")
    around: list[dict] = []
    for _ in range(FARTHEST):
        page.keyboard.press("Tab")
        step = page.evaluate(LOOK)
        if step["first"] and step["again"] and len(around) > 1:
            return around
        # A date has a stop for each of its parts, a letter in a frame one for each of its links, the browser its own.
        around += [] if step["again"] or step["out"] else [step]
    raise AssertionError(f"After {FARTHEST} presses Tab has not come around.")


@pytest.mark.parametrize("name", PAGES)
def test_tab_comes_to_every_control_and_each_is_seen(visit: Visit, name):
    page = visit(viewport=DESK, reduced_motion="reduce")
    log_in(page, "administrator")
    page.goto(PAGES[name].format(**numbers(page)))
    if name == "write screen":
        await_editors(page)
        rows(page).first.locator(".row-toggle").press("Enter")
        await_editors(page)
    steps = walk(page)
    assert page.evaluate(TO_REACH) == []
    assert [step["html"] for step in steps if not (step["ring"] and step["shown"])] == []
