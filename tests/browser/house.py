"""A demo of our own: the whole of First Wednesday in a copy of this checkout, for a browser to walk through."""

import email.policy
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from config.children import ends_with_us
from config.ports import free_port
from config.services import Services
from tests.config.machine import copy_checkout, wait_for

START_SECONDS = 180
STOP_SECONDS = 20
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR")
# The clock looks every other second, so that nobody waits for a quarter of a minute.
QUICK_CLOCK = {"READ_DOT_ENV": "no", "TICK_SECONDS": "2"}


@dataclass(frozen=True)
class House:
    """A running demo: where its site answers, and where its files are."""

    site: str
    checkout: Path

    def letters_to(self, address: str) -> list[str]:
        """Return the mailbox's keys of the letters to an address, the oldest first."""
        stamp = f"Delivered-To: {address}\r\n".encode()
        found = [path for path in self._mailbox() if stamp in path.read_bytes()[:1000]]
        return [path.name for path in sorted(found, key=lambda path: path.stat().st_mtime)]

    def letter(self, key: str) -> EmailMessage:
        """Return one letter of the mailbox."""
        raw = (self.checkout / "var/demo/mailbox/new" / key).read_bytes()
        return BytesParser(_class=EmailMessage, policy=email.policy.default).parsebytes(raw)

    def link_in(self, key: str, path: str) -> str:
        """Return the first link below `path` of our site that a letter's text holds."""
        text = self.letter(key).get_body(("plain",)).get_content()
        return re.search(rf"{re.escape(self.site + path)}\S+", text).group()

    def await_letter(self, address: str, number: int = 1, seconds: float = 30) -> str:
        """Wait until so many letters have come to an address, and return the newest one's key."""
        assert wait_for(lambda: len(self.letters_to(address)) >= number, seconds), f"No letter came to {address}."
        return self.letters_to(address)[-1]

    def await_letter_of_issue(self, seconds: float = 90) -> str:
        """Wait until the demo has begun to mail its issue, and return the key of one copy."""
        assert wait_for(self._letter_of_issue, seconds), "The demo has mailed no issue."
        return self._letter_of_issue()

    def readers_of_issue(self) -> list[str]:
        """Return to whom each copy of an issue went."""
        letters = (path.read_bytes()[:8000] for path in self._mailbox())
        return [re.search(rb"Delivered-To: (\S+)", raw)[1].decode() for raw in letters if b"\nList-Id:" in raw]

    def manage(self, *words: str) -> str:
        """Run a management command against this demo and return what it printed."""
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(command, cwd=self.checkout, env=environment(), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _letter_of_issue(self) -> str:
        copies = (path.name for path in self._mailbox() if b"\nList-Id:" in path.read_bytes()[:8000])
        return next(copies, "")

    def _mailbox(self) -> list[Path]:
        folder = self.checkout / "var/demo/mailbox/new"
        return list(folder.iterdir()) if folder.is_dir() else []


@contextmanager
def own_house(checkout: Path, **variables: str) -> Iterator[House]:
    """Copy this checkout to a new folder, run its demo inside `with`, and leave no service behind.

    `variables` are further settings of its environment.
    """
    copy_checkout(checkout)
    port = free_port()
    log = checkout / "demo.log"
    with log.open("wb") as output:
        launcher = subprocess.Popen(
            [sys.executable, "-m", "config.launch"],
            cwd=checkout,
            env=environment() | variables | {"PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=ends_with_us(signal.SIGTERM),
        )
    house = House(f"http://127.0.0.1:{port}", checkout)
    try:
        started = wait_for(lambda: launcher.poll() is not None or answers(house.site), START_SECONDS)
        assert started and launcher.poll() is None, log.read_text(errors="replace")
        yield house
    finally:
        launcher.terminate()
        launcher.wait(STOP_SECONDS)
        Services(checkout / "var" / "demo").remove()


def environment() -> dict[str, str]:
    """Return the environment of a person who has set up nothing but a quick clock."""
    return {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ} | QUICK_CLOCK


def answers(site: str) -> bool:
    """Tell whether the site is there."""
    try:
        with urllib.request.urlopen(f"{site}/healthz", timeout=5) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False
