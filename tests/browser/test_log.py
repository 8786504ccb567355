"""The log at any width: whatever was written as a reason, its columns stay and its words can be read."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit
from tests.browser.desk import log_in
from tests.browser.house import House

LONG = """
from django.contrib.auth.models import User
from bulletins.models import Bulletin
from publication.log import record
record(User.objects.get(username="editor"), Bulletin.objects.first(), "Withdrawn: " + "unreadable" * 25)
"""
LABEL = "cell => getComputedStyle(cell, '::before').content"
# How many lines something takes up, by the height of its text.
LINES = """cell => {
  const range = document.createRange();
  range.selectNodeContents(cell);
  return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size;
}"""
# How wide the label before a cell is, in pixels.
LABEL_WIDTH = "cell => parseFloat(getComputedStyle(cell, '::before').width)"


def log_of(visit: Visit, house: House, width: int) -> Page:
    house.manage("shell", "-v", "0", "-c", LONG)
    page = visit(viewport={"width": width, "height": 900})
    log_in(page, "editor")
    page.goto("/admin/publication/logline/")
    return page


@pytest.mark.parametrize("width", [1280, 1024])
def test_one_long_reason_pushes_no_column_away(visit: Visit, house: House, width: int):
    page = log_of(visit, house, width)
    table = page.locator("#result_list")
    assert table.evaluate("table => table.parentElement.scrollWidth <= table.parentElement.clientWidth")
    first = page.locator("#result_list tbody tr").first
    assert first.locator(".field-when").evaluate(LINES) == 1
    assert first.locator(".field-kind").evaluate("cell => cell.getBoundingClientRect().right") <= width


def test_on_a_phone_each_line_has_its_whole_label(visit: Visit, house: House):
    page = log_of(visit, house, 390)
    cells = page.locator("#result_list tbody tr").first.locator("td")
    assert cells.first.evaluate(LABEL) == '"When"'
    assert min(cell.evaluate(LABEL_WIDTH) for cell in cells.all()) >= 30
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
