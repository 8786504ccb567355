"""Log files as rotation leaves them: found in order, held open, read from a moment on."""

import datetime
import gzip
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedIOBase
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

BLOCK = 1 << 20
LONGEST_LINE = 1 << 16
# Stamps may step back: a clock is set, or summer time ends.
STEP_BACK = datetime.timedelta(hours=2)
# RFC 3339, or the traditional stamp of syslog (RFC 3164, 4.1.2), which has neither year nor zone.
STAMP = re.compile(r"(?P<iso>\d{4}-\d\d-\d\dT\S+) |(?P<old>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) ")


class Unreadable(Exception):
    """The log cannot be read: what, and how to mend it."""


def machines_zone() -> datetime.tzinfo:
    """Return this machine's own time zone; the process's is TIME_ZONE, for Django sets it."""
    with suppress(OSError, ValueError), open("/etc/localtime", "rb") as zone:
        return ZoneInfo.from_file(zone)
    return datetime.UTC


@dataclass(frozen=True)
class Stamps:
    """How stamps are read: one without a year is the last that has passed, one without a zone is the machine's."""

    at: datetime.datetime
    zone: datetime.tzinfo

    def moment(self, line: bytes, fold: int = 0) -> datetime.datetime | None:
        """Return the moment a line was written, None if it has no stamp; `fold` as in datetime."""
        stamp = STAMP.match(line[:40].decode("ascii", "replace"))
        if stamp is None:
            return None
        if stamp["old"]:
            return self._without_year(stamp["old"], fold)
        with suppress(ValueError):
            moment = datetime.datetime.fromisoformat(stamp["iso"])
            return moment if moment.tzinfo else moment.replace(tzinfo=self.zone, fold=fold)
        return None

    def _without_year(self, stamp: str, fold: int) -> datetime.datetime | None:
        latest = self.at + datetime.timedelta(days=1)
        for year in (latest.year, latest.year - 1):
            # A 29 February is no date in most years.
            with suppress(ValueError):
                naive = datetime.datetime.strptime(f"{year} {stamp}", "%Y %b %d %H:%M:%S")
                moment = naive.replace(tzinfo=self.zone, fold=fold)
                if moment <= latest:
                    return moment
        return None


@dataclass(frozen=True)
class LogFile:
    """One file of a log, held open: renamed in between, it still is the same."""

    path: Path
    file: BufferedIOBase

    def written_at(self) -> datetime.datetime:
        """Return when it was last written to."""
        return datetime.datetime.fromtimestamp(os.fstat(self.file.fileno()).st_mtime, datetime.UTC)

    def first_line(self) -> bytes:
        """Return its first whole line; nothing if it is empty. Raises Unreadable for what is no text."""
        self.file.seek(0)
        line = self.file.readline(LONGEST_LINE)
        if len(line) == LONGEST_LINE:
            raise Unreadable(f"{self.path} is no log of Postfix: point MAIL_LEDGER at one.")
        return line if line.endswith(b"\n") else b""

    def blocks(self, since: datetime.datetime, stamps: Stamps) -> Iterator[bytes]:
        """Yield its whole lines from a moment on (or somewhat before), a block at a time."""
        self._go_to(since - STEP_BACK, stamps)
        rest = b""
        while read := self.file.read(BLOCK):
            lines, newline, rest = (rest + read).rpartition(b"\n")
            yield lines + newline

    def _go_to(self, since: datetime.datetime, stamps: Stamps) -> None:
        """Go to the start of a line that is not after a moment, by halving; what is packed is read whole."""
        low, high = 0, 0 if isinstance(self.file, gzip.GzipFile) else self.file.seek(0, 2)
        while high - low > BLOCK:
            middle = (low + high) // 2
            moment = stamps.moment(self._line_after(middle))
            if moment is not None and moment < since:
                low = middle
            else:
                high = middle
        if low:
            self._line_after(low - 1, read=False)
        else:
            self.file.seek(0)

    def _line_after(self, place: int, read: bool = True) -> bytes:
        self.file.seek(place)
        self.file.readline(LONGEST_LINE)
        return self.file.readline(LONGEST_LINE) if read else b""


def rotated(path: Path) -> list[Path]:
    """Return what rotation made of a log, newest first: by number without a gap, else by date."""
    numbered = []
    for number in count(1):
        names = (f"{path.name}.{number}", f"{path.name}.{number}.gz")
        found = [path.with_name(name) for name in names if path.with_name(name).exists()]
        if not found:
            break
        numbered.append(found[0])
    return numbered or dated(path)


def dated(path: Path) -> list[Path]:
    """Return the files that rotation named by a date, newest first; a packing that cannot be read ends them."""
    name = re.compile(re.escape(path.name) + r"[.-]20\d{6}[-.\d]*?(\.gz)?")
    beside = [other for other in path.parent.iterdir() if other.name.startswith(path.name) and other != path]
    days = sorted((other for other in beside if re.search(r"[.-]20\d{6}", other.name)), reverse=True)
    for place, day in enumerate(days):
        if not name.fullmatch(day.name):
            return days[:place]
    return days
