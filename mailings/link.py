"""A connection to PostgreSQL that nobody waits for: one statement at a time, and its answer when it comes."""

import select
import time
from contextlib import closing, suppress

import psycopg2
from django.db import connection
from psycopg2.extensions import POLL_OK, POLL_WRITE

from mailings.statements import Prepared

OPENING_SECONDS = 5


class Link:
    """Runs one prepared statement beside Django's connection, which cannot be asked without waiting.

    Who asks calls `answer` at once, for it may be there already, and then whenever `fileno` has something to read.
    Every statement is its own transaction.
    """

    def __init__(self, statement: Prepared) -> None:
        """Open it, waiting for at most some seconds. Raises psycopg2.Error."""
        self.statement = statement
        parameters = {**connection.get_connection_params(), "cursor_factory": None}
        self.connection = psycopg2.connect(**parameters, async_=1)
        self.cursor: psycopg2.extensions.cursor | None = None
        self.until = time.monotonic() + OPENING_SECONDS
        try:
            # Kept, for a connection that is lost does not tell it any more.
            self.number = self.connection.fileno()
            self._wait()
            for words in statement.preparation:
                with closing(self.connection.cursor()) as cursor:
                    cursor.execute(words)
                    self._wait()
        except psycopg2.Error:
            self.connection.close()
            raise

    def fileno(self) -> int:
        """Return what a selector watches."""
        return self.number

    @property
    def is_asked(self) -> bool:
        """Whether an answer is still to come."""
        return self.cursor is not None

    def ask(self, values: dict) -> None:
        """Run the statement. Raises psycopg2.Error; whether it was run then is open."""
        self.cursor = self.connection.cursor()
        self.cursor.execute(self.statement.execute, values)

    def answer(self) -> list | None:
        """Return the first column of what the statement returned; None while it runs. Raises psycopg2.Error."""
        while (state := self.connection.poll()) == POLL_WRITE:
            # A long statement, which was not sent whole: PostgreSQL reads all the time.
            select.select([], [self.connection], [], OPENING_SECONDS)
        if state != POLL_OK or self.cursor is None:
            return None
        with closing(self.cursor) as cursor:
            self.cursor = None
            return [row[0] for row in cursor.fetchall()]

    def close(self) -> None:
        """Close it."""
        with suppress(psycopg2.Error):
            self.connection.close()

    def _wait(self) -> None:
        while (state := self.connection.poll()) != POLL_OK:
            ends = [self.connection] if state == POLL_WRITE else []
            left = self.until - time.monotonic()
            if left <= 0 or not any(select.select([] if ends else [self.connection], ends, [], left)):
                raise psycopg2.OperationalError("PostgreSQL does not answer in time")
