"""A wire to a relay that is cut at one reader's letter: before its final dot, or before the answer to it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import BinaryIO


@dataclass
class SmtpWire:
    """Carries SMTP to a loopback port; each entry of the two sets is cut once."""

    target: int
    before_the_dot: set[str] = field(default_factory=set)
    before_the_answer: set[str] = field(default_factory=set)

    def serve(self, server: socket.socket) -> None:
        """Carry each connection in a thread of its own until the server is closed."""
        with suppress(OSError):
            while True:
                client, _ = server.accept()
                threading.Thread(target=self.carry, args=[client], daemon=True).start()

    def carry(self, client: socket.socket) -> None:
        """Carry one connection until one side ends it, or it is cut."""
        with suppress(OSError), client, socket.create_connection(("127.0.0.1", self.target)) as server:
            said, answers, recipient = client.makefile("rb"), server.makefile("rb"), ""
            with said, answers:
                client.sendall(reply(answers))
                for command in said:
                    server.sendall(command)
                    answer = reply(answers)
                    client.sendall(answer)
                    if command.upper().startswith(b"RCPT"):
                        recipient = command.decode().partition("<")[2].partition(">")[0]
                    if answer.startswith(b"354") and not self.letter(recipient, said, answers, client, server):
                        return

    def letter(
        self, recipient: str, said: BinaryIO, answers: BinaryIO, client: socket.socket, server: socket.socket
    ) -> bool:
        """Carry one letter and its answer; False when the wire was cut."""
        letter = b"".join(iter(said.readline, b".\r\n"))
        server.sendall(letter)
        if recipient in self.before_the_dot:
            self.before_the_dot.discard(recipient)
            return False
        server.sendall(b".\r\n")
        answer = reply(answers)
        if recipient in self.before_the_answer:
            self.before_the_answer.discard(recipient)
            return False
        client.sendall(answer)
        return True


def reply(answers: BinaryIO) -> bytes:
    """Read one reply, of one line or several."""
    lines = [answers.readline()]
    while lines[-1][3:4] == b"-":
        lines.append(answers.readline())
    return b"".join(lines)


@contextmanager
def smtp_wire(target: int) -> Iterator[tuple[SmtpWire, int]]:
    """Run a wire to a loopback port; yield it with its own port."""
    wire = SmtpWire(target)
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=wire.serve, args=[server], daemon=True)
        thread.start()
        try:
            yield wire, server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
