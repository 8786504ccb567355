"""Who may run on which core of this machine, while something is measured."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psutil


@contextmanager
def core_of_its_own(number: int) -> Iterator[None]:
    """Give a process the last core for itself inside `with`, and the others to all else that the bench has started.

    A relay is another machine. Here it is not, and a sender whose every waking pushes the relay off its core, while
    the other core idles, is measured by the system's whims. Whoever sends has what is left, whatever it needs for it.
    """
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) == 1:
        yield
        return
    others = [os.getpid(), *(process.pid for process in psutil.Process().children(recursive=True))]
    allow(others, cores[:-1])
    allow([number], cores[-1:])
    try:
        yield
    finally:
        allow([os.getpid(), *(process.pid for process in psutil.Process().children(recursive=True))], cores)


def allow(numbers: list[int], cores: list[int]) -> None:
    """Let processes run on some cores only; what they start later inherits that."""
    for number in numbers:
        for thread in psutil.Process(number).threads():
            os.sched_setaffinity(thread.id, cores)
