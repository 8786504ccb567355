"""What a reader makes of a printed bulletin, before anything is stored. Bodies are HTML."""

from dataclasses import dataclass
from datetime import date, datetime

NEWS_HEADING = "In the news"


@dataclass(frozen=True, order=True)
class Finding:
    """Something odd or unplaced: the line of the source it stands on and one sentence about it."""

    line: int
    sentence: str


@dataclass(frozen=True)
class ParsedEvent:
    """A date announced in a section; `start` is aware, Europe/London."""

    title: str
    start: datetime


@dataclass(frozen=True)
class ParsedItem:
    """One news item."""

    headline: str
    body: str


@dataclass(frozen=True)
class ParsedSection:
    """A section; `kind` is one of the words the bulletins store (`news`, `podcasts`, ...)."""

    kind: str
    heading: str
    body: str
    events: tuple[ParsedEvent, ...] = ()
    items: tuple[ParsedItem, ...] = ()


@dataclass(frozen=True)
class ParsedBulletin:
    """A whole bulletin as printed; `findings` are in the order of their lines."""

    title: str
    author: str
    role: str
    date: date
    reading_minutes: int
    intro: str
    sections: tuple[ParsedSection, ...]
    sign_off: str
    findings: tuple[Finding, ...]

    @property
    def bodies(self) -> tuple[str, ...]:
        """Every piece of HTML, in the order of the page."""
        inner = [body for section in self.sections for body in _bodies_of(section)]
        return (self.intro, *inner, self.sign_off)

    @property
    def quotations(self) -> int:
        """How many paragraphs are set as quotations."""
        return sum(body.count("<blockquote>") for body in self.bodies)


def _bodies_of(section: ParsedSection) -> list[str]:
    return [section.body, *(item.body for item in section.items)]
