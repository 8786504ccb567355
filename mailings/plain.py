"""What a command says when the database is away: a sentence, for cron mails whatever it prints."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import DatabaseError, InterfaceError

from mailings.statements import is_lost, one_line


@contextmanager
def plain_words() -> Iterator[None]:
    """Raise a CommandError that says in a sentence that the database was lost; other faults are the program's."""
    try:
        yield
    except (DatabaseError, InterfaceError) as error:
        if not is_lost(error):
            raise
        raise CommandError(f"The database cannot be reached: {one_line(error)}. Look at DATABASE_URL.") from error
