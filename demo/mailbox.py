"""The demo's mail server: takes every letter over SMTP and keeps it in a Maildir. Nothing leaves the machine.

`python -m demo.mailbox` listens where EMAIL_URL points and fills DEMO_MAILBOX.
"""

import asyncio
import mailbox
import os
import signal
from pathlib import Path
from urllib.parse import urlsplit

from aiosmtpd.smtp import SMTP, Envelope, Session


class Postbox:
    """Keeps each letter before it is acknowledged."""

    def __init__(self, folder: Path) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        self.maildir = mailbox.Maildir(folder)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the letter with its envelope in front, then answer."""
        trace = f"Return-Path: <{envelope.mail_from}>\r\nDelivered-To: {envelope.rcpt_tos[0]}\r\n"
        key = self.maildir.add(trace.encode("ascii", "replace") + (envelope.original_content or b""))
        return f"250 OK kept as {key.partition('.')[0]}"


async def serve(folder: Path, host: str, port: int) -> None:
    """Serve until TERM or INT."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    postbox = Postbox(folder)
    server = await loop.create_server(lambda: SMTP(postbox, hostname="localhost"), host, port)
    await over.wait()
    server.close()


def main() -> None:
    place = urlsplit(os.environ["EMAIL_URL"])
    folder = Path(os.environ["DEMO_MAILBOX"])
    asyncio.run(serve(folder, place.hostname or "127.0.0.1", place.port or 25))


if __name__ == "__main__":
    main()
