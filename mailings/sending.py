"""Claim, drive, record: one worker's turn at a mailing, with as many connections as the settings say."""

import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType

from django.db import DatabaseError, InterfaceError, connection

from mailings import breaker, sweeps
from mailings.dispatch import Dispatch
from mailings.drain import Drain
from mailings.instants import Clock
from mailings.models import Mailing
from mailings.statements import is_lost, one_line
from publication.models import SenderClaim

log = logging.getLogger(__name__)


class PoliteStop:
    """Turns the first SIGTERM into a wish to stop after the letters at hand; only the main thread can."""

    def __init__(self) -> None:
        self.wished = False
        self.before: Callable | int | None = None

    def __enter__(self) -> "PoliteStop":
        if threading.current_thread() is threading.main_thread():
            self.before = signal.signal(signal.SIGTERM, self._wish)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.before is None:
            return
        signal.signal(signal.SIGTERM, self.before)
        if self.wished:
            signal.raise_signal(signal.SIGTERM)

    def _wish(self, number: int, frame: FrameType | None) -> None:
        self.wished = True


def drain(mailing_id: int, seconds: float) -> int:
    """Send letters of a mailing for a while; return how many were accepted.

    It ends early when none is due, the worker is to stop, or the relay or the database cannot be reached; at once
    where another installation sends from this database.
    """
    if not SenderClaim.objects.is_ours():
        return 0
    mailing = Mailing.objects.select_related("bulletin").get(pk=mailing_id)
    clock = Clock.read()
    breaker.look_again(mailing, clock.now())
    turn = Drain(mailing, clock)
    with PoliteStop() as stop:
        try:
            Dispatch(turn, seconds, lambda: stop.wished).run()
        except ConnectionError as error:
            log.warning("the relay cannot be reached: %s", error)
        except (DatabaseError, InterfaceError) as error:
            if not is_lost(error):
                raise
            # What is claimed comes back when its lease ends.
            log.warning("the database cannot be reached: %s", one_line(error))
            connection.close()
    sweeps.finish(clock.now())
    return turn.sent
