"""What a relay's own log, in Postfix's format, says it has taken.

Postfix logs a letter's Message-ID while it reads it (cleanup), and "queue active" (qmgr) once its queue file is
safe on the disk, which is what its 250 promises: only both together mean taken. A letter that was cut off or
refused has a line of that too, or no Message-ID; one whose end the log does not show is doubtful, such as one on
hold, or in a queue too long for qmgr to have come to it.
"""

import datetime
import gzip
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from mailings.logfiles import LogFile, Stamps, Unreadable, machines_zone, rotated

# The stamps of a log without a zone are believed if its last line is as old as the file.
MOST_APART = datetime.timedelta(minutes=10)
STAMP_ROOM = 40
EVENT = re.compile(
    rb"/(?:smtpd\[(?P<pid>\d+)\]: (?:(?P<begun>\w+): client=|(?:lost connection|timeout) after (?P<cut>DATA|BDAT) )"
    rb"|cleanup\[\d+\]: (?P<named>\w+): message-id=(?P<id><[^>\n]*>)?"
    rb"|n?qmgr\[\d+\]: (?P<active>\w+): from=<[^\n]*\(queue active\)\n"
    rb"|(?:smtpd|cleanup)\[\d+\]: (?P<refused>\w+): (?:milter-)?reject: (?:[\w-]*header|body|DATA|END-OF-MESSAGE) )"
)


@dataclass
class Seen:
    """What a log says of the letters that it was asked about, and the time it tells of."""

    begins_at: datetime.datetime
    ends_at: datetime.datetime | None = None
    taken: dict[str, str] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)


class Scan:
    """Follows letters through the lines of a log; remembers no more than is under way."""

    def __init__(self, wanted: Iterable[str]) -> None:
        self.wanted = {message_id.encode() for message_id in wanted}
        self.named: dict[bytes, bytes] = {}
        self.taken: dict[bytes, bytes] = {}
        self.open: dict[bytes, bytes] = {}
        self.at_work: dict[bytes, bytes] = {}
        self.nameless: set[bytes] = set()
        self.ended: set[bytes] = set()
        self.last_line = b""
        self.last_of_intake = b""
        self.line_after_gap = b""

    def read(self, block: bytes) -> None:
        """Read some whole lines."""
        for event in EVENT.finditer(block):
            line = block[block.rfind(b"\n", 0, event.start()) + 1 : event.start()]
            # What stands behind a daemon's name was said by somebody else.
            if b"]: " not in line:
                self._follow(event, line)
        self._remember_last(block)

    def _follow(self, event: re.Match[bytes], line: bytes) -> None:
        match event.lastgroup:
            case "begun":
                self._begin(event["pid"], event["begun"])
            case "named" | "id":
                self._name(event["named"], event["id"])
            case "active":
                self._take(event["active"], line)
            case "refused":
                self._end(event["refused"])
            case "cut":
                self._end(self.at_work.get(event["pid"], b""))

    def _begin(self, pid: bytes, queue: bytes) -> None:
        """A queue id is given out, perhaps not for the first time: short ones come again."""
        self.at_work[pid] = queue
        self.nameless.add(queue)
        self.ended.discard(queue)
        self.named.pop(queue, None)

    def _name(self, queue: bytes, message_id: bytes | None) -> None:
        """Postfix may log a Message-ID even after the line that says its letter was cut off."""
        self.nameless.discard(queue)
        self.named.pop(queue, None)
        if message_id not in self.wanted:
            return
        self.named[queue] = message_id
        if queue not in self.ended:
            self.open[queue] = message_id

    def _take(self, queue: bytes, line: bytes) -> None:
        """A letter is taken; if the line with its Message-ID is not there, lines were lost."""
        if queue in self.nameless:
            self.line_after_gap = line
            self.nameless.discard(queue)
        self.open.pop(queue, None)
        if queue in self.named:
            self.taken[self.named[queue]] = queue

    def _end(self, queue: bytes) -> None:
        self.nameless.discard(queue)
        self.open.pop(queue, None)
        self.ended.add(queue)

    def _remember_last(self, block: bytes) -> None:
        """Remember where the last line began, and that of the daemon that takes letters in."""
        if not block:
            return
        begin = block.rfind(b"\n", 0, len(block) - 1) + 1
        self.last_line = block[begin : begin + STAMP_ROOM]
        place = block.rfind(b"/smtpd[")
        if place >= 0:
            begin = block.rfind(b"\n", 0, place) + 1
            self.last_of_intake = block[begin : begin + STAMP_ROOM]


def why_unread(error: Exception) -> str:
    """Say why a log could not be read, and how that is mended."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "does not exist: give the file that the relay writes."
    why = getattr(error, "strerror", None) or error
    return f"cannot be read ({why}): let the workers read it."


class RelayLog:
    """A log with what rotation made of it."""

    def __init__(self, path: Path, at: datetime.datetime) -> None:
        self.path = path
        self.stamps = Stamps(at, machines_zone())

    def look_for(self, message_ids: Iterable[str], since: datetime.datetime) -> Seen:
        """Return what it says of letters that were put on the wire since a moment. Raises Unreadable."""
        try:
            before = self._files()
            with ExitStack() as stack:
                seen = self._seen([self._opened(path, stack) for path in before], message_ids, since)
            if self._files() != before:
                raise Unreadable(f"{self.path} was being rotated while it was read: it is read again soon.")
        except (OSError, EOFError) as error:
            raise Unreadable(f"MAIL_LEDGER {self.path} {why_unread(error)}") from error
        return seen

    def _files(self) -> dict[Path, int]:
        """Return its files, newest first, with what tells one from another of the same name.

        Right after a rotation there is only what was rotated, until the next line is written.
        """
        before = rotated(self.path)
        paths = before if before and not self.path.exists() else [self.path, *before]
        return {path: path.stat().st_ino for path in paths}

    def _opened(self, path: Path, stack: ExitStack) -> LogFile:
        return LogFile(path, stack.enter_context(gzip.open(path) if path.suffix == ".gz" else path.open("rb")))

    def _seen(self, files: list[LogFile], message_ids: Iterable[str], since: datetime.datetime) -> Seen:
        needed = list(self._needed(files, since))
        if not needed:
            raise Unreadable(f"{self.path} is empty, and there is none before it: it is read again later.")
        scan = Scan(message_ids)
        for file, _ in reversed(needed):
            for block in file.blocks(since, self.stamps):
                scan.read(block)
        seen = Seen(needed[-1][1], self._end(scan, needed[0][0]))
        if gap := self.stamps.moment(scan.line_after_gap, fold=1):
            seen.begins_at = max(gap, seen.begins_at)
        seen.taken = {message_id.decode(): queue.decode() for message_id, queue in scan.taken.items()}
        seen.doubtful = {message_id.decode() for message_id in scan.open.values()} - seen.taken.keys()
        return seen

    def _needed(self, files: list[LogFile], since: datetime.datetime) -> Iterator[tuple[LogFile, datetime.datetime]]:
        """Yield the files that tell of the time since a moment, newest first, with the moment each begins."""
        for file in files:
            line = file.first_line()
            if not line:
                continue
            begins_at = self.stamps.moment(line, fold=1)
            if begins_at is None:
                raise Unreadable(f"{file.path} does not begin like a log of Postfix: point MAIL_LEDGER at one.")
            yield file, begins_at
            if begins_at < since:
                return

    def _end(self, scan: Scan, newest: LogFile) -> datetime.datetime | None:
        """Return the moment of the last line of Postfix's intake. Raises Unreadable if its zone is not ours."""
        last = self.stamps.moment(scan.last_line)
        if last and not scan.last_line[:1].isdigit() and abs(newest.written_at() - last) > MOST_APART:
            raise Unreadable(
                f"{self.path} has stamps without a zone, and they do not fit the time it was written: "
                "let it be written on this machine, in its own time zone, or with stamps of RFC 3339."
            )
        return self.stamps.moment(scan.last_of_intake)
