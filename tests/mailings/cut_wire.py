"""A wire to PostgreSQL that is cut at a chosen statement: before it arrives, or before its answer comes back."""

import select
import socket
import struct
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum

from django.db import connection
from pytest import MonkeyPatch

# ReadyForQuery, not in a transaction: what a statement did is committed (PostgreSQL's protocol 3, "Simple Query").
COMMITTED = b"Z\x00\x00\x00\x05I"
# NoticeResponse: what a server says to clients at rest before it leaves because another of its processes crashed.
LEAVING = b"SWARNING\0VWARNING\0C57P02\0Mterminating connection because of a crash\0\0"


class Cut(Enum):
    """When the wire is cut."""

    BEFORE_IT_ARRIVED = "before the statement reached the server"
    BEFORE_THE_ANSWER = "after the server committed, before its answer came back"
    IN_THE_MIDDLE = "while the server works on it"


@dataclass
class Wire:
    """Carries connections; `cuts` says at which words of a statement, when, and each entry once."""

    target: str
    cuts: list[tuple[str, Cut]] = field(default_factory=list)
    made: int = 0
    clients: list[socket.socket] = field(default_factory=list)

    def serve(self, server: socket.socket) -> None:
        """Carry each connection in a thread of its own until the server is closed."""
        with suppress(OSError):
            while True:
                client, _ = server.accept()
                self.clients.append(client)
                threading.Thread(target=self.carry, args=[client], daemon=True).start()

    def carry(self, client: socket.socket) -> None:
        """Carry one connection until one side ends it, or it is cut."""
        with suppress(OSError), closing(client), socket.socket(socket.AF_UNIX) as server:
            server.connect(self.target)
            while all(self.pass_on(source, client, server) for source in select.select([client, server], [], [])[0]):
                pass

    def crash(self) -> None:
        """Say the server's last words to all clients, and leave."""
        for client in self.clients:
            with suppress(OSError):
                client.sendall(b"N" + struct.pack("!i", len(LEAVING) + 4) + LEAVING)
                client.shutdown(socket.SHUT_RDWR)

    def pass_on(self, source: socket.socket, client: socket.socket, server: socket.socket) -> bool:
        """Pass on what one side said; False when the connection is over."""
        data = source.recv(1 << 20)
        if source is server:
            client.sendall(data)
            return data != b""
        cut = self.due(data)
        if cut is not Cut.BEFORE_IT_ARRIVED:
            server.sendall(data)
        if cut is Cut.BEFORE_THE_ANSWER:
            read_to_the_end(server)
        return cut is None and data != b""

    def due(self, data: bytes) -> Cut | None:
        """Take the first cut that is meant for these words."""
        meant = next((cut for cut in self.cuts if cut[0].encode() in data), None)
        if meant is None:
            return None
        self.cuts.remove(meant)
        self.made += 1
        return meant[1]


def read_to_the_end(server: socket.socket) -> None:
    """Read a whole answer."""
    answer = b""
    while not answer.endswith(COMMITTED):
        more = server.recv(1 << 20)
        if not more:
            raise ConnectionError("the server hung up")
        answer += more


@contextmanager
def laid_wire(monkeypatch: MonkeyPatch) -> Iterator[Wire]:
    """Lead the connections that are opened from now on over a wire."""
    place = connection.settings_dict
    wire = Wire(f"{place['HOST']}/.s.PGSQL.{place['PORT']}")
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{folder}/.s.PGSQL.{place['PORT']}")
        server.listen()
        threading.Thread(target=wire.serve, args=[server], daemon=True).start()
        connection.close()
        monkeypatch.setitem(place, "HOST", folder)
        try:
            yield wire
        finally:
            connection.close()
            server.shutdown(socket.SHUT_RDWR)
