"""What the tests of the house look at: processes, modes of folders, ports."""

import os
import shutil
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", "var", ".env", "node_modules", "__pycache__", ".*_cache", ".hypothesis"
)


def copy_checkout(copy: Path) -> Path:
    """Copy this checkout, for a demo of its own, with the virtual environment that runs us."""
    shutil.copytree(ROOT, copy, ignore=NOT_COPIED)
    (copy / ".venv").symlink_to(sys.prefix)
    return copy


def modes_above(path: Path) -> dict[str, str]:
    """Return the mode and owner of every folder above `path`."""
    return {str(folder): f"{(found := folder.stat()).st_mode:o} {found.st_uid}" for folder in path.parents}


def processes_about(*places: Path) -> dict[int, str]:
    """Return the processes, but ourselves, whose command or environment names one of these places."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        command, environment = text_of(entry / "cmdline"), text_of(entry / "environ")
        if any(str(place) in command + environment for place in places):
            found[int(entry.name)] = command.replace("\0", " ")
    return found


def text_of(file: Path) -> str:
    """Return what a file of /proc says; nothing once its process is gone."""
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""


def wait_for(done: Callable[[], object], seconds: float) -> bool:
    """Wait until `done()` is true; tell whether it became so in time."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def listener() -> socket.socket:
    """Return a socket that listens on a free port of the loopback address."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    return taken
