"""How a statement of the ledger is run, and asked about again when the database is lost in the middle of it."""

import logging
import time

from django.db import DatabaseError, InterfaceError, OperationalError, connection

log = logging.getLogger(__name__)

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


def step(sql: str, values: dict, became: str, patience: float = PATIENCE_SECONDS) -> bool:
    """Make one letter's step; tell whether it was made.

    A connection that is lost while it commits leaves open whether it did: the row is read again, and only if it
    is not what it was to become is the statement run once more. Its own condition keeps that from harm.
    """
    until, pause, doubted = time.monotonic() + patience, 0.05, False
    while True:
        try:
            return run(sql, values) == 1 or (doubted and stands(values, became))
        except (DatabaseError, InterfaceError) as error:
            if not is_lost(error) or time.monotonic() > until or connection.in_atomic_block:
                raise
            log.warning("the database was lost at letter %s, it is asked again: %s", values["id"], one_line(error))
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


def stands(values: dict, became: str) -> bool:
    """Tell whether a letter is in the state that our own step was to bring it to."""
    sql = """
        SELECT 1 FROM mailings_delivery
         WHERE id = %(id)s AND state = %(became)s AND (owner = %(owner)s OR owner IS NULL)
    """
    return column(sql, {**values, "became": became}) == [1]
