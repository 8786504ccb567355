"""One connection to the relay: a conversation over a socket that never blocks."""

import select
import smtplib
import socket
import ssl
import time
from contextlib import suppress

from django.conf import settings

from mailings.conversation import DOT, Conversation, Transaction, path
from mailings.transport import Outcome, Result, connected, failure, said_name, trouble

AT_ONCE = 65_536
# What TLS puts into one record (RFC 8446, 5.1): of more, `send` may send a part and say that it sent nothing.
RECORD = 16_384
BLOCKED = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Line:
    """A connection that was opened and logged in to; `relay` is the name it greeted by."""

    def __init__(self, smtp: smtplib.SMTP, sender: str) -> None:
        assert smtp.sock is not None
        self.smtp = smtp
        self.socket: socket.socket = smtp.sock
        self.is_encrypted = isinstance(smtp.sock, ssl.SSLSocket)
        self.relay = said_name(smtp)
        self.talk = Conversation(sender, smtp.has_extn("pipelining"))
        self.letters = 0
        self.unsent: bytes | memoryview = b""
        self.active_at = time.monotonic()
        self.socket.setblocking(False)

    @classmethod
    def opened(cls, sender: str) -> "Line":
        """Open a connection and log in. Raises OSError, SMTPException, or ValueError for an odd sender."""
        path(sender)
        return cls(connected(), sender)

    def fileno(self) -> int:
        """Return what a selector watches."""
        return self.socket.fileno()

    @property
    def wants_to_send(self) -> bool:
        """Whether something is left to send."""
        return bool(self.unsent or self.talk.outgoing)

    def begin(self, transaction: Transaction) -> None:
        """Begin a letter's envelope. Raises ValueError for a recipient that cannot be written."""
        self.talk.begin(transaction)
        self.active_at = time.monotonic()

    def give(self, transaction: Transaction, *content: bytes) -> None:
        """Give a welcome letter's content."""
        self.letters += 1
        self.talk.give(transaction, *content)
        self.active_at = time.monotonic()

    def read(self) -> list[Transaction]:
        """Take in what the relay said; return the letters that are welcome now, or over."""
        changed: list[Transaction] = []
        try:
            while not self.talk.is_over:
                data = self.socket.recv(AT_ONCE)
                if not data:
                    return [*changed, *self.lose(trouble(text="Connection unexpectedly closed"))]
                self.active_at = time.monotonic()
                changed += self.talk.hear(data)
                # Of an encrypted connection, more may lie ready here while the socket has nothing.
                if not self.is_encrypted:
                    break
        except BLOCKED:
            pass
        except OSError as error:
            return [*changed, *self.lose(trouble(text=str(error)))]
        return changed

    def write(self) -> list[Transaction]:
        """Send what can be sent now; return the letters that are over because it cannot be."""
        try:
            while self.wants_to_send and not self.talk.is_over:
                if not self.unsent:
                    self.unsent = b"".join(self.talk.outgoing)
                    self.talk.outgoing.clear()
                number = self.socket.send(self.unsent[:RECORD] if self.is_encrypted else self.unsent)
                self.talk.sent += number
                self.unsent = memoryview(self.unsent)[number:]
                self.active_at = time.monotonic()
        except BLOCKED:
            pass
        except OSError as error:
            # What the relay said before it hung up may still be there, and may be an answer.
            return self.read() or self.lose(trouble(text=str(error)))
        return []

    def lose(self, why: Outcome) -> list[Transaction]:
        """Take the connection for lost; return the letters that this ends."""
        return [] if self.talk.is_over else self.talk.lost(why)

    def patience(self) -> float | None:
        """Return how long the relay may still take to answer, in seconds; None while nothing is asked of it."""
        if not self.talk.awaited and not self.wants_to_send:
            return None
        final = not self.wants_to_send and self.talk.awaited[0][0] is DOT
        seconds = settings.SMTP_FINAL_REPLY_SECONDS if final else settings.SMTP_COMMAND_SECONDS
        return self.active_at + seconds - time.monotonic()

    def close(self) -> None:
        """Take leave without waiting for an answer; in the middle of a letter without a word, for it would be part."""
        if self.talk.is_at_rest and not self.wants_to_send:
            with suppress(OSError):
                self.socket.send(b"QUIT\r\n")
        self.talk.is_over = True
        self.smtp.close()


def post(sender: str, recipient: str, letter: bytes) -> Outcome:
    """Send one letter, dot-stuffed and with CRLF at its end, over a connection of its own; return what became of it."""
    try:
        line = Line.opened(sender)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return failure(error)
    try:
        return posted(line, Transaction(recipient), letter)
    finally:
        line.close()


def posted(line: Line, transaction: Transaction, letter: bytes) -> Outcome:
    """Drive one letter to its end."""
    try:
        line.begin(transaction)
    except ValueError as error:
        # The address holds what no SMTP command can carry: it never will.
        return Outcome(Result.REFUSED, text=f"the address cannot be written: {error}")
    while transaction.outcome is None:
        if transaction.welcome and transaction.end is None:
            line.give(transaction, letter)
        line.write()
        wait = line.patience()
        readable, _, _ = select.select([line], [line] if line.wants_to_send else [], [], max(0, wait or 0))
        if readable:
            line.read()
        elif (left := line.patience()) is not None and left <= 0:
            line.lose(trouble(text="timed out"))
    return transaction.outcome
