"""The file that says how to reach the demo of this checkout: it counts only while its launcher locks it."""

import fcntl
import os
import time
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import IO, Self

from dotenv import dotenv_values

from config.programs import CannotRun

# A reader holds the lock for a moment too, to see whether the launcher lives.
TRIES = 10


class RunningFile:
    """The launcher's own hold on the file: locked from the beginning, removed by `close`."""

    def __init__(self, path: Path) -> None:
        """Lock the file at `path`; raise CannotRun if another launcher holds it."""
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        for _ in range(TRIES):
            self.file = open_private(path)
            if locked(self.file) and same_file(self.file, path):
                return
            self.file.close()
            time.sleep(0.05)
        site = environment_of_running(path).get("SITE_URL")
        raise CannotRun(
            f"A demo of this checkout already runs at {site}/: use that one, or stop it first."
            if site
            else "A demo of this checkout is just starting or stopping: wait a moment."
        )

    def write(self, environment: Mapping[str, str]) -> None:
        """Say how to reach the demo, for `manage.py`."""
        self.file.truncate(0)
        self.file.write("".join(f"{name}={quoted(value)}\n" for name, value in environment.items()))
        self.file.flush()

    def close(self) -> None:
        """Remove the file, then let go of the lock."""
        self.path.unlink(missing_ok=True)
        self.file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()


def environment_of_running(path: Path) -> dict[str, str]:
    """Return the environment of the demo that holds this file; nothing when none runs."""
    try:
        file = path.open()
    except OSError:
        return {}
    with file:
        if locked(file, fcntl.LOCK_SH):
            return {}
        values = dotenv_values(stream=StringIO(file.read()), interpolate=False)
    return {name: value for name, value in values.items() if value is not None}


def open_private(path: Path) -> IO[str]:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "a+")


def locked(file: IO[str], kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def same_file(file: IO[str], path: Path) -> bool:
    """Whether `path` still leads to the open file: a launcher that ends removes its own."""
    return path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat())


def quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
