"""The words and pictures of the demo's issues, as their files hold them."""

import calendar
import re
from collections import Counter
from html import unescape
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from django.utils.html import strip_tags
from PIL import Image

from bulletins.models import SectionKind
from bulletins.schedule import first_wednesday, follows_the_rule
from demo.writing import CONTENT, read
from publication.richtext import ATTRIBUTES, TAGS
from tests.no_skips import REAL_BULLETINS

ARCHIVE = {path.stem: read(path) for path in sorted((CONTENT / "issues").glob("*.toml"))}
WHOLE = {**ARCHIVE, "due": read(CONTENT / "due.toml")}
ISSUES = {**WHOLE, "draft": read(CONTENT / "draft.toml")}
PICTURES = {path.name: path for path in (CONTENT / "pictures").iterdir()}
HOSTS = {
    "www.gov.uk",
    "www.nspcc.org.uk",
    "www.childline.org.uk",
    "www.ceop.police.uk",
    "saferinternet.org.uk",
}
KILOBYTE = 1000
PICTURE_SIZE = (1200, 630)
SHINGLE = 8

every_issue = pytest.mark.parametrize("words", ISSUES.values(), ids=ISSUES)
every_whole_issue = pytest.mark.parametrize("words", WHOLE.values(), ids=WHOLE)
every_archived_issue = pytest.mark.parametrize("name", ARCHIVE)


def items(words):
    return [item for section in words["sections"] for item in section.get("items", [])]


def events(words):
    return [event for section in words["sections"] for event in section.get("events", [])]


def html(words):
    sections = [section.get("body", "") for section in words["sections"]]
    return " ".join([words["intro"], *sections, *(item["body"] for item in items(words)), words["sign_off"]])


def text(words):
    """Everything a reader reads of an issue, without its tags."""
    headings = [section["heading"] for section in words["sections"]]
    said = [item["headline"] + " " + item.get("image_alt", "") for item in items(words)]
    written = strip_tags(html(words).replace("<", " <"))
    return unescape(" ".join([words.get("title", ""), words["summary"], *headings, *said, written]))


def words_of(said):
    return re.findall(r"\w[\w’'-]*", said)


def of(found):
    return [found(words) for words in ISSUES.values()]


def flat(lists):
    return [one for each in lists for one in each]


@every_archived_issue
def test_a_file_is_named_by_its_month_and_dated_by_the_rule_or_with_a_reason(name):
    words = ARCHIVE[name]
    month, special = name[:7], name[8:]
    assert f"{words['date']:%Y-%m}" == month
    assert words["slug"] == "-".join(filter(None, [f"{words['date']:%B}".lower(), special]))
    assert follows_the_rule(words["date"]) != bool(words.get("reason"))


def test_months_are_irregular_between_autumn_2024_and_october_2026():
    dates = [words["date"] for words in ARCHIVE.values()]
    gaps = {(b.year - a.year) * 12 + b.month - a.month for a, b in pairwise(dates)}
    assert len(dates) >= 14
    assert gaps == {0, 1, 2, 3}
    assert (min(dates), max(dates)) == (first_wednesday(2024, 9), first_wednesday(2026, 10))
    assert sum("special" in words["title"] for words in ARCHIVE.values()) == 2
    titles = [words["title"] for words in ARCHIVE.values()]
    assert len(set(titles)) == len(titles)
    assert max(map(len, titles)) <= 60


@every_whole_issue
def test_an_issue_has_five_to_nine_items_and_a_few_minutes_to_read(words):
    assert 5 <= len(items(words)) <= 9
    assert 500 <= len(words_of(text(words))) <= 1200
    assert all(item["body"].strip() for item in items(words))


@every_whole_issue
def test_a_summary_fits_inboxes(words):
    assert 60 <= len(words["summary"]) <= 160


def test_every_kind_of_section_is_used():
    kinds = {section["kind"] for words in WHOLE.values() for section in words["sections"]}
    assert kinds == set(SectionKind.values)


def test_topics_are_few_and_each_is_met_again():
    counted = Counter(topic for item in flat(of(items)) for topic in item["topics"])
    assert 12 <= len(counted) <= 16
    assert min(counted.values()) >= 2
    assert all(item["topics"] for item in flat(of(items)))


@pytest.mark.parametrize(
    "sample", ["<blockquote>", "<cite>", "<ul>", "<ol>", "</ul>\n</li>", "<table>", "<caption>", "<h3>", "<a href"]
)
def test_quotations_lists_tables_and_headings_are_all_met(sample):
    assert any(sample in page for page in of(html))


@every_issue
def test_only_what_the_editor_may_write_is_written(words):
    found = re.findall(r"<(\w+)((?: [^>]*)?)>", html(words))
    assert {tag for tag, _ in found} <= TAGS
    for tag, attributes in found:
        assert set(re.findall(r"([\w-]+)=", attributes)) <= ATTRIBUTES.get(tag, set())


@every_issue
def test_what_is_opened_is_closed(words):
    opened = []
    for end, tag in re.findall(r"<(/?)(\w+)[^>]*>", html(words)):
        if not end:
            opened.append(tag)
        else:
            assert opened.pop() == tag
    assert opened == []


@every_issue
def test_typography_is_that_of_print(words):
    said = text(words)
    assert not re.search(r"""['"]|\.\.\.| - |\w\( """, said), said
    assert not re.search(r"\b(\w+) \1\b", said), said
    assert said.count("“") == said.count("”")


@every_whole_issue
def test_nothing_is_left_to_be_filled_in(words):
    assert not re.search(r"\[|\]|TODO|TBC|XX", text(words))


def test_the_due_issue_is_right_in_any_month():
    said = text(ISSUES["due"])
    assert not re.search(rf"\b({'|'.join(calendar.month_name[1:])}|[Ss]pring|[Ss]ummer|[Aa]utumn|[Ww]inter)\b", said)


def test_a_draft_says_where_it_has_gaps():
    assert "[To come" in html(ISSUES["draft"])
    assert ISSUES["draft"]["summary"] == ""


@every_issue
def test_links_lead_to_public_bodies_examples_or_our_own_pages(words):
    linked = re.findall(r'href="([^"]*)"', html(words)) + [item["link"] for item in items(words) if "link" in item]
    for link in linked + [event["link"] for event in events(words)]:
        host = urlsplit(link).hostname
        assert host in HOSTS or (host or "").endswith(".example.org") or link.startswith("/"), link
        assert host is None or link.startswith("https://")
        assert host not in HOSTS or urlsplit(link).path == "/"


@every_issue
def test_an_event_comes_after_its_issue_and_ends(words):
    for event in events(words):
        assert event["week"] >= 1
        assert event["minutes"] >= 30


def test_every_picture_is_shown_once_and_said_in_words():
    shown = [item for item in flat(of(items)) if "image" in item]
    assert sorted(item["image"] for item in shown) == sorted(PICTURES)
    assert all(40 <= len(item["image_alt"]) <= 200 for item in shown)
    assert len({item["image_alt"] for item in shown}) == len(shown)


@pytest.mark.parametrize("path", PICTURES.values(), ids=PICTURES)
def test_a_picture_is_small_and_has_the_family_s_size(path):
    assert path.stat().st_size < 25 * KILOBYTE
    with Image.open(path) as image:
        assert (image.size, image.mode, image.format) == (PICTURE_SIZE, "P", "PNG")


def shingles(said):
    spoken = [word.lower() for word in words_of(said.replace("'", "’"))]
    return {" ".join(spoken[at : at + SHINGLE]) for at in range(len(spoken) - SHINGLE + 1)}


@pytest.mark.parametrize("name", ["february-2024.txt", "march-2024.txt"])
def test_no_sentence_is_taken_from_a_real_bulletin(name):
    path = REAL_BULLETINS / name
    if not path.exists():
        pytest.skip(f"the real bulletin {name} is not beside this checkout")
    real = shingles(path.read_text(encoding="utf-8"))
    ours = [strip_tags(path.read_text(encoding="utf-8")) for path in sorted(CONTENT.rglob("*.toml"))]
    assert len(real) > 1000
    assert real & shingles(" ".join([*ours, *of(text)])) == set()
