"""A real Postfix with OpenDKIM, of its own: the operators' sample of deploy/postfix, in a folder, on loopback ports.

Only what a test must move is changed: ports, folders, the way out (to the test's own relay), the key's place.
"""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings

from config.children import command_of
from tests.relay import free_port

SAMPLE = Path(settings.BASE_DIR) / "deploy" / "postfix"
PROGRAMS = ("postfix", "opendkim", "opendkim-genkey")
# Where Debian keeps them; an ordinary user's PATH lacks it.
PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
INTAKE = {"smtpd", "cleanup"}
SERVICES = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def skip_without_postfix() -> None:
    """Skip where there is no Postfix, or nobody who may start it."""
    missing = [name for name in PROGRAMS if shutil.which(name, path=PLACES) is None]
    if missing:
        pytest.skip(f"no {' and no '.join(missing)}: install Debian's packages postfix, opendkim and opendkim-tools")
    if os.geteuid() != 0:
        pytest.skip("Postfix starts as root only: run this test as root, as CI does")


def run(*words: str | Path) -> str:
    """Run a program to its end, in the machine's own time zone, as the system starts it; return what it said."""
    done = subprocess.run(words, env=environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


def environment() -> dict[str, str]:
    """Return an environment without the zone that Django sets."""
    return {"PATH": PLACES, "LANG": "C"}


@dataclass
class Postfix:
    """One instance, with its own queue, log and ports."""

    folder: Path
    port: int
    milter_port: int
    way_out: int

    @property
    def conf(self) -> Path:
        return self.folder / "conf"

    @property
    def log(self) -> Path:
        return self.folder / "postfix.log"

    def configure(self, changes: dict[str, str]) -> None:
        """Write the sample's main.cf with what a test must move, and some changes."""
        lines = (SAMPLE / "main.cf").read_text().replace("8891", str(self.milter_port))
        moved = {
            "queue_directory": self.folder / "queue",
            "data_directory": self.folder / "data",
            "maillog_file": self.log,
            "maillog_file_prefixes": self.folder,
            "relayhost": f"[127.0.0.1]:{self.way_out}",
            "inet_protocols": "ipv4",
            **changes,
        }
        for name, value in moved.items():
            lines = re.sub(rf"(?m)^{name} =.*\n", "", lines) + f"{name} = {value}\n"
        self.conf.mkdir(exist_ok=True)
        (self.conf / "main.cf").write_text(lines)
        (self.conf / "master.cf").write_text(SERVICES.format(port=self.port))

    def start(self) -> None:
        """Start it; it is ready when this returns."""
        for name in ("queue", "data"):
            (self.folder / name).mkdir(exist_ok=True)
        shutil.chown(self.folder / "data", "postfix")
        self.command("start")
        wait_for(self.port)

    def command(self, word: str) -> None:
        """Give Postfix a command, such as stop, reload or logrotate; what it says of it is in its log."""
        try:
            run("postfix", "-c", self.conf, word)
        except AssertionError as error:
            raise AssertionError(f"postfix {word}: {self.log.read_text()[-2000:]}") from error

    def change(self, **changes: str) -> None:
        """Have it read a changed main.cf; no process that takes letters in goes on with the one before."""
        before = self.intake()
        self.configure(changes)
        self.command("reload")
        wait_until(lambda: not before & self.intake(), "the processes of before the reload stay")

    def intake(self) -> set[int]:
        """Return the processes that take letters in."""
        master = (self.folder / "queue" / "pid" / "master.pid").read_text().strip()
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return {int(pid) for pid in children if command_of(int(pid)) in INTAKE}

    def lines(self, words: str) -> list[str]:
        """Return the log's lines with some words."""
        return [line for line in self.log.read_text().splitlines() if words in line]


@dataclass
class Signer:
    """An OpenDKIM with a key of its own."""

    folder: Path
    port: int

    def configure(self) -> None:
        """Make a key, and write the sample's opendkim.conf with its place and the port."""
        run("opendkim-genkey", "-b", "2048", "-d", "example.org", "-s", "bulletin", "-D", self.folder)
        shutil.chown(self.folder / "bulletin.private", "opendkim")
        lines = (SAMPLE / "opendkim.conf").read_text().replace("8891", str(self.port))
        # The folder for passing files is everyone's, which opendkim does not like of a key's.
        lines = lines.replace("/etc/dkimkeys", str(self.folder)) + "RequireSafeKeys no\n"
        (self.folder / "opendkim.conf").write_text(lines)

    def record(self, name: bytes, timeout: int = 5) -> bytes:
        """Answer as the DNS does: with the TXT record that opendkim-genkey says to publish."""
        assert name == b"bulletin._domainkey.example.org."
        return "".join(re.findall(r'"([^"]*)"', (self.folder / "bulletin.txt").read_text())).encode()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run it until the end of the block."""
        signer = subprocess.Popen(["opendkim", "-f", "-x", self.folder / "opendkim.conf"], env=environment())
        try:
            wait_for(self.port)
            yield
        finally:
            signer.terminate()
            signer.wait(30)


def wait_until(what: Callable[[], bool], fault: str) -> None:
    """Wait until something holds; half a minute is more than it ever takes."""
    until = time.monotonic() + 30
    while not what():
        assert time.monotonic() < until, fault
        time.sleep(0.1)


def wait_for(port: int) -> None:
    """Wait until somebody listens on a loopback port."""
    wait_until(lambda: answers(port), f"nobody listens on port {port}")


def answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
        return True
    return False


@contextmanager
def running_postfix(way_out: int) -> Iterator[tuple[Postfix, Signer]]:
    """Run a Postfix that signs and then hands all letters to a loopback port; afterwards nothing of it is left."""
    folder = Path(tempfile.mkdtemp(prefix="first-wednesday-postfix-"))
    folder.chmod(0o755)
    signer = Signer(folder / "dkim", free_port())
    postfix = Postfix(folder, free_port(), signer.port, way_out)
    try:
        signer.folder.mkdir()
        shutil.chown(signer.folder, "opendkim")
        signer.configure()
        postfix.configure({})
        with signer.running():
            postfix.start()
            try:
                yield postfix, signer
            finally:
                postfix.command("stop")
    finally:
        shutil.rmtree(folder)
