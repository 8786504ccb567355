"""The oracle: a fast SMTP server that knows for certain what it accepted, and breaks where it is told to."""

import datetime
import itertools
import os
import random
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.db import connections

# The phases of a conversation, in order. TAKEN: the letter is written down, its 250 is not sent yet.
GREETING, EHLO, AUTH, MAIL, RCPT, DATA, BODY, DOT, TAKEN, ANSWERED = (
    "greeting",
    "EHLO",
    "AUTH",
    "MAIL",
    "RCPT",
    "DATA",
    "body",
    "dot",
    "taken",
    "answered",
)
DROP = "drop"
POLITE = {
    GREETING: "220 oracle.example.org",
    EHLO: "250-oracle.example.org\r\n250 AUTH PLAIN",
    AUTH: "235 welcome",
    MAIL: "250 OK",
    RCPT: "250 OK",
    DATA: "354 go on",
    TAKEN: "250 2.0.0 Ok: queued",
    "RSET": "250 OK",
    "NOOP": "250 OK",
    "QUIT": "221 bye",
}


@dataclass
class Moment:
    """A conversation at one phase: how many came to this phase (from 1), and the letter as far as it is known."""

    phase: str
    number: int
    port: int
    address: str = ""
    message_id: str = ""
    rcpt_at: float = 0


Script = Callable[[Moment], str | None]


class HungUp(Exception):
    """The script says to leave now."""


def nth(number: int, call: Callable[[Moment], str | None]) -> Script:
    """Do something once, at the n-th that comes to the phase."""
    return lambda moment: call(moment) if moment.number == number else None


def each(number: int, answer: str) -> Script:
    """Answer so each n-th time."""
    return lambda moment: answer if moment.number % number == 0 else None


def share(part: float, answer: str, seed: int = 1) -> Script:
    """Answer so by chance, in a share of all cases; the same ones for the same seed."""
    chance = random.Random(seed)
    return lambda moment: answer if chance.random() < part else None


class Oracle:
    """An SMTP server on a loopback port of its own; `at` says what it does at each phase.

    A client that is silent for `patience` seconds is left, as every relay does.
    """

    def __init__(self, folder: Path, patience: float = 2) -> None:
        self.record = folder / "accepted"
        self.log = folder / "mail.log"
        self.patience = patience
        self.at: dict[str, Script] = {}
        self.port = 0
        self.count = 0
        self.numbers: dict[str, Iterator[int]] = {phase: itertools.count(1) for phase in POLITE}
        self.numbers |= {phase: itertools.count(1) for phase in (BODY, DOT, ANSWERED)}
        self.lock = threading.Lock()
        self.door: socket.socket | None = None
        self.write(self.record, "")
        self.write(self.log, f"{now()} oracle postfix/master[1]: daemon started\n")

    def listen(self) -> None:
        """Open the port: a free one the first time, the same one ever after."""
        self.door = socket.create_server(("127.0.0.1", self.port), backlog=100)
        self.port = self.door.getsockname()[1]
        threading.Thread(target=self._serve, args=[self.door], daemon=True).start()

    def refuse(self) -> None:
        """Close the port: whoever calls now is refused. Conversations under way go on."""
        if self.door is not None:
            with suppress(OSError):
                self.door.shutdown(socket.SHUT_RDWR)
            self.door.close()
            self.door = None

    def _serve(self, door: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, (_, port) = door.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.settimeout(self.patience)
                threading.Thread(target=Talk(self, connection, port).run, daemon=True).start()

    def accept(self, moment: Moment) -> None:
        """Write a letter down, in the record and then in the log, before anybody is told."""
        queue, stamp = f"{moment.number:X}Q{moment.port:X}", now()
        with self.lock:
            self.write(self.record, f"{moment.message_id} {moment.address} {moment.rcpt_at}\n")
            self.count += 1
        cleanup = f"{stamp} oracle postfix/cleanup[2]: {queue}: message-id={moment.message_id}\n"
        self.write(
            self.log,
            f"{cleanup}{stamp} oracle postfix/qmgr[3]: {queue}: from=<b@example.org>, nrcpt=1 (queue active)\n",
        )

    @staticmethod
    def write(path: Path, words: str) -> None:
        """Append to a file with one system call, so that lines of several threads do not mix."""
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(file, words.encode())
        finally:
            os.close(file)

    def took_more_than(self, number: int) -> bool:
        """Whether more than so many letters were accepted by now."""
        return self.count > number

    def accepted(self) -> list[tuple[str, str, float]]:
        """Message-ID and address of each copy accepted, in order, and when its recipient was named (epoch seconds)."""
        lines = [line.split() for line in self.record.read_text().splitlines()]
        return [(message_id, address, float(rcpt_at)) for message_id, address, rcpt_at in lines]

    def copies(self) -> Counter[str]:
        """How many copies of each Message-ID were accepted."""
        return Counter(message_id for message_id, _, _ in self.accepted())


class Talk:
    """One conversation."""

    def __init__(self, oracle: Oracle, connection: socket.socket, port: int) -> None:
        self.oracle = oracle
        self.connection = connection
        self.lines = connection.makefile("rb")
        self.letter = Moment("", 0, port)

    def run(self) -> None:
        """Talk until either side hangs up; what a script asked the database is asked on connections of its own."""
        with self.connection, self.lines, suppress(OSError, HungUp):
            try:
                self.log("connect from localhost[127.0.0.1]")
                self.say(GREETING)
                for line in self.lines:
                    self.obey(line.decode("ascii", "replace").strip())
            finally:
                connections.close_all()

    def obey(self, command: str) -> None:
        """Do what one command says."""
        verb = command.partition(" ")[0].upper()
        if verb == RCPT:
            self.letter.address = command.partition("<")[2].partition(">")[0]
            self.letter.rcpt_at = datetime.datetime.now().timestamp()
        if verb not in POLITE:
            self.send("500 what?")
        elif self.say(verb).startswith("354"):
            self.take_letter()

    def take_letter(self) -> None:
        """Read a letter to its final dot, accept it unless the script says otherwise, and answer."""
        self.letter.message_id = ""
        begun = False
        for line in self.lines:
            if not begun:
                begun = True
                self.turn(BODY)
            if line == b".\r\n":
                break
            if not self.letter.message_id and line.startswith(b"Message-ID: "):
                self.letter.message_id = line[12:].decode().strip()
        else:
            raise HungUp
        refusal = self.turn(DOT)
        if refusal is not None:
            return self.send(refusal)
        self.letter.number = next(self.oracle.numbers[TAKEN])
        self.oracle.accept(self.letter)
        self.send(self.turn(TAKEN, self.letter.number) or POLITE[TAKEN])
        self.turn(ANSWERED)
        return None

    def say(self, phase: str) -> str:
        """Answer a phase as the script says, or politely; return what was said."""
        words = self.turn(phase) or POLITE[phase]
        self.send(words)
        return words

    def turn(self, phase: str, number: int = 0) -> str | None:
        """Ask the script about a phase; it may say DROP."""
        self.letter.phase, self.letter.number = phase, number or next(self.oracle.numbers[phase])
        script = self.oracle.at.get(phase)
        words = script(self.letter) if script else None
        if words == DROP:
            raise HungUp
        return words

    def log(self, words: str) -> None:
        """Write a line as Postfix's intake does; its last one tells until when the log knows of all letters."""
        self.oracle.write(self.oracle.log, f"{now()} oracle postfix/smtpd[{self.letter.port}]: {words}\n")

    def send(self, words: str) -> None:
        self.connection.sendall(f"{words}\r\n".encode())


def now() -> str:
    """The moment as Postfix writes it into its log."""
    return datetime.datetime.now(datetime.UTC).isoformat()


@contextmanager
def running_oracle(folder: Path, patience: float = 2) -> Iterator[Oracle]:
    """Run an oracle that keeps its files in a folder."""
    oracle = Oracle(folder, patience)
    oracle.listen()
    try:
        yield oracle
    finally:
        oracle.refuse()
