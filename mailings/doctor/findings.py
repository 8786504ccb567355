"""A line of the doctor's: how it stands, what was seen, how to mend it."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How a thing stands."""

    OK = "ok"
    ATTENTION = "attention"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    level: Level
    what: str
    mend: str = ""

    def __str__(self) -> str:
        words = " ".join(f"{self.what} {self.mend}".split())
        return f"{self.level:<9}  {words}"


def ok(what: str) -> Finding:
    """Return a thing that is well."""
    return Finding(Level.OK, what)


def attention(what: str, mend: str) -> Finding:
    """Return a thing that works and may not do so for long, or could not be looked at."""
    return Finding(Level.ATTENTION, what, mend)


def wrong(what: str, mend: str) -> Finding:
    """Return a thing that loses letters, or keeps them from leaving."""
    return Finding(Level.WRONG, what, mend)
