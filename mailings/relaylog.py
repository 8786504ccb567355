"""What a relay's own log, in Postfix's format, says it has taken.

Postfix logs a letter's Message-ID while it reads it (cleanup), and "queue active" (qmgr) once its queue file is
safe on the disk, which is what its 250 promises: only both together mean taken.
"""

import datetime
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.utils import timezone

CLEANUP = re.compile(rb"/cleanup\[\d+\]: (?P<queue>\w+): (?:resent-)?message-id=(?P<id><[^>]*>)")
ACTIVE = re.compile(rb"/qmgr\[\d+\]: (?P<queue>\w+): from=.*\(queue active\)")
# RFC 3339, or the traditional stamp of syslog (RFC 3164), which has no year.
STAMP = re.compile(r"(?P<iso>\d{4}-\d\d-\d\dT\S+)|(?P<old>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)")


class Unreadable(Exception):
    """The log cannot be read: what, and how to mend it."""


class RelayLog:
    """A log and the one before it, which rotation renames to `<name>.1`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        before = path.with_name(f"{path.name}.1")
        self.files = [before, path] if before.exists() else [path]

    def taken(self, message_ids: Iterable[str]) -> dict[str, str]:
        """Return the queue ids of those letters that the relay took, by Message-ID. Raises Unreadable."""
        wanted = {message_id.encode() for message_id in message_ids}
        named: dict[bytes, bytes] = {}
        taken: dict[str, str] = {}
        for line in self._lines():
            if (seen := CLEANUP.search(line)) and seen["id"] in wanted:
                named[seen["queue"]] = seen["id"]
            elif (kept := ACTIVE.search(line)) and kept["queue"] in named:
                taken[named[kept["queue"]].decode()] = kept["queue"].decode()
        return taken

    @property
    def begins_at(self) -> datetime.datetime:
        """The moment of its first line. Raises Unreadable."""
        first = next(self._lines(), b"").decode("ascii", "replace")
        if (stamp := STAMP.match(first)) is None:
            raise Unreadable(f"{self.files[0]} does not begin like a log of Postfix: point MAIL_LEDGER at one.")
        return moment_of(stamp)

    def _lines(self) -> Iterator[bytes]:
        for path in self.files:
            try:
                with path.open("rb") as lines:
                    yield from lines
            except OSError as error:
                raise Unreadable(f"MAIL_LEDGER cannot be read ({error}): let the workers read it.") from error


def moment_of(stamp: re.Match[str]) -> datetime.datetime:
    """Return the instant of a stamp; one without a year is the last that has passed."""
    if stamp["iso"]:
        moment = datetime.datetime.fromisoformat(stamp["iso"])
        return moment if moment.tzinfo else moment.astimezone()
    now = timezone.now().astimezone()
    moment = datetime.datetime.strptime(f"{now.year} {stamp['old']}", "%Y %b %d %H:%M:%S").astimezone()
    return moment if moment <= now + datetime.timedelta(days=1) else moment.replace(year=now.year - 1)
