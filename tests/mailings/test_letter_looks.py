"""How an issue's letter looks, and that it does so in programs which take its style sheet away."""

import re
from html.parser import HTMLParser
from io import BytesIO
from itertools import pairwise

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from bulletins.importing.plain_text import parse
from bulletins.importing.reading import digest, read
from bulletins.importing.storing import Source, store
from bulletins.models import Bulletin
from mailings.letter import Frozen, freeze, letter_of
from mailings.mime import Reader
from publication.models import Publication
from tests.bulletins.importing.printed import real
from tests.factories import MARCH, make_bulletin, make_event, make_publication, make_section, make_staff
from tests.mailings.cast import HOUR
from tests.mailings.sample import QUOTED, make_sample

pytestmark = pytest.mark.django_db
READER = Reader("reader@example.org", "<b1.0123@bulletin.example.org>", "aB3-" * 10 + "xyz")
SITE = "https://bulletin.example.org"
ISSUE = f"{SITE}/bulletins/2026/march/"
STYLES = re.compile(r"<style.*?</style>", re.DOTALL)
VOID = {"meta", "img", "br", "hr"}
# Gmail cuts a letter at 102 kB; a reader on a slow line is glad of less.
LIGHT = 40_000


class Element:
    """A tag with its attributes, what it is inside of, and the words in it."""

    def __init__(self, tag: str, attrs: dict[str, str], inside: list["Element"]) -> None:
        self.tag, self.attrs, self.inside = tag, attrs, inside
        self.words = ""

    @property
    def style(self) -> str:
        return self.attrs.get("style", "").replace(": ", ":").replace("; ", ";")


class Page(HTMLParser):
    """The elements of an HTML part in their order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.open: list[Element] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, [*self.open])
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.words += data

    def all(self, tag: str) -> list[Element]:
        return [element for element in self.elements if element.tag == tag]

    def links(self) -> list[tuple[str, str]]:
        return [(element.words, element.attrs["href"]) for element in self.all("a")]


def frozen(bulletin: Bulletin) -> Frozen:
    return freeze(Bulletin.objects.with_parts().get(pk=bulletin.pk), MARCH)


def html_of(bulletin: Bulletin) -> Page:
    return Page(frozen(bulletin).html)


def text_of(bulletin: Bulletin) -> str:
    return frozen(bulletin).text


def make_item_with(**fields) -> Bulletin:
    """Make an issue whose one item has these fields."""
    make_publication()
    bulletin = make_bulletin()
    bulletin.items.update(**fields)
    return bulletin


def a_picture(width: int, height: int) -> ContentFile:
    target = BytesIO()
    Image.new("RGB", (width, height), "#7aa5a0").save(target, "PNG")
    return ContentFile(target.getvalue(), "picture.png")


@pytest.fixture
def sample() -> Bulletin:
    return make_sample()


@pytest.fixture
def page(sample) -> Page:
    return html_of(sample)


@pytest.fixture
def text(sample) -> str:
    return text_of(sample)


# What the inbox and the first lines say


def test_the_line_in_the_inbox_is_the_summary_and_nothing_behind_it(page):
    hidden = [element for element in page.elements if "display:none" in element.style]
    assert [element.tag for element in hidden] == ["div"]
    assert hidden[0] is next(element for element in page.elements if element.inside[-1:] == page.all("body"))
    words, rest = hidden[0].words[:64], hidden[0].words[64:]
    assert words.startswith("What families say about talking, three courses and one webinar.")
    assert len(rest) > 100
    assert set(words[63:] + rest) == set("\u034f\u200c\xa0")


def test_without_a_summary_the_inbox_shows_the_first_words():
    page = html_of(make_bulletin(summary=""))
    assert [element for element in page.elements if "display:none" in element.style] == []


def test_it_begins_with_the_way_online_and_the_way_out(page, text):
    assert page.links()[:2] == [
        ("Read this issue online", ISSUE),
        ("Unsubscribe", f"{SITE}/unsubscribe/\x02token\x03/"),
    ]
    assert page.elements.index(page.all("a")[1]) < page.elements.index(page.all("h1")[0])
    online, unsubscribe = text.split("\n\n")[1].split("\n")
    assert online == f"Read this issue online: {ISSUE}"
    assert unsubscribe == f"Unsubscribe: {SITE}/unsubscribe/\x02token\x03/"


def test_and_ends_with_who_and_why_and_the_way_out(page, text):
    foot = page.all("td")[-1].words
    assert "because you asked for it and confirmed your address" in foot
    assert "1 Example Street, Exampleton" in foot
    assert [words for words, _ in page.links()[-2:]] == ["Unsubscribe", "how we look after your address"]
    assert text.endswith("/\n")
    assert text.split("\n")[-2] == f"Unsubscribe: {SITE}/unsubscribe/\x02token\x03/"


def test_a_summary_that_the_intro_says_is_not_said_twice(sample):
    both = "What families say about talking."
    again = make_bulletin(summary=both, intro=f"<p>{both} And more.</p>", slug="again")
    for bulletin in (sample, again):
        letter = html_of(bulletin).all("div")[1].words
        assert letter.count(bulletin.summary) == text_of(bulletin).count(bulletin.summary) == 1


# What it is made of


def test_it_is_one_article_in_english_with_a_name(page):
    (article,) = [element for element in page.elements if element.attrs.get("role") == "article"]
    assert article.attrs["aria-roledescription"] == "email"
    assert article.attrs["aria-label"] == "March 2026 e-bulletin: talking at home"
    assert (article.attrs["lang"], article.attrs["dir"]) == ("en-GB", "ltr")
    assert (page.all("html")[0].attrs["lang"], page.all("html")[0].attrs["dir"]) == ("en-GB", "ltr")
    assert page.all("title")[0].words == "March 2026 e-bulletin: talking at home"


def test_only_tables_of_data_are_tables_to_a_screen_reader(page):
    tables = page.all("table")
    assert ["presentation"] * (len(tables) - 1) == [t.attrs["role"] for t in tables if "role" in t.attrs]
    (data,) = [table for table in tables if "role" not in table.attrs]
    assert "Opening hours" in data.words


def test_a_heading_in_an_item_stands_below_its_headline():
    body = "<h3>Why</h3><p>Because.</p><h4>And so</h4><p>On.</p>"
    page = html_of(make_item_with(body=body))
    levels = [(e.tag, e.words) for e in page.elements if re.fullmatch("h[2-6]", e.tag)]
    assert levels[-3:] == [("h3", "An example headline"), ("h4", "Why"), ("h5", "And so")]


def test_no_heading_skips_a_level(page):
    levels = [int(element.tag[1]) for element in page.elements if re.fullmatch("h[1-6]", element.tag)]
    assert levels[0] == 1
    assert [b for a, b in pairwise(levels) if b > a + 1] == []


def test_every_link_is_whole_and_safe(page):
    assert [href for _, href in page.links() if not re.match(r"https://|mailto:", href)] == []


def test_no_link_is_called_here(page):
    assert [words for words, _ in page.links() if not words.strip() or words.strip().lower() in ("here", "click")] == []


def test_nothing_is_fetched_but_the_issues_own_images(page):
    assert page.all("link") == page.all("img") == page.all("script") == []
    assert [element.tag for element in page.elements if "url(" in element.style] == []


# Without its style sheet


def test_every_style_outside_a_media_query_is_inlined():
    found = frozen(make_sample()).html
    sheets = STYLES.findall(found)
    for sheet in sheets:
        assert "@media" in sheet or "[data-og" in sheet or found.count(f"<!--[if mso]>{sheet}") == 1
    assert "@media (prefers-color-scheme: dark)" in found


def test_without_the_style_sheets_it_looks_the_same_in_light():
    page = Page(STYLES.sub("", frozen(make_sample()).html))
    (quotation,) = page.all("blockquote")
    assert "border-left:4px solid" in quotation.style
    assert "padding:12px 16px" in quotation.style
    assert [p for p in page.all("p") if "margin:" not in p.style] == []
    assert [e for e in page.all("ul") + page.all("ol") if "margin:" not in e.style or "padding:0" not in e.style] == []
    assert [td for td in page.all("td") if "padding:" not in td.style or "font-family:" not in td.style] == []
    assert [a for a in page.all("a") if "color:" not in a.style] == []


def test_the_column_is_600_wide_and_the_letters_big_enough(page):
    (column,) = [table for table in page.all("table") if "max-width:600px" in table.style]
    assert "width:100%" in column.style
    assert '<table role="presentation" align="center" width="600"' in frozen(Bulletin.objects.get()).html
    sizes = {float(size) for e in page.elements for size in re.findall(r"font-size:([\d.]+)px", e.style)}
    assert "font-size:17px" in column.inside[-1].style
    assert min(sizes - {1}) >= 14


def test_the_last_paragraph_of_a_quotation_adds_no_gap(page):
    first, last = [p for p in page.all("p") if "blockquote" in [e.tag for e in p.inside]]
    assert "margin:0 0 16px" in first.style
    assert re.search(r"margin-bottom:0(;|$)", last.style)


def test_the_source_of_a_quotation_has_a_dash_in_both_parts():
    bulletin = make_bulletin(intro="<blockquote><p>A quiet place.</p><p><cite>Head teacher</cite></p></blockquote>")
    letter = frozen(bulletin)
    assert "<cite>— Head teacher</cite>" in letter.html
    assert "> — Head teacher" in letter.text


# Images


def test_an_image_is_whole_sized_and_in_words(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    bulletin = make_item_with(image_alt="A family at a kitchen table")
    bulletin.items.get().image.save("picture.png", a_picture(1072, 600))
    (image,) = html_of(bulletin).all("img")
    assert image.attrs["src"].startswith(f"{SITE}/media/")
    assert image.attrs["alt"] == "A family at a kitchen table"
    assert (image.attrs["width"], image.attrs["height"]) == ("536", "300")
    for rule in ("width:100%", "max-width:536px", "height:auto", "color:"):
        assert rule in image.style
    assert "\n[Image: A family at a kitchen table]\n" in text_of(bulletin)


def test_a_small_image_is_not_blown_up(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    bulletin = make_item_with(image_alt="A flower")
    bulletin.items.get().image.save("picture.png", a_picture(120, 90))
    (image,) = html_of(bulletin).all("img")
    assert (image.attrs["width"], image.attrs["height"]) == ("120", "90")
    assert "max-width:120px" in image.style


def test_the_authors_photo_stands_small_beside_the_name(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    make_publication()
    bulletin = make_bulletin()
    bulletin.author.photo.save("photo.png", a_picture(400, 400))
    (photo,) = html_of(bulletin).all("img")
    assert (photo.attrs["alt"], photo.attrs["width"], photo.attrs["height"]) == ("", "56", "56")
    assert photo.attrs["src"].startswith(f"{SITE}/media/")


# The text part


def headlines() -> list[str]:
    bulletin = Bulletin.objects.with_parts().get()
    return [item.headline for section in bulletin.sections.all() for item in section.items.all()]


def test_the_contents_and_the_headlines_share_their_numbers(text):
    for number, headline in enumerate(headlines(), 1):
        assert text.count(f"\n{number:3}. {headline}\n") == 1
        assert text.count(f"\n\n{number}. {headline}\n{'~' * (len(headline) + 3)}\n\n") == 1


def test_each_is_said_once(text):
    assert text.count(QUOTED.partition(", ")[2][-20:]) == 1
    assert text.count("Asking and listening") == 1
    for headline in headlines():
        assert text.count(headline) == 2


def test_the_links_are_numbered_and_collected_once_each(text):
    letter, links = text.split("\nLinks\n-----\n\n")
    listed = re.findall(r"^\[(\d+)\] (\S+)$", links, re.MULTILINE)
    assert [int(number) for number, _ in listed] == [*range(1, 7)]
    assert {number for number, _ in listed} == set(re.findall(r"\[(\d+)\]", letter))
    targets = [target for _, target in listed]
    assert len(set(targets)) == 6
    assert [target for target in targets[:5] if text.count(target) != 1] == []
    assert "Read more at news.example.org [3]" in letter
    assert "Details and booking at webinars.example.org [5]" in letter


def test_a_letter_without_links_has_no_list_of_them():
    make_publication()
    assert "\nLinks\n" not in text_of(make_bulletin())


def test_title_and_sections_are_underlined(text):
    assert text.startswith("March 2026 e-bulletin: talking at home\n======================================\n")
    for heading in ("In this issue", "In the news", "Training", "Webinars", "Links"):
        assert f"\n\n{heading}\n{'-' * len(heading)}\n\n" in text


def test_two_events_are_two_boxes_and_two_entries():
    make_publication()
    section = make_section(make_bulletin(), heading="Webinars")
    make_event(section, title="The first")
    make_event(section, title="The second", start=MARCH + HOUR)
    page, text = html_of(section.bulletin), text_of(section.bulletin)
    assert [t.words.strip()[:10] for t in page.all("table") if "event" in t.attrs.get("class", "")] == [
        "The firstW",
        "The second",
    ]
    assert "* The first\n  Wednesday 6 March 2024, 16:30 (London time)\n\n* The second\n" in text


# The real ones


@pytest.mark.parametrize("name", ["february-2024.txt", "march-2024.txt"])
def test_a_real_letter_is_light_and_whole(name):
    text = read(real(name))
    make_publication()
    store(parse(text), Source(name, digest(text)), make_staff(), MARCH)
    bulletin = Bulletin.objects.with_parts().get()
    letter = freeze(bulletin, MARCH)
    assert len(letter_of(letter).for_reader(READER)) < LIGHT
    page = Page(letter.html)
    assert len(page.all("h3")) == bulletin.items.count() > 3
    for item in bulletin.items.all():
        assert item.headline in letter.text
        assert [quote for quote in page.all("blockquote") if not quote.words.strip()] == []


def test_without_words_of_its_own_a_letter_says_how_to_get_the_next():
    Publication.objects.all().delete()
    bulletin = make_bulletin()
    assert ("Have the next issue sent to you", f"{SITE}/subscribe/") in html_of(bulletin).links()
    assert f"\n{SITE}/subscribe/\n" in text_of(bulletin)
