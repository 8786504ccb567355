"""The embedded PostgreSQL and Redis: real servers in one folder, on unix sockets, stopped with their owner.

with Services(folder) as services:
    print(services.database_url, services.redis_url)
"""

import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

import psycopg2
from redis import ConnectionError as RedisConnectionError
from redis import Redis

from config.children import Server, await_predecessor
from config.programs import (
    NOBODY,
    CannotRun,
    find_postgresql,
    find_redis,
    give_away,
    own_folder,
    reachable,
    within_reach,
)

DATABASE = "first_wednesday"
# A unix socket's path may have 107 bytes, and PostgreSQL adds /.s.PGSQL.5432 to its folder's.
SOCKET_FOLDER_BYTES = 93
PLAIN_PATH = re.compile(r"[\w./+-]+", re.ASCII)
POSTGRES_SETTINGS = ["listen_addresses=", "max_connections=100", "timezone=UTC", "log_timezone=UTC"]
FORGETFUL_SETTINGS = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]


class Services:
    """PostgreSQL and Redis in one folder: addresses from the beginning, servers inside `with`.

    `lasting=False` switches fsync off. One that is not wanted is not started.
    Raises CannotRun, whose text is for a person.
    """

    def __init__(
        self, folder: Path, *, lasting: bool = True, want_postgres: bool = True, want_redis: bool = True
    ) -> None:
        self.folder = made(folder)
        self.lasting = lasting
        self.postgres = find_postgresql() if want_postgres else None
        self.redis = find_redis() if want_redis else None
        self.mark = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        self.home = self.folder if self._all_reachable() else Path("/var/tmp", f"first-wednesday-{self.mark}")
        self.sockets = self._socket_folder()
        self.data = self.home / "pg"
        self.running: list[Server] = []
        self.lock: IO[str] | None = None

    @property
    def database_url(self) -> str:
        """The address of the database, for DATABASE_URL."""
        return f"postgresql://postgres@{quote(str(self.sockets), safe='')}:5432/{DATABASE}"

    @property
    def redis_url(self) -> str:
        """The address of Redis, for REDIS_URL."""
        return f"unix://{self.sockets}/redis.sock?db=0"

    def __enter__(self) -> Self:
        try:
            self.lock = locked(self.folder / "lock")
            self._start()
        except OSError as error:
            self.stop()
            raise CannotRun(f"The services in {self.home} cannot start: {error}.") from error
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop what runs, the last started first, and free the folder; harmless when nothing runs."""
        while self.running:
            self.running[-1].stop()
            self.running.pop()
        if self.lock:
            shutil.rmtree(self.sockets, ignore_errors=True)
            self.lock.close()
            self.lock = None

    def remove(self) -> None:
        """Remove the data, wherever they lie; a folder that was given stays. Only while nothing runs."""
        for name in ("pg", "pg.new", "run"):
            shutil.rmtree(self.home / name, ignore_errors=True)
        if self.home != self.folder:
            shutil.rmtree(self.home, ignore_errors=True)

    def _all_reachable(self) -> bool:
        programs = [program.path for program in (self.postgres, self.redis) if program]
        return all(map(reachable, [self.folder, *programs]))

    def _socket_folder(self) -> Path:
        name = f"first-wednesday-{self.mark}-run"
        temporary = [Path(folder).resolve() / name for folder in (tempfile.gettempdir(), "/tmp")]
        for place in (self.home / "run", *temporary):
            fits = len(os.fsencode(place)) <= SOCKET_FOLDER_BYTES and PLAIN_PATH.fullmatch(str(place))
            if fits and (place.parent == self.home or reachable(place.parent)):
                return place
        raise CannotRun(f"No folder is short enough for the sockets of {self.folder}: set TMPDIR to a short one.")

    def _start(self) -> None:
        await_predecessor(self.data / "postmaster.pid", "postgres")
        await_predecessor(self.sockets / "redis.pid", "redis-server")
        if self.home != self.folder:
            own_folder(self.home, 0o755)
        give_away(own_folder(self.sockets, 0o700))
        redis, postgres = self._start_redis(), self._start_postgres()
        if postgres:
            postgres.wait_until(self._ask_postgres, psycopg2.OperationalError)
            self._create_database()
        if redis:
            redis.wait_until(self._ask_redis, RedisConnectionError)

    def _start_redis(self) -> Server | None:
        if not self.redis:
            return None
        program = within_reach(self.redis, self.home / "programs").path
        command = [str(program), "--port", "0", "--unixsocket", f"{self.sockets}/redis.sock"]
        command += [
            "--unixsocketperm",
            "700",
            "--pidfile",
            f"{self.sockets}/redis.pid",
            "--dir",
            str(self.sockets),
        ]
        # Redis only carries nudges, PostgreSQL holds every fact: nothing here is worth a file.
        command += ["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"]
        return self._run(Server("Redis", command, self.home / "redis.log", signal.SIGTERM))

    def _start_postgres(self) -> Server | None:
        if not self.postgres:
            return None
        program = within_reach(self.postgres, self.home / "programs")
        self._initialise(program.beside("initdb"))
        settings = POSTGRES_SETTINGS + ([] if self.lasting else FORGETFUL_SETTINGS)
        command = [str(program.path), "-D", str(self.data), "-k", str(self.sockets), "-p", "5432"]
        command += [word for setting in settings for word in ("-c", setting)]
        # SIGINT is PostgreSQL's fast shutdown; on SIGTERM it would wait for its clients.
        return self._run(Server("PostgreSQL", command, self.home / "postgres.log", signal.SIGINT))

    def _run(self, server: Server) -> Server:
        self.running.append(server)
        server.start()
        return server

    def _initialise(self, initdb: Path) -> None:
        if self.data.exists():
            return refuse_foreign(self.data)
        fresh = self.home / "pg.new"
        shutil.rmtree(fresh, ignore_errors=True)
        give_away(own_folder(fresh, 0o700))
        command = [str(initdb), "-D", str(fresh), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        command += [*locale_of(initdb), "--no-sync"]
        Server("initdb", command, self.home / "initdb.log", signal.SIGKILL).run_to_end()
        fresh.rename(self.data)

    def _ask_postgres(self) -> None:
        self._connect().close()

    def _ask_redis(self) -> None:
        with Redis(unix_socket_path=f"{self.sockets}/redis.sock") as client:
            client.ping()

    def _connect(self) -> "psycopg2.extensions.connection":
        return psycopg2.connect(host=str(self.sockets), port=5432, user="postgres", dbname="postgres")

    def _create_database(self) -> None:
        connection = self._connect()
        connection.autocommit = True
        with closing(connection), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if not cursor.fetchone():
                cursor.execute(f"CREATE DATABASE {DATABASE}")


def made(folder: Path) -> Path:
    """Make the folder if need be and return its whole path; CannotRun when that is not possible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotRun(f"{folder} cannot be made: {error.strerror}.") from error
    return folder.resolve()


def locked(path: Path) -> IO[str]:
    """Return the lock file, held until it is closed or we end; CannotRun when another process holds it."""
    lock = path.open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.seek(0)
        holder = lock.read().strip()
        lock.close()
        raise CannotRun(f"The services in {path.parent} already run (process {holder}): stop them first.") from error
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def refuse_foreign(data: Path) -> None:
    """Raise CannotRun unless the data belong to the user that the servers run as."""
    owner, ours = data.stat().st_uid, NOBODY if os.geteuid() == 0 else os.geteuid()
    if owner != ours:
        raise CannotRun(f"{data} belongs to user {owner}, not {ours}: start as that user, or remove it.")


def locale_of(initdb: Path) -> list[str]:
    """Return initdb's words for a UTF-8 that needs nothing of the machine; before version 17 its C.UTF-8."""
    version = subprocess.run([initdb, "--version"], capture_output=True, text=True, check=True).stdout
    if int(re.findall(r"\d+", version)[0]) < 17:
        return ["--locale=C.UTF-8"]
    return ["--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
