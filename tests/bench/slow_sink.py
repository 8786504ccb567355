"""An SMTP server with PIPELINING that takes every letter, and says so after a while: `slow_sink PORT SECONDS`."""

import asyncio
import sys
from selectors import SelectSelector

END = b"\r\n.\r\n"
GREETING, HELLO, FINE, GO_ON = b"220 slow\r\n", b"250-slow\r\n250 PIPELINING\r\n", b"250 OK\r\n", b"354 go on\r\n"


class Sink(asyncio.Protocol):
    """One connection. What comes behind a letter is answered behind its answer."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.heard = b""
        self.is_letter = self.is_waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(GREETING)

    def data_received(self, data: bytes) -> None:
        """Take in what is said."""
        self.heard += data
        self.go_on()

    def taken(self) -> None:
        """Say that a letter is taken."""
        self.is_waiting = False
        self.transport.write(FINE)
        self.go_on()

    def go_on(self) -> None:
        """Answer what is there."""
        while self.heard and not self.is_waiting:
            mark = END if self.is_letter else b"\r\n"
            # A letter comes whole in a few pieces: looked for from the end.
            place = self.heard.find(mark, max(0, len(self.heard) - 4096) if self.is_letter else 0)
            if place < 0:
                return
            line, self.heard = self.heard[:place], self.heard[place + len(mark) :]
            if self.is_letter:
                self.is_letter, self.is_waiting = False, True
                asyncio.get_running_loop().call_later(self.seconds, self.taken)
            else:
                self.answer(line[:4].upper())

    def answer(self, verb: bytes) -> None:
        """Answer a command."""
        self.is_letter = verb == b"DATA"
        self.transport.write(HELLO if verb == b"EHLO" else GO_ON if self.is_letter else FINE)


async def serve(port: int, seconds: float) -> None:
    """Serve until the end."""
    server = await asyncio.get_running_loop().create_server(lambda: Sink(seconds), "127.0.0.1", port, backlog=1000)
    await server.serve_forever()


if __name__ == "__main__":
    # epoll counts whole milliseconds, and would wait for one too many.
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(SelectSelector())) as runner:
        runner.run(serve(int(sys.argv[1]), float(sys.argv[2])))
