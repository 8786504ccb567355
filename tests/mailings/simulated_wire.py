"""The connections of the mailing in miniature: what a `Line` sees as its socket, and the relay's end of it.

The relay answers only when it is told to, envelope by envelope and letter by letter, in one mood or another.
"""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.mailings.simulated_relay import CLOSING, GOOD, HUNG_UP, LATER, REFUSED, Dot, Relay

MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]+>)", re.M | re.I)
END = b"\r\n.\r\n"
DOT = "."

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
        relay.wires.append(self)

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
