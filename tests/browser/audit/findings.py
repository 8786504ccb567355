"""What an audit looks at, and what it finds."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Room(StrEnum):
    """Who sees a screen: it decides what is asked of it."""

    PUBLIC = "public"
    LETTER = "letter"
    DOOR = "the desk's door"
    DESK = "desk"


@dataclass(frozen=True)
class Screen:
    """One kind of page. Where `html` is given it was answered once (to a form, say) and is shown again at its URL."""

    name: str
    room: Room
    url: str
    html: str | None = None
    status: int = 200


@dataclass(frozen=True)
class Finding:
    """One fault: which tool, on which screen, in which mode, against which rule, at which node."""

    tool: str
    screen: str
    mode: str
    rule: str
    node: str

    def line(self) -> str:
        """Return it for a person to read."""
        return f"{self.tool}: {self.screen} ({self.mode}): {self.rule}\n    {self.node}"


@dataclass(frozen=True)
class Outcome:
    """What one tool did: its version, how much it looked at, what it measured and what it found."""

    tool: str
    version: str
    looked_at: str
    findings: list[Finding]
    measured: Mapping[str, object]
