"""Printed bulletins for tests: the samples, the real ones where they are, and small ones."""

import re
from html import unescape
from pathlib import Path

import pytest

from bulletins.importing.parsed import ParsedBulletin
from bulletins.importing.reading import read

SAMPLES = Path(__file__).parent / "samples"
REAL = Path(__file__).resolve().parents[4] / "shared" / "bulletins"
TITLE = "Harbour Schools newsletter"
BYLINE = "Billie Fenn 5 June 2024 3 min read"
# Longer than a wrapped line, so that each line of a small bulletin is a paragraph.
LONG = (
    "The text of an item goes on for a while, so that nobody takes the line for a heading, "
    "and so that it fills more than a line."
)
INTRO = (
    "Welcome to a bulletin that was made for a test; "
    "its first paragraph says rather more than it needs to, as first paragraphs do."
)


def sample(name: str) -> str:
    """Return the text of a sample file."""
    return read(SAMPLES / name)


def real(name: str) -> Path:
    """Return one of the real files, or skip the test where there is none."""
    path = REAL / name
    if not path.exists():
        pytest.skip(f"the real bulletin {name} is not beside this checkout")
    return path


def lines_of(path: Path) -> list[str]:
    """Return the lines of a file with an empty one in front, so that an index is a line number."""
    return ["", *path.read_text(encoding="utf-8").split("\n")]


def make_text(*paragraphs: str) -> str:
    """Return a bulletin: header, intro, then the paragraphs, a blank line between all of them."""
    return "\n\n".join((TITLE, BYLINE, INTRO, *paragraphs))


def words_in(text: str) -> set[str]:
    """Return the words of a text without case."""
    return set(re.findall(r"\w+", text.casefold()))


def words_kept(bulletin: ParsedBulletin) -> set[str]:
    """Return every word of a parsed bulletin and of its findings."""
    sections = [text for s in bulletin.sections for text in (s.heading, *(item.headline for item in s.items))]
    findings = [finding.sentence for finding in bulletin.findings]
    bodies = [unescape(re.sub(r"<[^>]*>", " ", body)) for body in bulletin.bodies]
    return words_in(" ".join((bulletin.author, bulletin.role, *sections, *findings, *bodies)))


def findings_about(bulletin: ParsedBulletin, words: str) -> list[int]:
    """Return the lines of the findings whose sentence holds some words."""
    return [finding.line for finding in bulletin.findings if words in finding.sentence]
