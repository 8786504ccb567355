"""SMTP on one connection from its login on, without a socket: bytes in, bytes out, one letter after the other.

Where the relay offers PIPELINING (RFC 2920), a letter's whole envelope goes in one piece, and that of the next one
rides behind this one's final dot. What comes before a letter's final dot is certain, what comes after may not be.
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from mailings.transport import Outcome, Result, outcome_of, trouble, words_of

FINAL_DOT = b".\r\n"
# RFC 5321, 4.5.3.1.5 allows 512 octets; smtplib reads as much as this.
LONGEST_REPLY = 8192
# RFC 5321, 3.8: the relay closes the connection.
CLOSING = 421
UNSPEAKABLE = set("<>\r\n\0 ")
NOBODYS = Outcome(Result.UNTRIED)


class Phase(Enum):
    """What an awaited reply is to."""

    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    DOT = auto()
    RSET = auto()


MAIL, RCPT, DATA, DOT, RSET = Phase


@dataclass(eq=False, slots=True)
class Transaction:
    """One letter on a connection (RFC 5321, 3.3); `about` is the caller's own.

    `welcome` is set by the 354, `end` once the content is given: where in the stream its final dot ends.
    """

    recipient: str
    about: Any = None
    welcome: bool = False
    end: int | None = None
    outcome: Outcome | None = None


def path(address: str) -> bytes:
    """Return an address as a command gives it. Raises ValueError for one that no command can carry."""
    if UNSPEAKABLE & set(address):
        raise ValueError(f"{address!r} holds what an SMTP command cannot carry")
    return b"<" + address.encode("ascii") + b">"


class Conversation:
    """What is said on one connection; `is_over` when not one word more may be.

    The caller sends `outgoing` and counts what it `sent`, tells what it `hear`s, and begins a letter when `is_free`.
    """

    def __init__(self, sender: str, pipelining: bool) -> None:
        self.mail = b"MAIL FROM:" + path(sender) + b"\r\n"
        self.pipelining = pipelining
        self.outgoing: list[bytes] = []
        self.given = self.sent = 0
        self.pending: deque[Transaction] = deque()
        self.awaited: deque[tuple[Phase, Transaction]] = deque()
        self.unread = b""
        self.said: list[bytes] = []
        self.is_over = False

    @property
    def is_free(self) -> bool:
        """Whether a letter may begin: none is under way, or the one that is has been given whole."""
        if self.is_over or len(self.pending) > 1:
            return False
        return not self.pending or (self.pipelining and self.pending[0].end is not None)

    @property
    def is_at_rest(self) -> bool:
        """Whether the next word would be a command: no letter has begun, or is in the middle of its content."""
        return not self.is_over and not self.pending

    def begin(self, transaction: Transaction) -> None:
        """Give a letter's envelope. Raises ValueError, and says nothing, for a recipient that cannot be written."""
        rcpt = b"RCPT TO:" + path(transaction.recipient) + b"\r\n"
        self.pending.append(transaction)
        if self.pipelining:
            self._say(self.mail + rcpt + b"DATA\r\n", transaction, MAIL, RCPT, DATA)
        else:
            self._say(self.mail, transaction, MAIL)

    def give(self, transaction: Transaction, *content: bytes) -> None:
        """Give a welcome letter's content, dot-stuffed and with CRLF at its end; the final dot is put behind it."""
        self.outgoing += content
        self.given += sum(map(len, content))
        self._say(FINAL_DOT, transaction, DOT)
        transaction.end = self.given

    def hear(self, data: bytes) -> list[Transaction]:
        """Take in what the relay said; return the letters that are welcome now, or over."""
        changed: list[Transaction] = []
        *lines, self.unread = (self.unread + data).split(b"\n")
        for line in lines:
            if len(line) > LONGEST_REPLY:
                break
            self.said.append(line)
            if line[3:4] == b"-":
                continue
            changed += self._answered(code_of(line))
            self.said.clear()
            if self.is_over:
                return changed
        if max(map(len, [*lines, self.unread, self.said])) > LONGEST_REPLY:
            changed += self.lost(trouble(text="a reply without an end"))
        return changed

    def lost(self, why: Outcome, blames: bool = True) -> list[Transaction]:
        """End it; return the letters that this ends.

        The first is UNKNOWN where its dot has left, else `why`, or UNTRIED where it is not to blame. Any other was
        only waiting for its turn.
        """
        self.is_over = True
        ended = list(self.pending)
        for place, transaction in enumerate(ended):
            # A refusal stands.
            if transaction.outcome is None:
                transaction.outcome = self._lost(transaction, why if blames and place == 0 else NOBODYS)
        self.pending.clear()
        return ended

    def _lost(self, transaction: Transaction, why: Outcome) -> Outcome:
        return Outcome(Result.UNKNOWN, *why.reply) if self._dot_has_left(transaction) else why

    def _dot_has_left(self, transaction: Transaction) -> bool:
        return transaction.end is not None and self.sent > transaction.end - len(FINAL_DOT)

    def _say(self, words: bytes, transaction: Transaction, *phases: Phase) -> None:
        self.outgoing.append(words)
        self.given += len(words)
        for phase in phases:
            self.awaited.append((phase, transaction))

    @property
    def _text(self) -> str:
        """The words of the reply that has just been read."""
        return words_of(b"\n".join([line[4:].rstrip(b"\r") for line in self.said]))

    def _answered(self, code: int) -> list[Transaction]:
        if not self.awaited:
            return self.lost(trouble(code, self._text))
        phase, transaction = self.awaited.popleft()
        if phase is DOT:
            return self._taken_or_not(transaction, outcome_of(code, self._text))
        if phase is RSET:
            return self._ended(transaction, keep=code == 250)
        if transaction.outcome is not None:
            # The reply to the DATA of an envelope whose recipient was refused. After a 354 no command could follow.
            return self._ended(transaction, keep=False) if code in (354, CLOSING) else self._reset(transaction)
        if phase is DATA:
            return self._welcomed_or_not(transaction, code)
        if code // 100 == 2:
            self._go_on(phase, transaction)
            return []
        if phase is MAIL:
            # What the relay holds against the sender is no reader's fault.
            return self.lost(trouble(code, self._text))
        return self._refused(transaction, outcome_of(code, self._text))

    def _go_on(self, phase: Phase, transaction: Transaction) -> None:
        """Say the next command where each waits for the answer to the one before."""
        if self.pipelining:
            return
        if phase is MAIL:
            self._say(b"RCPT TO:" + path(transaction.recipient) + b"\r\n", transaction, RCPT)
        else:
            self._say(b"DATA\r\n", transaction, DATA)

    def _welcomed_or_not(self, transaction: Transaction, code: int) -> list[Transaction]:
        if code == 354:
            transaction.welcome = True
            return [transaction]
        outcome = outcome_of(code, self._text)
        if outcome.result is Result.ACCEPTED:
            outcome = trouble(*outcome.reply)
        return self._refused(transaction, outcome)

    def _refused(self, transaction: Transaction, outcome: Outcome) -> list[Transaction]:
        transaction.outcome = outcome
        if outcome.result is Result.TROUBLE or outcome.code == CLOSING:
            return self._ended(transaction, keep=False)
        return [] if self.awaited else self._reset(transaction)

    def _reset(self, transaction: Transaction) -> list[Transaction]:
        self._say(b"RSET\r\n", transaction, RSET)
        return []

    def _taken_or_not(self, transaction: Transaction, outcome: Outcome) -> list[Transaction]:
        keep = outcome.code != CLOSING
        if not self._dot_has_left(transaction):
            # Said in the middle of the content: what is left of it would be taken for commands.
            outcome, keep = trouble(*outcome.reply) if outcome.result is Result.ACCEPTED else outcome, False
        elif outcome.result is Result.TROUBLE:
            outcome, keep = Outcome(Result.UNKNOWN, *outcome.reply), False
        transaction.outcome = outcome
        return self._ended(transaction, keep)

    def _ended(self, transaction: Transaction, keep: bool) -> list[Transaction]:
        self.pending.remove(transaction)
        return [transaction] if keep else [transaction, *self.lost(NOBODYS, blames=False)]


def code_of(line: bytes) -> int:
    """Return a reply's code (RFC 5321, 4.2); -1 for what is no reply."""
    digits = line[:3]
    return int(digits) if len(digits) == 3 and digits.isdigit() else -1
