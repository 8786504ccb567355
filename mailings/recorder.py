"""One recorder for all connections of a turn: results and marks are committed a round at a time."""

import threading
import time
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from selectors import EVENT_READ, BaseSelector
from typing import Any

import psycopg2
from django.db import connection

from mailings.drain import Drain, Marked
from mailings.link import Link
from mailings.rounds import Round, marked_of

Told = Callable[[Any], None]


class Recorder:
    """Records rounds so that nobody waits for a commit but the letters in it.

    What gathers while one round is committed goes into the next: commits are as many as the disk allows, however
    many letters leave. A round goes over a link that the loop watches; one that is lost there, or that is to be looked
    back at, goes on in a thread, which may wait.
    """

    def __init__(self, drain: Drain, selector: BaseSelector, tell: Callable[[Told, object], None], told: Told) -> None:
        self.drain = drain
        self.selector = selector
        self.tell = tell
        self.told = told
        self.is_busy = self.is_linking = self.is_over = False
        self.link: Link | None = None
        self.round = Round()
        self.values: dict = {}
        self.asked = 0.0
        self.jobs: SimpleQueue[tuple[Callable[[], object], Told] | None] = SimpleQueue()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Recorder":
        self.thread.start()
        self._relink()
        return self

    def __exit__(self, *exception: object) -> None:
        self.is_over = True
        self.jobs.put(None)
        self.thread.join()
        self._unlink()

    def take(self, what: Round) -> None:
        """Record a round; what it grants is told later."""
        self.is_busy, self.round = True, what
        if self.link is None:
            self._patiently(None)
            return
        self.values, self.asked = self.drain.values(what), time.monotonic()
        try:
            self.link.ask(self.values)
        except psycopg2.Error:
            self._lost()
        else:
            self.heard()

    def heard(self) -> None:
        """Take in what the link says."""
        assert self.link is not None
        try:
            answer = self.link.answer()
        except psycopg2.Error:
            self._lost()
        else:
            if answer is not None:
                self._recorded(marked_of(answer))

    def linked(self, answer: Link | Exception | None) -> None:
        """Take in a link; without one, rounds go by the thread."""
        self.is_linking = False
        if not isinstance(answer, Link):
            return
        self.link = answer
        if self.is_over:
            self.link.close()
        else:
            self.selector.register(self.link, EVENT_READ, self.heard)

    def _recorded(self, marked: frozenset[int]) -> None:
        if self.drain.deserves_a_look(self.round, marked):
            self._then(partial(self.drain.looked_back, self.round, marked, self.values["at"]), self.told)
        else:
            self.told(Marked(marked, is_stopped=False))

    def _lost(self) -> None:
        was_asked = self.link is not None and self.link.is_asked
        self._unlink()
        if was_asked:
            self._patiently(self.asked)
        else:
            self._relink()

    def _patiently(self, asked: float | None) -> None:
        self._then(partial(self.drain.record, self.round, asked), self.told)
        self._relink()

    def _relink(self) -> None:
        if not self.is_linking:
            self.is_linking = True
            self._then(self.drain.link, self.linked)

    def _unlink(self) -> None:
        if self.link is not None:
            self.selector.unregister(self.link)
            self.link.close()
            self.link = None

    def _then(self, job: Callable[[], object], told: Told) -> None:
        self.jobs.put((job, told))

    def _run(self) -> None:
        try:
            while (entry := self.jobs.get()) is not None:
                job, told = entry
                try:
                    answer = job()
                except Exception as error:
                    answer = error
                self.tell(told, answer)
        finally:
            connection.close()
