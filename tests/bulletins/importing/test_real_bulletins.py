"""The two real bulletins, where they stand beside the checkout; what is expected is read from their lines."""

import re
from datetime import date, datetime
from html import escape
from zoneinfo import ZoneInfo

import pytest

from bulletins.importing.parsed import ParsedEvent
from bulletins.importing.plain_text import parse
from bulletins.importing.reading import read
from tests.bulletins.importing.printed import lines_of, real

LINES_OF_QUOTATIONS = {"february-2024.txt": [72, 78, 99], "march-2024.txt": [45, 51, 55, 61, 65, 69, 77]}


@pytest.fixture
def february():
    path = real("february-2024.txt")
    return parse(read(path)), lines_of(path)


@pytest.fixture
def march():
    path = real("march-2024.txt")
    return parse(read(path)), lines_of(path)


def listed(lines: list[str]) -> list[str]:
    return [line.strip(" •") for line in lines]


def html_of(lines: list[str]) -> str:
    return "\n".join(f"<p>{escape(line.strip())}</p>" for line in lines if line.strip())


@pytest.mark.parametrize("name", LINES_OF_QUOTATIONS)
def test_quotations(name):
    path = real(name)
    bulletin, lines = parse(read(path)), lines_of(path)
    quoted = re.findall(r"<blockquote><p>(.*?)</p></blockquote>", "\n".join(bulletin.bodies))
    assert quoted == [escape(lines[number].strip()) for number in LINES_OF_QUOTATIONS[name]]


def test_march_header_and_signature(march):
    bulletin, lines = march
    assert (bulletin.title, bulletin.author, bulletin.role) == (
        lines[1].strip(),
        lines[114].strip(),
        lines[116].strip(),
    )
    assert (bulletin.date, bulletin.reading_minutes) == (date(2024, 3, 6), 5)
    assert (bulletin.intro, bulletin.sign_off) == (html_of(lines[5:10]), "")


def test_march_items(march):
    bulletin, lines = march
    news = bulletin.sections[0]
    assert (news.kind, news.heading, news.body) == ("news", lines[11].strip(), "")
    assert [item.headline for item in news.items] == listed(lines[13:18])


def test_march_item_whose_heading_is_missing(march):
    bulletin, lines = march
    assert bulletin.sections[0].items[-1].body == html_of(lines[96:103])


def test_march_organisation_news(march):
    bulletin, lines = march
    section = bulletin.sections[1]
    assert (section.kind, section.heading) == ("organisation news", lines[104].strip().removesuffix(":"))
    assert (section.body, section.items) == (html_of(lines[106:111]), ())


def test_march_findings(march):
    bulletin, _ = march
    assert [finding.line for finding in bulletin.findings] == [7, 9, 96, 112, 118]


def test_february_header_and_signature(february):
    bulletin, lines = february
    assert (bulletin.title, bulletin.author, bulletin.role) == (
        lines[1].strip(),
        lines[119].strip(),
        lines[121].strip(),
    )
    assert (bulletin.date, bulletin.reading_minutes) == (date(2024, 2, 5), 6)
    assert (bulletin.intro, bulletin.sign_off) == (html_of(lines[6:7]), html_of(lines[117:118]))


def test_february_sections(february):
    bulletin, lines = february
    kinds = ["training", "parental resources", "podcasts", "webinars", "system updates", "news"]
    headings = [lines[number].strip() for number in (8, 23, 29, 44, 52)]
    assert [section.kind for section in bulletin.sections] == kinds
    assert [section.heading for section in bulletin.sections] == [*headings, "In the news"]


def test_february_lists(february):
    bulletin, lines = february
    training, _, podcasts, *_, news = bulletin.sections
    for body, printed in (
        (training.body, lines[16:22]),
        (podcasts.body, lines[33:43]),
        (news.items[1].body, lines[86:90]),
    ):
        assert "<ul>" + "".join(f"<li>{escape(entry)}</li>" for entry in listed(printed)) + "</ul>" in body


def test_february_webinar(february):
    bulletin, lines = february
    webinars = bulletin.sections[3]
    title = lines[48].split("on the topic of ")[1].split(".")[0]
    assert webinars.events == (ParsedEvent(title, datetime(2024, 2, 7, 16, 30, tzinfo=ZoneInfo("Europe/London"))),)
    assert webinars.body == html_of(lines[46:51])


def test_february_items(february):
    bulletin, lines = february
    assert [item.headline for item in bulletin.sections[-1].items] == [lines[n].strip() for n in (68, 82, 93, 105)]


def test_february_findings(february):
    bulletin, _ = february
    assert [finding.line for finding in bulletin.findings] == [25, 68, 76, 78, 84, 115, 117, 124]
