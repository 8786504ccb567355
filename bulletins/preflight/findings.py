"""What a rule finds: what is wrong, where, how to mend it, and how much it matters."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from bulletins.prose import excerpt

KEY_LENGTH = 32
Subject = TypeVar("Subject")


class Level(StrEnum):
    """How much a finding matters: a fact that must be mended, a likely fault that somebody answers for, a hint."""

    BLOCKS = "blocks"
    REASON = "needs a reason"
    ADVICE = "advice"


class Place(NamedTuple):
    """The field that a finding leads to: of the issue (without a key), of one of its rows, or of another page.

    `words` say where that is.
    """

    kind: str
    pk: int | None
    field: str
    words: str

    @property
    def anchor(self) -> str:
        """Its name in the write screen's address: `issue-title`, `item-12-body`."""
        return "-".join(str(part) for part in (self.kind, self.pk, self.field) if part)


class Found(NamedTuple):
    """What a rule says of one place. `about` is the text it holds for: once that changes, it is another finding."""

    place: Place
    sentence: str
    about: str
    excerpt: str = ""


@dataclass(frozen=True)
class Finding:
    """A finding with the name and the level of its rule, and a key that stays while what it is about does."""

    rule: str
    level: Level
    place: Place
    sentence: str
    excerpt: str
    key: str

    @property
    def shows_more(self) -> bool:
        """Tell whether the excerpt has words that the sentence does not quote already."""
        return self.excerpt.removesuffix(" …") not in self.sentence


@dataclass(frozen=True)
class Rule(Generic[Subject]):
    """A level, and the function that looks: its docstring says in one sentence what it finds."""

    level: Level
    look: Callable[[Subject], Iterable[Found]]

    @property
    def name(self) -> str:
        """The name of its function, under which overrides are kept."""
        return self.look.__name__

    @property
    def words(self) -> str:
        """Its sentence, as the docs list it."""
        return " ".join((self.look.__doc__ or "").split())

    def findings(self, subject: Subject) -> Iterator[Finding]:
        """Yield what it finds."""
        for found in self.look(subject):
            shown = found.excerpt or excerpt(found.about, 90)
            yield Finding(self.name, self.level, found.place, found.sentence, shown, key_of(found))


def key_of(found: Found) -> str:
    """Return what names a finding as long as its place and its text stay."""
    return hashlib.sha256(f"{found.place.anchor}\0{found.about}".encode()).hexdigest()[:KEY_LENGTH]


def findings_of(rules: Iterable[Rule[Subject]], subject: Subject) -> list[Finding]:
    """Return what all rules find, each thing once, in the order of the rules."""
    found = (finding for rule in rules for finding in rule.findings(subject))
    return list({(finding.rule, finding.key): finding for finding in found}.values())
