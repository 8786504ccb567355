"""The letters that the demo's mailbox holds."""

import email.policy
import mailbox
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from functools import cached_property
from pathlib import Path

from django.conf import settings

HEAD_BYTES = 8192


@dataclass(frozen=True)
class Letter:
    """One kept letter."""

    key: str
    raw: bytes

    @cached_property
    def message(self) -> EmailMessage:
        """The letter parsed."""
        return BytesParser(_class=EmailMessage, policy=email.policy.default).parsebytes(self.raw)

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Its header fields in order."""
        return [(name, str(value)) for name, value in self.message.items()]

    def part(self, kind: str) -> str:
        """Return the text of its part of a kind (plain or html), or nothing."""
        body = self.message.get_body((kind,))
        return body.get_content().replace("\r\n", "\n") if body else ""


def keys() -> list[str]:
    """Return the keys of all letters, the newest first."""
    folder = settings.DEMO_MAILBOX / "new"
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return sorted(names, key=arrival, reverse=True)


def arrival(key: str) -> tuple[float, int]:
    """Return when a letter came, from its Maildir name: seconds, then its number in that server."""
    seconds, _, rest = key.partition(".")
    number = rest.partition("Q")[2].partition(".")[0]
    micro = rest.partition("M")[2].partition("P")[0]
    return float(f"{seconds}.{micro.zfill(6)}"), int(number or 0)


def letter(key: str) -> Letter | None:
    """Return one letter; None for a key that names none."""
    try:
        with mailbox.Maildir(settings.DEMO_MAILBOX, create=False).get_file(key) as file:
            return Letter(key, file.read())
    except (KeyError, OSError, ValueError):
        return None


def of_issues() -> int:
    """Count the letters that have a List-Id: those of issues."""
    folder = settings.DEMO_MAILBOX / "new"
    heads = (open_head(path) for path in folder.iterdir()) if folder.is_dir() else iter(())
    return sum(b"\nList-Id:" in head for head in heads)


def open_head(path: Path) -> bytes:
    """Return the first bytes of a letter, which hold its header."""
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)
