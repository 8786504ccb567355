"""Letters for a turn: claimed ahead, each with its moment, and their leases renewed."""

import logging
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.db import Error, connection

from mailings import pace
from mailings.drain import Drain
from mailings.ledger import BATCH, Claim
from mailings.statements import one_line

log = logging.getLogger(__name__)

# A letter, and the moment (of the monotonic clock) before which it may not leave.
Stock = list[tuple[float, Claim]]


class Supply:
    """Claims and renews in a thread of its own, which waits neither for the relay nor for the recorder."""

    def __init__(self, drain: Drain, tell: Callable[[Stock | Exception], None]) -> None:
        self.drain = drain
        self.tell = tell
        self.is_asked = self.is_over = False
        self.signal = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Supply":
        self.thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.is_over = True
        self.signal.set()
        self.thread.join()

    def ask(self) -> None:
        """Ask for a batch; what was claimed is told later."""
        self.is_asked = True
        self.signal.set()

    def _run(self) -> None:
        due = time.monotonic() + settings.LEASE_RENEWAL_SECONDS
        try:
            while True:
                called = self.signal.wait(max(0, due - time.monotonic()))
                self.signal.clear()
                if self.is_over:
                    return
                if called:
                    self.tell(self._claimed())
                if time.monotonic() >= due:
                    self._renew()
                    due = time.monotonic() + settings.LEASE_RENEWAL_SECONDS
        finally:
            connection.close()

    def _claimed(self) -> Stock | Exception:
        try:
            batch = self.drain.claim(pace.at_once(BATCH))
            return list(zip(pace.moments(len(batch)), batch, strict=True))
        except Exception as error:
            return error

    def _renew(self) -> None:
        try:
            self.drain.renew()
        except Error as error:
            log.warning("leases could not be renewed: %s", one_line(error))
            connection.close()
