"""An issue on paper: the words, and nothing that only works on a screen."""

from playwright.sync_api import expect

from tests.browser.conftest import Visit


def test_paper_gets_the_issue_without_what_is_only_for_a_screen(visit: Visit):
    page = visit(color_scheme="dark")
    page.goto("/bulletins/latest/")
    expect(page.get_by_role("navigation", name="Site")).to_be_visible()
    page.emulate_media(media="print")
    for hidden in ("header nav", "body > footer", "form", ".skip"):
        for found in page.locator(hidden).all():
            expect(found).not_to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("article blockquote").first).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"


def test_paper_spells_out_where_links_lead(visit: Visit):
    page = visit()
    page.goto("/bulletins/latest/")
    page.emulate_media(media="print")
    link = page.locator("article a[href^='http']").first
    assert str(link.get_attribute("href")) in link.evaluate("one => getComputedStyle(one, '::after').content")


def test_it_can_be_saved_as_a_pdf(visit: Visit):
    page = visit()
    page.goto("/bulletins/latest/")
    assert page.pdf(format="A4").startswith(b"%PDF-")
