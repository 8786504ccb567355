"""Another database for a while: a copy of the test's own, or one on a PostgreSQL that may be broken."""

import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
from django.db import DatabaseError, InterfaceError, connection

from config.programs import find_postgresql
from config.services import DATABASE, Services


@contextmanager
def at_database(host: str, name: str) -> Iterator[None]:
    """Lead this process, and the processes whose environment is made meanwhile, to another database."""
    place = connection.settings_dict
    before = {"HOST": place["HOST"], "NAME": place["NAME"]}
    connection.close()
    place.update(HOST=host, NAME=name)
    try:
        yield
    finally:
        connection.close()
        place.update(before)


def copy_database(host: str, name: str) -> None:
    """Copy the database of this process, as it is at this moment, to another one that is empty."""
    here, there = connection.settings_dict, ["-h", host, "-p", "5432", "-U", "postgres", "-d", name]
    programs = find_postgresql()
    whence = ["-h", str(here["HOST"]), "-p", "5432", "-U", "postgres", "-d", str(here["NAME"])]
    dump = [str(programs.beside("pg_dump")), "-Fc", *whence]
    into = [str(programs.beside("pg_restore")), "--exit-on-error", *there]
    dumped = subprocess.run(dump, check=True, capture_output=True)
    subprocess.run(into, input=dumped.stdout, check=True, capture_output=True)


@contextmanager
def copied_here() -> Iterator[tuple[str, str]]:
    """Make a copy of the database on the same server; give its host and name."""
    host, name = connection.settings_dict["HOST"], f"{connection.settings_dict['NAME']}_copy"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {name}")
    try:
        copy_database(host, name)
        yield host, name
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


class Postgres:
    """A PostgreSQL of a test's own, which keeps what it has committed whatever happens to it."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.server = next(server for server in services.running if server.name == "PostgreSQL")

    def crash(self) -> None:
        """Stop it as `pg_ctl stop -m immediate` does: at once, without a word to anybody."""
        assert self.server.process is not None
        self.server.process.send_signal(signal.SIGQUIT)
        self.server.process.wait()

    def start(self) -> None:
        """Start it again, and wait until it answers."""
        self.server.start()
        self.server.wait_until(self.answers, psycopg2.OperationalError)

    def answers(self) -> None:
        """Ask it for a connection. Raises OperationalError."""
        psycopg2.connect(self.services.database_url).close()


@contextmanager
def own_postgres(home: Path | None = None) -> Iterator[Postgres]:
    """Run a PostgreSQL with a copy of the test's database, and lead this process to it.

    `home` is where its data lie, such as a small disk.
    """
    with tempfile.TemporaryDirectory(prefix="first-wednesday-fault-") as folder:
        Path(folder).chmod(0o755)
        services = Services(Path(folder), want_redis=False)
        if home is not None:
            services.home, services.data = home, home / "pg"
        with services:
            copy_database(str(services.sockets), DATABASE)
            with at_database(str(services.sockets), DATABASE):
                yield Postgres(services)
        services.remove()


def patiently(what: Callable[[], bool]) -> Callable[[], bool]:
    """Return a question that is answered with no while the database is away."""

    def ask() -> bool:
        try:
            return what()
        except (DatabaseError, InterfaceError):
            connection.close()
            return False

    return ask
