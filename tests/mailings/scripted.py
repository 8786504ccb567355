"""An SMTP server that plays a script: at each phase it answers, falls silent, or hangs up."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from django.test import override_settings

DROP = "drop"
SILENCE = "silence"
GREETING, EHLO, MAIL, RCPT, DATA, BODY, DOT, RSET, AUTH, STARTTLS = (
    "greeting",
    "EHLO",
    "MAIL",
    "RCPT",
    "DATA",
    "body",
    "dot",
    "RSET",
    "AUTH",
    "STARTTLS",
)
POLITE = {
    GREETING: "220 scripted",
    EHLO: "250 scripted",
    MAIL: "250 OK",
    RCPT: "250 OK",
    DATA: "354 go on",
    DOT: "250 taken",
    RSET: "250 OK",
    AUTH: "235 OK",
    "QUIT": "221 bye",
}


class HungUp(Exception):
    """The script says to leave now."""


@dataclass
class Scripted:
    """The script (a phase and its answer), and what was heard."""

    script: dict[str, str] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    letters: list[bytes] = field(default_factory=list)
    connections: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def serve(self, server: socket.socket) -> None:
        """Take one connection after the other until the server is closed."""
        while not self.over.is_set():
            with suppress(OSError, HungUp):
                connection, _ = server.accept()
                self.connections += 1
                with connection, connection.makefile("rb") as lines:
                    self.converse(connection, lines)

    def converse(self, connection: socket.socket, lines) -> None:
        """Play the script on one connection."""
        self.answer(connection, GREETING)
        for line in lines:
            verb = line.decode("ascii", "replace").strip().partition(" ")[0].upper()
            self.heard.append(verb)
            self.answer(connection, verb)
            if verb == DATA and self.script.get(DATA, POLITE[DATA]).startswith("354"):
                self.take_letter(connection, lines)

    def take_letter(self, connection: socket.socket, lines) -> None:
        """Read a letter up to its final dot."""
        letter = []
        for line in lines:
            if (words := self.script.get(BODY)) is not None:
                self.leave(words)
            if line == b".\r\n":
                break
            letter.append(line)
        else:
            # What has no final dot is no letter.
            raise HungUp
        self.letters.append(b"".join(letter))
        self.answer(connection, DOT)

    def leave(self, words: str) -> None:
        """Hang up, at once or after a long silence."""
        if words == SILENCE:
            self.over.wait(10)
        raise HungUp

    def answer(self, connection: socket.socket, phase: str) -> None:
        """Answer as the script says; politely where it says nothing."""
        words = self.script.get(phase, POLITE.get(phase, "500 what?"))
        if words in (DROP, SILENCE):
            self.leave(words)
        connection.sendall(f"{words}\r\n".encode())


@contextmanager
def scripted(**script: str) -> Iterator[Scripted]:
    """Run a scripted server on a loopback port, with the mail settings pointing at it."""
    played = Scripted({PHASES.get(name, name.upper()): words for name, words in script.items()})
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=played.serve, args=[server], daemon=True)
        thread.start()
        with override_settings(EMAIL_HOST="127.0.0.1", EMAIL_PORT=server.getsockname()[1]):
            try:
                yield played
            finally:
                played.over.set()
                server.shutdown(socket.SHUT_RDWR)
        thread.join()


PHASES = {"greeting": GREETING, "body": BODY, "dot": DOT}
