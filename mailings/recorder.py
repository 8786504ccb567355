"""One recorder for all connections of a turn: results and marks are committed a round at a time."""

import threading
from collections.abc import Callable
from queue import SimpleQueue

from django.db import connection

from mailings.drain import Marked
from mailings.rounds import Round


class Recorder:
    """Runs rounds in a thread of its own, so that nobody waits for a commit but the letters in it.

    What gathers while one round is committed goes into the next: commits are as many as the disk allows, however
    many letters leave.
    """

    def __init__(self, record: Callable[[Round], Marked], tell: Callable[[Marked | Exception], None]) -> None:
        self.record = record
        self.tell = tell
        self.is_busy = False
        self.rounds: SimpleQueue[Round | None] = SimpleQueue()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Recorder":
        self.thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.rounds.put(None)
        self.thread.join()

    def take(self, what: Round) -> None:
        """Record a round; what it grants is told later."""
        self.is_busy = True
        self.rounds.put(what)

    def _run(self) -> None:
        try:
            while (what := self.rounds.get()) is not None:
                try:
                    answer: Marked | Exception = self.record(what)
                except Exception as error:
                    answer = error
                self.tell(answer)
        finally:
            connection.close()
