"""The embedded PostgreSQL and Redis: they start anywhere, disturb nobody and leave nothing behind."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from redis import Redis

from config.children import await_predecessor
from config.programs import CannotRun
from config.services import Services
from tests.config.machine import ROOT, modes_above, processes_about, wait_for

OWNER = """
import sys, time
from pathlib import Path
from config.services import Services
with Services(Path(sys.argv[1]), lasting=False):
    print("up", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that does not exist yet; as root it lies below pytest's own 0700 folder."""
    place = tmp_path / "services"
    yield place
    Services(place).remove()


def small(folder: Path, **wishes: bool) -> Services:
    return Services(folder, lasting=False, **wishes)


def ask(services: Services, query: str) -> object:
    with closing(psycopg2.connect(services.database_url)) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        connection.commit()
        return cursor.fetchone()[0] if cursor.description else None


def test_both_answer_at_the_addresses_known_before(folder):
    services = small(folder)
    database, broker = services.database_url, services.redis_url
    with services:
        assert (services.database_url, services.redis_url) == (database, broker)
        assert ask(services, "SELECT lower('É') || current_setting('server_encoding')") == "éUTF8"
        assert Redis.from_url(broker).ping()


def test_data_last_over_a_second_start(folder):
    with small(folder) as services:
        ask(services, "CREATE TABLE kept AS SELECT 42 AS number")
    with small(folder) as services:
        assert ask(services, "SELECT number FROM kept") == 42


def test_demo_data_survive_a_power_cut_and_test_data_need_not(folder):
    with Services(folder, want_redis=False) as services:
        assert ask(services, "SHOW fsync") == "on"
    with small(folder, want_redis=False) as services:
        assert ask(services, "SHOW fsync") == "off"


def test_stopping_leaves_no_process_no_socket_no_note(folder):
    with small(folder) as services:
        assert len(processes_about(services.home)) >= 2
    assert processes_about(services.home) == {}
    assert not services.sockets.exists()
    assert not (services.data / "postmaster.pid").exists()


def test_stops_while_a_client_is_connected(folder):
    with small(folder) as services:
        client = psycopg2.connect(services.database_url)
    with pytest.raises(psycopg2.OperationalError):
        client.cursor().execute("SELECT 1")


def test_folders_above_keep_their_modes_even_when_closed_to_others(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    folder = closed / "checkout" / "var"
    services = small(folder)
    before = modes_above(folder)
    with services:
        assert ask(services, "SELECT 1") == 1
    services.remove()
    assert modes_above(folder) == before
    assert oct(closed.stat().st_mode & 0o777) == "0o700"


def test_a_removed_folder_starts_afresh(folder):
    with small(folder, want_redis=False) as services:
        ask(services, "CREATE TABLE forgotten ()")
    services.remove()
    with small(folder, want_redis=False) as services:
        assert ask(services, "SELECT to_regclass('forgotten')") is None


def test_only_the_wanted_one_is_started(folder):
    with small(folder, want_postgres=False) as services:
        assert Redis.from_url(services.redis_url).ping()
        assert not services.data.exists()


@pytest.mark.parametrize("name", ["d" * 120, "two words", "a@b:c?d"])
def test_a_path_unfit_for_sockets_gets_a_folder_of_its_own(name):
    with tempfile.TemporaryDirectory() as parent:
        os.chmod(parent, 0o755)
        services = small(Path(parent) / name)
        with services:
            assert services.sockets.parent != services.home
            assert services.sockets.stat().st_mode & 0o777 == 0o700
            assert ask(services, "SELECT 1") == 1
            assert Redis.from_url(services.redis_url).ping()
        assert not services.sockets.exists()


def test_a_socket_folder_laid_by_somebody_else_is_refused():
    with tempfile.TemporaryDirectory() as parent:
        os.chmod(parent, 0o755)
        services = small(Path(parent) / ("d" * 120))
        services.sockets.symlink_to(parent)
        try:
            with pytest.raises(CannotRun, match="belongs to somebody else"), services:
                pass
            assert services.sockets.is_symlink()
        finally:
            services.sockets.unlink()


def test_a_second_owner_is_refused_and_the_first_not_disturbed(folder):
    with small(folder) as services:
        with pytest.raises(CannotRun, match=f"already run .process {os.getpid()}."), small(folder):
            pass
        assert ask(services, "SELECT 1") == 1
        assert Redis.from_url(services.redis_url).ping()


def test_nothing_outlives_an_owner_killed_by_force(folder):
    services = small(folder)
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert owner.stdout and owner.stdout.readline() == "up\n"
    assert len(processes_about(services.home)) >= 2
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    with services:
        assert ask(services, "SELECT 1") == 1
    assert wait_for(lambda: not processes_about(services.home), 10)


def test_damaged_data_end_with_the_words_of_the_server(folder):
    with small(folder, want_redis=False) as services:
        pass
    (services.data / "PG_VERSION").write_text("7\n")
    with pytest.raises(CannotRun, match=r"(?s)PostgreSQL stopped while starting.*version 7"):
        services.__enter__()
    assert processes_about(services.home) == {}


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(CannotRun, match=r"file/services cannot be made: Not a directory\."):
        Services(file / "services")


def test_a_stale_note_that_names_another_program_is_cleared(tmp_path):
    note = tmp_path / "postmaster.pid"
    with subprocess.Popen(["sleep", "30"]) as other:
        note.write_text(f"{other.pid}\n/somewhere\n")
        await_predecessor(note, "postgres")
        other.kill()
    assert not note.exists()


if os.geteuid() == 0:

    def test_data_of_another_user_are_refused(folder):
        with small(folder, want_redis=False) as services:
            pass
        os.chown(services.data, 1, 1)
        with pytest.raises(CannotRun, match="belongs to user 1, not 65534"):
            services.__enter__()
