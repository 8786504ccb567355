"""A real SMTP server that keeps what it accepted, and can be told what to answer."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Session
from aiosmtpd.smtp import Envelope
from aiosmtpd.smtp import Session as State
from django.db import connections
from django.test import override_settings


@dataclass
class Relay:
    """Accepts letters in memory.

    `rcpt_answers` and `data_answers` map an address to the reply to its RCPT or its letter. The connection
    breaks at the RCPT of those in `hang_up_on`, and once after the letter of those in `drop_after`. Beyond
    `most_connections` at a time it refuses. `on_rcpt` and `on_letter` are called with the address before the
    answer, in a thread that may use the database.
    """

    rcpt_answers: dict[str, str] = field(default_factory=dict)
    data_answers: dict[str, str] = field(default_factory=dict)
    drop_after: set[str] = field(default_factory=set)
    hang_up_on: set[str] = field(default_factory=set)
    seconds_a_letter: float = 0
    most_connections: int = 1000
    on_rcpt: Callable[[str], None] | None = None
    on_letter: Callable[[str], None] | None = None
    accepted: list[tuple[str, bytes]] = field(default_factory=list)
    open: list[asyncio.BaseTransport] = field(default_factory=list)

    async def handle_EHLO(
        self, server: Session, session: State, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.open = [transport for transport in self.open if not transport.is_closing()]
        if len(self.open) >= self.most_connections:
            return ["421 too many connections"]
        assert server.transport is not None
        self.open.append(server.transport)
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: Session, session: State, envelope: Envelope, address: str, options: list):
        await aside(self.on_rcpt, address)
        if address in self.hang_up_on:
            server.transport.abort()
        if address in self.rcpt_answers:
            return self.rcpt_answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Session, session: State, envelope: Envelope) -> str:
        address = envelope.rcpt_tos[0]
        await asyncio.sleep(self.seconds_a_letter)
        await aside(self.on_letter, address)
        if address in self.data_answers:
            return self.data_answers[address]
        self.accepted.append((address, envelope.original_content or b""))
        if address in self.drop_after:
            self.drop_after.discard(address)
            server.transport.abort()
        return "250 accepted"

    @property
    def addresses(self) -> list[str]:
        """Who got a letter, in order."""
        return [address for address, _ in self.accepted]

    def letters(self) -> list[EmailMessage]:
        """The accepted letters, parsed."""
        return [parsed(data) for _, data in self.accepted]


def parsed(data: bytes) -> EmailMessage:
    """Return a letter as Python's email package reads it."""
    return BytesParser(policy=SMTP).parsebytes(data)


async def aside(call: Callable[[str], None] | None, address: str) -> None:
    """Call something that may block, with database connections of its own."""
    if call is not None:
        await asyncio.to_thread(called, call, address)


def called(call: Callable[[str], None], address: str) -> None:
    """Call something and close the connections it opened."""
    try:
        call(address)
    finally:
        connections.close_all()


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@contextmanager
def running_relay() -> Iterator[Relay]:
    """Run a relay on a free loopback port, with the mail settings pointing at it."""
    relay = Relay()
    port = free_port()
    controller = Controller(relay, hostname="127.0.0.1", port=port)
    controller.start()
    with override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="127.0.0.1", EMAIL_PORT=port
    ):
        try:
            yield relay
        finally:
            controller.stop()
