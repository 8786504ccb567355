"""The processes of a Procfile: started together, their output shown line by line, all stopped together."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Self, TextIO

from honcho.colour import get_colours
from honcho.environ import parse_procfile
from honcho.printer import Message, Printer

from config.children import Process, ends_with_us, undisturbed

# Together with the services' own stop these stay below ten.
STOP_SECONDS = 6
STOP_SECONDS_OF_FIRST = 2


def say(words: str, stream: TextIO | None = None) -> None:
    """Write a line for the person at the terminal, on standard output unless told otherwise."""
    stream = stream or sys.stdout
    with only_if_heard(stream):
        stream.write(f"{words}\n")
        stream.flush()


@contextmanager
def only_if_heard(stream: TextIO) -> Iterator[None]:
    """Let what is written to a closed terminal or pipe go nowhere, now and from then on."""
    try:
        yield
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class Company:
    """The processes of one Procfile; inside `with` they run.

    Each has a session of its own and ends with us, even by kill -9. (honcho's Manager has neither: its
    helpers outlive it, and a signal between start and first report, or a dead terminal, breaks its stop.)
    """

    def __init__(self, procfile: Path, environment: Mapping[str, str]) -> None:
        self.folder = procfile.parent
        self.commands: dict[str, str] = parse_procfile(procfile.read_text()).processes
        self.environment = environment
        self.processes: dict[str, Process] = {}
        self.lines: queue.Queue[Message] = queue.Queue()
        self.printer = Printer(sys.stdout, width=max(map(len, self.commands)))

    def __enter__(self) -> Self:
        try:
            for name, command in self.commands.items():
                with undisturbed():
                    self.processes[name] = self._start(command)
        except BaseException:
            self.stop()
            raise
        # Only now: a fork beside running threads may hang.
        for (name, process), colour in zip(self.processes.items(), get_colours(), strict=False):
            threading.Thread(target=self._listen, args=(name, process, colour), daemon=True).start()
        return self

    def __exit__(self, *fault: object) -> None:
        self.stop()

    def ended(self) -> str | None:
        """Show what the processes said lately (waits up to 0.2 s) and name the first one that has ended."""
        with suppress(queue.Empty):
            self._print(self.lines.get(timeout=0.2))
            while True:
                self._print(self.lines.get_nowait())
        return next((name for name, process in self.processes.items() if process.poll() is not None), None)

    def stop(self) -> None:
        """Ask all to stop, and kill what does not; the first goes last, because the others lean on it."""
        first, others = list(self.processes.values())[:1], list(self.processes.values())[1:]
        self._stop(others, STOP_SECONDS)
        self._stop(first, STOP_SECONDS_OF_FIRST)

    def _stop(self, processes: Sequence[Process], seconds: float) -> None:
        for process in processes:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and any(process.poll() is None for process in processes):
            self.ended()
        for process in processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _start(self, command: str) -> Process:
        return subprocess.Popen(
            ["/bin/sh", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            env=self.environment,
            start_new_session=True,
            preexec_fn=ends_with_us(signal.SIGTERM),
        )

    def _listen(self, name: str, process: Process, colour: str) -> None:
        for line in process.stdout or ():
            self.lines.put(Message("line", line, datetime.now(), name, colour))

    def _print(self, message: Message) -> None:
        with only_if_heard(sys.stdout):
            self.printer.write(message)
