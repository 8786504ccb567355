"""What was counted a moment ago, so that many who watch cost no more than one."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

FRESH_SECONDS = 2
# What takes long is counted less often: at most a tenth of the time goes into it, however large a mailing is.
TIMES_ITS_COST = 10

Result = TypeVar("Result")


class Kept:
    """Results of counting in this process, good for seconds; one is made at a time, and who waits gets the same."""

    def __init__(self, seconds: float = FRESH_SECONDS) -> None:
        self.seconds = seconds
        self.lock = threading.Lock()
        self.results: dict[Hashable, tuple[float, Any]] = {}

    def get(self, key: Hashable, count: Callable[[], Result]) -> Result:
        """Return the result of a count, made anew if the last one is old."""
        with self.lock:
            begun = time.monotonic()
            good_until, result = self.results.get(key, (begun, None))
            if begun < good_until:
                return result
            result = count()
            now = time.monotonic()
            self.results = {other: kept for other, kept in self.results.items() if now < kept[0]}
            self.results[key] = now + max(self.seconds, TIMES_ITS_COST * (now - begun)), result
            return result

    def forget(self) -> None:
        """Count anew at the next question, such as after an act."""
        with self.lock:
            self.results = {}
