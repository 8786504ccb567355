"""Workers that are killed, at random or at a letter's exact moment, and replaced."""

import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from tests.faults.house import READERS, finished, mailing_soon, waiting
from tests.faults.oracle import Moment, Oracle
from tests.faults.processes import caller, children, kill, start, stop, strike, wait_for, worker_words


class Crew:
    """Some workers that are killed again and again, and replaced."""

    def __init__(self, env: dict[str, str], size: int) -> None:
        self.env = env
        self.chance = random.Random(4)
        self.kills = 0
        self.workers = [self.hired(str(place)) for place in range(size)]

    def hired(self, name: str) -> subprocess.Popen:
        """Start a worker."""
        return start(self.env, *worker_words(name))

    def supervise(self) -> None:
        """Replace the workers that are dead, as a service manager does: Celery gives up by itself at some deaths."""
        for place, process in enumerate(self.workers):
            if process.poll() is not None:
                kill(process)
                self.workers[place] = self.hired(str(place))

    def strike(self) -> None:
        """Kill a child of a worker, or with it the parent; a child is replaced by its parent, a parent by us."""
        process = self.chance.choice(self.workers)
        pool = children(process)
        if not pool:
            return
        self.kills += 1
        if self.chance.random() < 0.9:
            strike(self.chance.choice(pool))
            return
        # Half of the time the parent alone: its children go on without it until they notice.
        if self.chance.random() < 0.5:
            process.send_signal(signal.SIGKILL)
            time.sleep(self.chance.uniform(0.1, 0.5))
        kill(process)

    def supervised(self, what: Callable[[], bool]) -> bool:
        """Whether something holds; no worker stays dead while it is waited for."""
        self.supervise()
        return what()


@contextmanager
def crew(env: dict[str, str], size: int = 2) -> Iterator[Crew]:
    """Keep a crew of workers; kill all of them at the end."""
    workers = Crew(env, size)
    try:
        yield workers
    finally:
        for process in workers.workers:
            kill(process)


def strike_while_it_sends(workers: Crew, oracle: Oracle, kills: int) -> None:
    """Run mailing after mailing, with a kill each 0.1 to 0.5 seconds, until there were so many."""
    number = 0
    while workers.kills < kills:
        number += 1
        begun = partial(workers.supervised, partial(oracle.took_more_than, oracle.count))
        over = partial(workers.supervised, partial(finished, number))
        mailing_soon(READERS)
        wait_for(begun)
        while workers.kills < kills and not over():
            time.sleep(workers.chance.uniform(0.1, 0.5))
            if waiting():
                workers.strike()
        wait_for(over)


class Marksman:
    """Kills the child of a worker that sends each n-th letter, at an exact moment of its conversation."""

    def __init__(self, worker: subprocess.Popen, each: int) -> None:
        self.worker = worker
        self.each = each
        self.kills = 0
        self.stopped: dict[int, int] = {}

    def at_taken(self, moment: Moment) -> None:
        """Stop it before it can read the answer."""
        if moment.number % self.each == 0 and (child := caller(self.worker, moment.port)):
            self.stopped[moment.port] = child
            stop(child)

    def at_answered(self, moment: Moment) -> None:
        """Kill it when its 250 is on the way to it, and nothing is written down."""
        if moment.port in self.stopped:
            self.kills += 1
            strike(self.stopped.pop(moment.port))
