"""Whom to call is on the first screen of a small phone, before anything is scrolled."""

import pytest

from tests.browser.conftest import Visit

PHONE = {"width": 375, "height": 667}


@pytest.mark.parametrize("path", ["/parental-resources/", "/parental-resources/bullying/"])
def test_every_number_of_the_panel_is_on_the_first_screen(visit: Visit, path):
    page = visit(viewport=PHONE)
    page.goto(path)
    boxes = [link.bounding_box() for link in page.locator(".urgent a[href^='tel:']").all()]
    assert len(boxes) == 4
    assert [box for box in boxes if box["y"] + box["height"] > PHONE["height"]] == []
    # Each is big enough for a thumb, and no number runs out of its place.
    assert min(box["height"] for box in boxes) >= 44
    assert (
        page.locator(".urgent b").evaluate_all("all => all.map((one) => one.scrollWidth - one.clientWidth)") == [0] * 4
    )


def test_a_topic_is_chosen_without_a_script(visit: Visit):
    page = visit(viewport=PHONE, java_script_enabled=False)
    page.goto("/parental-resources/")
    page.get_by_role("navigation", name="Topics").get_by_role("link", name="Friends").click()
    assert page.get_by_role("heading", level=2).first.inner_text() == "Friends"
    assert page.locator(".guides .card").count() == 3
