"""One source, all shapes: whatever an issue holds is on its page, in its letter, its feeds and its items' pages.

Every heading, link, quotation, entry of a list and number of a made-up issue is a word of its own. Each shape is read
for them: a word that is in one and not in another, or not as what it is, fails.
"""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bulletins.models import Bulletin, SectionKind, Source
from mailings.letter import freeze
from publication.richtext import clean_html
from tests.conftest import SecureClient
from tests.factories import MARCH, make_bulletin, make_event, make_item, make_publication, make_section

ATOM = "{http://www.w3.org/2005/Atom}"
FULL_TEXT = "{http://purl.org/rss/1.0/modules/content/}encoded"
# A word and what it is: heading0, quote1, entry2, number3003, and the addresses of links.
MARK = re.compile(r"\b(?:heading|quote|entry|link|plain|cell)\d+z\b|\bnumber[\d,]+\d\b|https://example\.org/\d+z")
ROLES = {"heading": ("h1", "h2", "h3", "h4", "h5", "h6"), "quote": ("blockquote",), "entry": ("li",), "link": ("a",)}
# A made-up issue that fails is short enough to be read as it is, and making it shorter takes minutes.
EXAMPLES = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


class Draft:
    """Made-up texts, in which no word comes twice."""

    def __init__(self, draw: Callable) -> None:
        self.draw = draw
        self.count = 0

    def word(self, role: str) -> str:
        self.count += 1
        return f"{role}{self.count}z"

    def address(self) -> str:
        self.count += 1
        return f"https://example.org/{self.count}z"

    def inline(self) -> str:
        """Some words: plain, stressed, a number, a link."""
        self.count += 1
        kinds = [
            self.word("plain"),
            f"<strong>{self.word('plain')}</strong> and <em>{self.word('plain')}</em>",
            f"number{2000 + self.count:,}",
            f'<a href="{self.address()}">{self.word("link")}</a>',
            f"{self.word('plain')} &amp; “{self.word('plain')}” – £{self.count}",
        ]
        return " ".join(self.draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3, unique=True)))

    def entries(self, depth: int) -> str:
        inner = self.listing(depth - 1) if depth and self.draw(st.booleans()) else ""
        number = self.draw(st.integers(1, 3))
        return "".join(f"<li>{self.word('entry')} {self.inline()}{inner if not n else ''}</li>" for n in range(number))

    def listing(self, depth: int) -> str:
        tag = self.draw(st.sampled_from(["ul", "ol"]))
        return f"<{tag}>{self.entries(depth)}</{tag}>"

    def block(self) -> str:
        kind = self.draw(st.sampled_from(["paragraph", "list", "quote", "heading", "break", "table", "quoted list"]))
        match kind:
            case "list":
                return self.listing(2)
            case "quote":
                said = f"<p>{self.word('quote')} {self.inline()}</p>"
                return f"<blockquote>{said}<p><cite>{self.word('quote')}</cite></p></blockquote>"
            case "quoted list":
                return f"<blockquote><ul><li>{self.word('quote')}</li></ul></blockquote>"
            case "heading":
                tag = self.draw(st.sampled_from(["h3", "h4"]))
                return f"<{tag}>{self.word('heading')}</{tag}><p>{self.inline()}</p>"
            case "break":
                return f"<p>{self.inline()}<br>{self.inline()}</p>"
            case "table":
                cells = "".join(f"<td>{self.word('cell')} {self.inline()}</td>" for _ in range(2))
                return f"<table><tbody><tr>{cells}</tr></tbody></table>"
        return f"<p>{self.inline()}</p>"

    def text(self) -> str:
        return "".join(self.block() for _ in range(self.draw(st.integers(1, 4))))

    def maybe(self, make: Callable[[], str]) -> str:
        return make() if self.draw(st.booleans()) else ""


@st.composite
def issues(draw: Callable) -> dict:
    """An issue as rows would hold it."""
    made = Draft(draw)
    return {
        "title": made.word("heading"),
        "summary": made.maybe(lambda: made.word("plain")),
        "intro": made.maybe(made.text),
        "sign_off": made.maybe(made.text),
        "sections": [
            {
                "heading": made.word("heading"),
                "kind": draw(st.sampled_from(SectionKind.values)),
                "body": made.maybe(made.text),
                "events": [
                    {"title": made.word("plain"), "link": made.maybe(made.address)}
                    for _ in range(draw(st.integers(0, 2)))
                ],
                "items": [
                    {
                        "headline": made.word("heading"),
                        "body": made.text(),
                        "link": made.maybe(made.address),
                        "sources": [
                            {"publisher": made.word("plain"), "title": made.word("plain"), "link": made.address()}
                            for _ in range(draw(st.integers(0, 2)))
                        ],
                    }
                    for _ in range(draw(st.integers(0, 2)))
                ],
            }
            for _ in range(draw(st.integers(1, 3)))
        ],
    }


def stored(plan: dict) -> Bulletin:
    """Store a made-up issue, published."""
    bulletin = make_bulletin(**{name: plan[name] for name in ("title", "summary", "intro", "sign_off")}, slug="made-up")
    bulletin.items.all().delete()
    bulletin.sections.all().delete()
    for part in plan["sections"]:
        section = make_section(bulletin, heading=part["heading"], kind=part["kind"], body=part["body"])
        for event in part["events"]:
            make_event(section, **event)
        for item in part["items"]:
            written = {name: value for name, value in item.items() if name != "sources"}
            row = make_item(bulletin, section=section, **written)
            for source in item["sources"]:
                Source.objects.create(item=row, **source)
    Bulletin.objects.filter(pk=bulletin.pk).update(status="approved")
    return Bulletin.objects.with_parts().get(pk=bulletin.pk)


def expected(plan: dict) -> set[str]:
    """The words that readers of every shape find; a section without anything to read is left out."""
    texts = [plan["title"], plan["summary"], plan["intro"], plan["sign_off"]]
    for part in plan["sections"]:
        if part["body"] or part["events"] or part["items"]:
            texts += [part["heading"], part["body"], *map(str, part["events"]), *map(str, part["items"])]
    return marks(" ".join(texts))


def marks(words: str) -> set[str]:
    return set(MARK.findall(" ".join(words.split())))


class Reader(HTMLParser):
    """Reads a page as a person does: words, what each stands in, where links lead; nothing of the head."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: set[str] = set()
        self.roles: set[tuple[str, str]] = set()
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        if tag not in ("br", "img", "meta", "link", "hr", "input", "col"):
            self.open.append(tag)
        self.found |= marks(dict(attributes).get("href") or "")

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        if {"head", "script", "style"} & set(self.open):
            return
        self.found |= marks(data)
        for word in marks(data):
            self.roles |= {(word, role) for role, tags in ROLES.items() if set(tags) & set(self.open)}


def check_roles(shape: str, found: set[str], roles: set[tuple[str, str]]) -> None:
    for word in found:
        role = re.match("[a-z]+", word)[0]
        if role in ROLES:
            assert (word, role) in roles, f"{shape}: {word} is no {role} there"


def check_html(shape: str, html: str, words: set[str]) -> None:
    """The page has these words of the issue and no other, each as what it is."""
    read = Reader(html)
    assert read.found == words, f"{shape}: missing {words - read.found}, too many {read.found - words}"
    check_roles(shape, words, read.roles)


def check_text(text: str, words: set[str]) -> None:
    """The letter's text has them too: headings underlined, quotations marked, entries with their sign."""
    found = marks(text)
    assert found == words, f"text: missing {words - found}, too many {found - words}"
    lines = text.splitlines()
    for line in lines:
        for word in marks(line):
            if word.startswith("quote"):
                assert line.startswith("> "), line
            if word.startswith("entry"):
                assert re.match(r"\s*(?:\*|\d+\.) ", line), line
    for word in words:
        if word.startswith("heading"):
            where = [n for n, line in enumerate(lines) if word in line]
            assert any(re.fullmatch(r"([=\-~.])\1+", "".join(lines[n + 1 : n + 2])) for n in where), word


def feed_texts(client: Client) -> dict[str, str]:
    """The full text of the newest entry of each feed."""
    atom = ET.fromstring(client.get("/feeds/bulletins.atom").content)
    rss = ET.fromstring(client.get("/feeds/bulletins.rss").content)
    listing = json.loads(client.get("/feeds/bulletins.json").content)
    return {
        "atom": atom.findtext(f"{ATOM}entry/{ATOM}content", ""),
        "rss": rss.findtext(f"channel/item/{FULL_TEXT}", ""),
        "json": listing["items"][0]["content_html"],
    }


@pytest.mark.django_db
@given(plan=issues())
@EXAMPLES
def test_every_shape_says_the_same(plan):
    client = SecureClient()
    with transaction.atomic():
        make_publication()
        bulletin, words = stored(plan), expected(plan)
        page = bulletin.get_absolute_url()
        check_html("web", client.get(page).content.decode(), words)
        frozen = freeze(bulletin, MARCH)
        check_html("letter", frozen.html, words)
        check_text(frozen.text, words)
        for form, html in feed_texts(client).items():
            # A reader shows the title of an entry above its text.
            check_html(form, f"<h1>{bulletin.title}</h1>{html}", words)
        for item in bulletin.items.all():
            sources = " ".join(f"{s.publisher} {s.title} {s.link}" for s in item.sources.all())
            own = marks(f"{item.headline} {item.body} {item.link} {sources}")
            read = Reader(client.get(f"{page}{item.slug}/").content.decode())
            assert own <= read.found, f"item: missing {own - read.found}"
            check_roles("item", own, read.roles)
        transaction.set_rollback(True)


@given(plan=issues())
@EXAMPLES
def test_what_is_made_up_is_as_clean_as_what_is_stored(plan):
    for text in (plan["intro"], plan["sign_off"], *(part["body"] for part in plan["sections"])):
        assert marks(clean_html(text)) == marks(text)
