"""Servers that take letters and throw them away: Postfix's smtp-sink, and one that waits before it says so."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from config.ports import free_port
from config.programs import CannotRun
from tests.bench.tools import program, with_libraries

BACKLOG = "1000"


@contextmanager
def smtp_sink() -> Iterator[tuple[int, int]]:
    """Run Postfix's smtp-sink; yield its port and its process's number."""
    sink, port = program("smtp-sink", "postfix"), free_port()
    # It must not run as root.
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [sink, *user, f"inet:127.0.0.1:{port}", BACKLOG]
    with taking(port, subprocess.Popen(command, env=with_libraries(sink))) as number:
        yield port, number


@contextmanager
def slow_sink(seconds: float) -> Iterator[tuple[int, int]]:
    """Run a server that answers each letter's final dot after so many seconds (smtp-sink can only wait whole ones)."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.slow_sink", str(port), str(seconds)]
    with taking(port, subprocess.Popen(command)) as number:
        yield port, number


@contextmanager
def taking(port: int, process: subprocess.Popen) -> Iterator[int]:
    """Wait until a server answers at a port; end it afterwards."""
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise CannotRun("The server for letters did not start.") from None
                time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)
