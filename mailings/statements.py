"""How a statement of the ledger is run, and asked about again when the database is lost in the middle of it."""

import logging
import re
import time
from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakSet

from django.db import DatabaseError, InterfaceError, OperationalError, connection

log = logging.getLogger(__name__)
T = TypeVar("T")

# How long a worker tries to write down what the relay said while the database is away: as long as it would
# have waited for the answer. Before the wire it gives up soon, for nothing has left.
PATIENCE_SECONDS = 600
PATIENCE_BEFORE_WIRE_SECONDS = 10
LONGEST_PAUSE_SECONDS = 5


def run(sql: str, values: dict) -> int:
    """Run one statement; return how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount


def column(sql: str, values: dict) -> list:
    """Run one statement; return the first column of what it returns."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [row[0] for row in cursor.fetchall()]


class Prepared:
    """A statement that each connection parses and plans once (PREPARE); psycopg2 itself would do both each time.

    Its parameters are named in `sql` as Django's are, and have a type each. A pooler that gives each transaction
    another connection cannot carry it.
    """

    def __init__(self, name: str, sql: str, **types: str) -> None:
        self.places = list(types)
        numbered = re.sub(r"%\((\w+)\)s", lambda found: f"${self.places.index(found[1]) + 1}", sql)
        # No plan of its own for each set of values, which would cost more than the statement.
        plans = "SET plan_cache_mode = force_generic_plan"
        self.preparation = (plans, f"PREPARE {name} ({', '.join(types.values())}) AS {numbered}")
        self.execute = f"EXECUTE {name} ({', '.join(f'%({place})s' for place in self.places)})"
        self.known: WeakSet[Any] = WeakSet()

    def column(self, values: dict) -> list:
        """Run it; return the first column of what it returns."""
        with connection.cursor() as cursor:
            if connection.connection not in self.known:
                for words in self.preparation:
                    cursor.execute(words)
                self.known.add(connection.connection)
            cursor.execute(self.execute, values)
            return [row[0] for row in cursor.fetchall()]


def insisted(statement: Callable[[bool], T], patience: float, doubted: bool = False) -> T:
    """Run a statement until its answer is heard; it is told whether an earlier try may have been committed.

    A connection that is lost while it commits leaves that open: the statement's own conditions must keep a second try
    from harm.
    """
    until, pause = time.monotonic() + patience, 0.05
    while True:
        try:
            return statement(doubted)
        except (DatabaseError, InterfaceError) as error:
            if not is_lost(error) or time.monotonic() > until or connection.in_atomic_block:
                raise
            log.warning("the database was lost, it is asked again: %s", one_line(error))
            connection.close()
            doubted = True
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def is_lost(fault: Exception) -> bool:
    """Tell whether a fault is not the statement's: the connection is lost, or the server lacks something (space).

    What psycopg2 raises for a connection that it finds lost only when it sends is a plain DatabaseError.
    """
    return isinstance(fault, OperationalError | InterfaceError) or type(fault) is DatabaseError


def one_line(fault: Exception) -> str:
    """Return what a fault says in one line, for the log: PostgreSQL says it in several."""
    return " ".join(str(fault).split())
