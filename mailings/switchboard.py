"""The connections of a turn: opened, watched and left by one thread, and the post of those that work beside it."""

import selectors
import smtplib
import socket
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings

from mailings.conversation import CLOSING, Transaction, path
from mailings.line import Line
from mailings.transport import Outcome, Result, connected, failure, trouble


@dataclass(eq=False)
class Place:
    """Where a connection may be: none yet, one that is being opened, or a line."""

    line: Line | None = None
    is_calling: bool = False
    is_given_up: bool = False
    is_full: bool = False
    strikes: int = 0

    @property
    def is_vacant(self) -> bool:
        """Whether a connection may be opened here."""
        return self.line is None and not self.is_calling and not self.is_given_up


# A connection that fails twice in a row with no letter between is not tried again in this turn.
MOST_STRIKES = 2
STRIKES = {Result.TROUBLE: 2, Result.LOGIN: 2, Result.UNKNOWN: 1}


class Switchboard(ABC):
    """At most so many connections as the settings say.

    One is opened first, and the others once the relay has answered a letter there (`is_proven`): a relay that is away,
    or refuses our login, is asked once. `is_short` says that a line, or a letter for one, has become free.
    """

    def __init__(self, sender: str) -> None:
        self.sender = sender
        self.places = [Place() for _ in range(settings.SMTP_CONNECTIONS)]
        self.open = 0
        self.is_short = True
        self.is_proven = self.is_ending = self.is_left = self.is_closed = False
        self.trouble = trouble()
        self.post: deque[Callable[[], None]] = deque()
        self.bell, self.button = socket.socketpair()
        self.bell.setblocking(False)
        self.button.setblocking(False)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.bell, selectors.EVENT_READ, self.read_post)

    @abstractmethod
    def assign(self, place: Place) -> None:
        """Begin letters on a line while it is free, and send what there is to send."""

    @abstractmethod
    def changed(self, place: Place, transactions: list[Transaction]) -> None:
        """Go on with letters that the relay welcomes, settle those that are over."""

    def tell(self, what: Callable[[Any], None], answer: object) -> None:
        """Leave something for the loop, from any thread."""
        self.post.append(partial(what, answer))
        # A bell that is full rings already; one that is closed has nobody to call.
        with suppress(OSError):
            self.button.send(b"!")

    def read_post(self) -> None:
        """Do what others have left."""
        with suppress(BlockingIOError):
            self.bell.recv(1024)
        while self.post:
            self.post.popleft()()

    def called(self, place: Place, answer: smtplib.SMTP | Exception) -> None:
        """Take in a connection, or why there is none."""
        place.is_calling = False
        try:
            if isinstance(answer, Exception):
                raise answer
            place.line = Line(answer, self.sender)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            self.give_up(place, failure(error))
            return
        self.open += 1
        self.selector.register(place.line, selectors.EVENT_READ, partial(self.heard, place))
        self.assign(place)

    def call(self, place: Place) -> None:
        """Open a connection, which may take its time."""
        place.is_calling = True
        threading.Thread(target=self._call, args=[place], daemon=True).start()

    def _call(self, place: Place) -> None:
        try:
            path(self.sender)
            answer: smtplib.SMTP | Exception = connected()
        except Exception as error:
            answer = error
        self.tell(partial(self.called, place), answer)
        if self.is_closed and isinstance(answer, smtplib.SMTP):
            answer.close()

    def heard(self, place: Place) -> None:
        """Read what the relay says on a line, and go on sending."""
        if place.line is not None:
            self.changed(place, place.line.read())
        self.assign(place)

    def send(self, place: Place) -> None:
        """Send what can be sent on a line, and be told when there is room for the rest."""
        line = place.line
        assert line is not None
        changed = line.write()
        if place.is_full != line.wants_to_send:
            place.is_full = line.wants_to_send
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if place.is_full else 0)
            self.selector.modify(line, events, partial(self.heard, place))
        self.changed(place, changed)

    def vacate(self, place: Place) -> None:
        """Leave a line."""
        if place.line is not None:
            self.selector.unregister(place.line)
            place.line.close()
            self.open -= 1
            place.line, place.is_full = None, False
            self.is_short = True

    def call_for(self, letters: int) -> None:
        """Open as many connections as letters wait for one; a first one only, as long as none was proven."""
        wanted = letters if self.is_proven else min(letters, 1)
        for place in self.places:
            if wanted <= 0:
                return
            if place.is_vacant:
                self.call(place)
            wanted -= not place.is_given_up

    def begun(self) -> list[Transaction]:
        """Return the letters that are under way on any line."""
        lines = [place.line for place in self.places if place.line is not None]
        return [transaction for line in lines for transaction in line.talk.pending]

    def judge(self, place: Place, outcome: Outcome) -> None:
        """Count for or against a connection what became of a letter on it."""
        strikes = 1 if outcome.code == CLOSING else STRIKES.get(outcome.result, 0)
        if strikes:
            place.strikes += strikes
            self.trouble = outcome
        elif outcome.result is not Result.UNTRIED:
            place.strikes = 0
            if not self.is_proven:
                self.is_proven = self.is_short = True

    def left_by_relay(self, place: Place) -> None:
        """Leave a line that is over; one that failed too often for good."""
        self.vacate(place)
        if place.strikes >= MOST_STRIKES:
            self.give_up(place, self.trouble)

    def lose_silent(self) -> None:
        """Take lines for lost on which an answer does not come in time."""
        for place in self.places:
            if place.line is not None and (left := place.line.patience()) is not None and left <= 0:
                self.changed(place, place.line.lose(trouble(text="timed out")))

    def give_up(self, place: Place, why: Outcome) -> None:
        """Open no connection here again; the turn ends where there is no other, or the relay never worked for us."""
        place.is_given_up = self.is_short = True
        self.trouble = why
        if not self.is_proven or why.result is Result.LOGIN or all(place.is_given_up for place in self.places):
            self.is_ending = self.is_left = True

    def hang_up(self) -> None:
        """Leave all lines."""
        self.is_closed = True
        for place in self.places:
            self.vacate(place)
        self.selector.close()
        self.bell.close()
        self.button.close()
