"""The relay of the mailing in miniature: its log, what it took, and its end of each connection.

It answers only when it is told to, command by command or letter by letter, and hangs up on whoever falls silent.
"""

import datetime
import re
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from mailings.transport import Outcome, Result
from tests.factories import MARCH

# A relay hangs up on a client that is silent for so long, and takes a letter at most so long after its dot:
# together they must stay within RELAY_IDLE_SECONDS.
SILENCE = datetime.timedelta(seconds=300)
SLOWEST = datetime.timedelta(seconds=299)
MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]+>)", re.M | re.I)
END = b"\r\n.\r\n"
DOT = "."

GOOD = Outcome(Result.ACCEPTED, 250, "OK")
HUNG_UP = Outcome(Result.TROUBLE, text="Connection unexpectedly closed")
REFUSED = Outcome(Result.REFUSED, 550, "5.1.1 no such person")
LATER = Outcome(Result.DEFERRED, 451, "4.3.0 later")
CLOSING = Outcome(Result.DEFERRED, 421, "4.3.2 closing")
VERDICTS = [GOOD, GOOD, GOOD, LATER, REFUSED, HUNG_UP, CLOSING]

# How the relay, or the network, may answer wherever a connection waits; WELL where a mood means nothing special there.
WELL = "well"
POLITE = {"MAIL": "250 OK", "RCPT": "250 OK", "DATA": "354 go on", "RSET": "250 OK"}
IMPOLITE = {
    ("login", "MAIL"): "530 5.7.0 who are you",
    ("later", "RCPT"): "451 4.3.0 later",
    ("later", "DATA"): "554 5.5.1 no valid recipients",
    ("refused", "RCPT"): "550 5.1.1 no such person",
    ("refused", "DATA"): "554 5.5.1 no valid recipients",
}
BEFORE_DOT = {"login": "451 4.3.0 no more", "refused": "552 5.3.4 too big", "later": "421 4.3.2 closing"}
AFTER_DOT = {"later": LATER, "refused": REFUSED, "hung up": HUNG_UP, "login": CLOSING}


@dataclass
class Time:
    """The database's clock, which stands still until it is moved, and every process's, which ticks when it is read."""

    at: datetime.datetime
    read: int = 0

    def now(self) -> datetime.datetime:
        return self.at

    def monotonic(self) -> float:
        """Stand where a module has `time`; a loop that only waits for some milliseconds gets there."""
        self.read += 1
        return (self.at - MARCH).total_seconds() + self.read / 10_000

    def sleep(self, seconds: float) -> None:
        """Nap, while nothing comes."""


class RelayLog:
    """A log as Postfix writes it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.place = path
        self.before = path.with_name(f"{path.name}.1")

    def begin(self, at: datetime.datetime) -> None:
        """Begin anew, with the line of a relay that has just been started."""
        for old in (self.before, self.aside):
            old.unlink(missing_ok=True)
        self.place = self.path
        self.path.write_text("")
        self.write(at, "postfix/master[1]: daemon started")

    @property
    def aside(self) -> Path:
        return self.path.with_name(f"{self.path.name}.aside")

    def write(self, at: datetime.datetime, words: str) -> None:
        with self.place.open("a") as lines:
            lines.write(f"{at.isoformat()} relay {words}\n")

    def hide(self) -> None:
        """Put it where the workers cannot read it; the relay still writes."""
        if self.place == self.path:
            self.place = self.path.rename(self.aside)

    def show(self) -> None:
        if self.place == self.aside:
            self.place = self.aside.rename(self.path)

    def rotate(self) -> None:
        self.show()
        self.path.replace(self.before)
        self.path.touch()


@dataclass
class Dot:
    """A letter whose final dot has reached the relay, which has it in hand whatever becomes of the worker."""

    message_id: str
    queue_id: int
    at: datetime.datetime
    verdict: Outcome | None = None


class Relay:
    """What all workers' connections lead to: `copies` are what it took, by Message-ID. The oracle."""

    def __init__(self, time: Time, log: RelayLog, pipelining: bool) -> None:
        self.time = time
        self.log = log
        self.pipelining = pipelining
        self.copies: Counter[str] = Counter()
        self.undecided: list[Dot] = []
        self.wires: list[Wire] = []
        self.queue_ids = count(1)

    def connect(self, leaving: Callable[[str], None]) -> "Greeted":
        """Open a connection; `leaving` is told of each letter whose content begins to come."""
        wire = Wire(self, leaving)
        self.wires.append(wire)
        return Greeted(wire, self.pipelining)

    def receive(self, message_id: str) -> Dot:
        """Have a letter with its dot; cleanup has logged its Message-ID."""
        dot = Dot(message_id, next(self.queue_ids), self.time.at)
        self.undecided.append(dot)
        self.begin_letter(dot.queue_id, message_id, self.time.at)
        return dot

    def begin_letter(self, queue_id: int, message_id: str, at: datetime.datetime) -> None:
        self.log.write(at, f"postfix/smtpd[{queue_id}]: {queue_id:05X}: client=localhost[127.0.0.1]")
        self.log.write(at, f"postfix/cleanup[2]: {queue_id:05X}: message-id={message_id}")

    def decide(self, dot: Dot, verdict: Outcome, at: datetime.datetime) -> None:
        """Take a letter or not; what is not taken leaves its queue id to somebody else's letter."""
        self.undecided.remove(dot)
        dot.verdict = verdict
        queue_id = f"{dot.queue_id:05X}"
        if verdict.result is Result.ACCEPTED:
            self.copies[dot.message_id] += 1
        elif verdict is HUNG_UP:
            self.log.write(at, f"postfix/smtpd[{dot.queue_id}]: lost connection after DATA (99 bytes) from localhost")
        else:
            self.log.write(at, f"postfix/cleanup[2]: {queue_id}: milter-reject: END-OF-MESSAGE from localhost: no")
        if verdict.result is not Result.ACCEPTED:
            self.begin_letter(dot.queue_id, "<another@elsewhere.example.org>", at)
        self.log.write(at, f"postfix/qmgr[3]: {queue_id}: from=<a@example.org>, size=1, nrcpt=1 (queue active)")

    def go_on(self, until: datetime.datetime) -> None:
        """Take what would else wait longer than any relay lets a letter wait; hang up on who is silent."""
        for dot in list(self.undecided):
            if dot.at + SLOWEST < until:
                self.decide(dot, GOOD, dot.at + SLOWEST)
        self.wires = [wire for wire in self.wires if wire.is_open]
        for wire in self.wires:
            if not wire.asked and wire.quiet_since + SILENCE < until:
                wire.say("421 4.4.2 Error: timeout exceeded")
                wire.is_ended = True
        self.log.write(until, "postfix/smtpd[1]: connect from elsewhere.example.org[192.0.2.1]")


class Wire:
    """One connection: the relay's end of it, and the socket that a `Line` has of it.

    What the relay says lies in the socket until the line reads it, be the worker awake or not.
    """

    def __init__(self, relay: Relay, leaving: Callable[[str], None]) -> None:
        self.relay = relay
        self.leaving = leaving
        self.said = self.heard = b""
        # Commands, and letters with their dot, that are not answered.
        self.asked: deque[str] = deque()
        self.dot: Dot | None = None
        self.message_id = self.mood = ""
        self.is_in_letter = self.is_narrow = self.is_ended = self.is_reset = self.is_closed = False
        self.quiet_since = relay.time.at

    @property
    def is_open(self) -> bool:
        """Whether both ends, and the network between, are still there."""
        return not (self.is_ended or self.is_reset or self.is_closed)

    @property
    def waits(self) -> bool:
        """Whether the worker waits here for the relay: for an answer, or for room."""
        return self.is_open and (bool(self.asked) or (self.is_in_letter and self.is_narrow and bool(self.heard)))

    # The socket

    def setblocking(self, blocks: bool) -> None:
        assert not blocks

    def recv(self, size: int) -> bytes:
        if self.is_reset:
            raise ConnectionResetError("Connection reset by peer")
        if not self.said and not self.is_ended:
            raise BlockingIOError
        said, self.said = self.said, b""
        return said

    def send(self, data: Any) -> int:
        """Carry bytes; to an end that was left they go as well, and nobody hears them."""
        if self.is_reset:
            raise BrokenPipeError("Broken pipe")
        if self.is_ended:
            return len(data)
        fits = bytes(data)[: self.room_for(bytes(data))]
        if not fits:
            raise BlockingIOError
        self.quiet_since = self.relay.time.at
        self.hear(fits)
        return len(fits)

    def room_for(self, data: bytes) -> int:
        """Return how many bytes fit: of a letter, where it is narrow, all but the final dot."""
        if self.is_in_letter and self.is_narrow:
            return (self.heard + data).index(END) + 2 - len(self.heard)
        return len(data)

    @property
    def is_readable(self) -> bool:
        return bool(self.said) or self.is_ended or self.is_reset

    @property
    def is_writable(self) -> bool:
        return not (self.is_open and self.is_in_letter and self.is_narrow and self.heard)

    def close(self) -> None:
        self.is_closed = True

    # The relay

    def hear(self, data: bytes) -> None:
        """Take in commands, and the content of letters."""
        self.heard += data
        while (end := self.heard.find(END if self.is_in_letter else b"\r\n")) >= 0 or self.is_in_letter:
            if self.is_in_letter:
                self.hear_letter()
                if end < 0:
                    return
                self.is_in_letter = False
                self.message_id, self.dot = "", self.relay.receive(self.message_id)
                self.asked.append(DOT)
                self.heard = self.heard[end + len(END) :]
            else:
                self.asked.append(self.heard[:4].decode())
                self.heard = self.heard[end + 2 :]
        self.answer_commands()

    def hear_letter(self) -> None:
        """See whose letter it is that begins to come."""
        if not self.message_id and (found := MESSAGE_ID.search(self.heard)):
            self.message_id = found[1].decode()
            self.leaving(self.message_id)

    def answer(self, mood: str) -> None:
        """Answer whatever the worker waits for here in some mood; else, perhaps, be lost."""
        if mood == "lost" and self.dot is None:
            self.is_reset = True
        elif self.dot is not None and self.asked[0] == DOT:
            self.answer_letter(mood)
        elif mood == "hung up":
            self.is_ended = True
        elif self.asked:
            self.mood = mood
            self.answer_commands()
        elif mood in BEFORE_DOT:
            self.say(BEFORE_DOT[mood])
        else:
            self.is_narrow = False

    def answer_commands(self) -> None:
        """Answer the commands of one envelope, as they come."""
        while self.mood and self.asked and self.asked[0] in POLITE:
            verb = self.asked.popleft()
            words = IMPOLITE.get((self.mood, verb), POLITE[verb])
            self.say(words)
            if words == POLITE["DATA"]:
                self.is_in_letter, self.is_narrow = True, self.mood == "slow"
            if self.is_in_letter or verb == "RSET":
                self.mood = ""

    def answer_letter(self, mood: str) -> None:
        """Make up the relay's mind about a letter, unless it is, and tell; the answer may still be lost."""
        dot = self.dot
        assert dot is not None
        if dot.verdict is None and mood == "slow":
            return
        if dot.verdict is None:
            self.relay.decide(dot, AFTER_DOT.get(mood, GOOD), self.relay.time.at)
        self.dot = None
        self.asked.popleft()
        if mood == "lost":
            self.is_reset = True
        elif mood == "hung up" or dot.verdict is HUNG_UP:
            self.is_ended = True
        else:
            self.say(f"{dot.verdict.code} {dot.verdict.text}")

    def say(self, words: str) -> None:
        self.said += f"{words}\r\n".encode()
        self.quiet_since = self.relay.time.at


@dataclass
class Greeted:
    """What `mailings.transport.connected` returns."""

    sock: Wire
    pipelining: bool
    ehlo_resp: bytes = b"scripted"

    def has_extn(self, name: str) -> bool:
        return name == "pipelining" and self.pipelining

    def close(self) -> None:
        self.sock.close()
