"""PostgreSQL: whether it answers, keeps what it has committed, has our tables, and agrees about the time."""

import datetime
from collections.abc import Iterator

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

from mailings.doctor.findings import Finding, attention, ok, wrong
from mailings.instants import MOST_APART, Clock

NEAR_ENOUGH = datetime.timedelta(seconds=2)
# Each is what makes a commit outlast a crash of the server's machine.
LASTING = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
LASTING_TOO = {"local", "remote_write", "remote_apply"}


def fault() -> str:
    """Return why PostgreSQL cannot be reached; an empty word when it answers."""
    try:
        connection.ensure_connection()
        setting("server_version")
    except Error as error:
        return str(error).strip().partition("\n")[0] or type(error).__name__
    return ""


def look_at_database() -> Iterator[Finding]:
    """Look at the database; one that does not answer is the only line."""
    if why := fault():
        yield wrong(f"PostgreSQL cannot be reached: {why}.", "Look at DATABASE_URL, and whether the server runs.")
        return
    yield ok(f"PostgreSQL {setting('server_version').split()[0]} answers.")
    yield look_at_clocks(Clock.read().behind)
    yield from look_at_lasting()
    yield look_at_migrations()


def setting(name: str) -> str:
    """Return one of the server's settings."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        return cursor.fetchone()[0]


def look_at_clocks(behind: datetime.timedelta) -> Finding:
    """Compare this machine's clock with the database's."""
    apart = abs(behind).total_seconds()
    if abs(behind) > MOST_APART:
        return wrong(f"The clocks of this machine and of the database are {apart:.0f} s apart.", "Set both by NTP.")
    if abs(behind) > NEAR_ENOUGH:
        mend = f"Set both by NTP: beyond {MOST_APART.seconds} s no mailing is opened."
        return attention(f"The clocks of this machine and of the database are {apart:.0f} s apart.", mend)
    return ok(f"The clocks of this machine and of the database agree ({apart:.2f} s apart).")


def look_at_lasting() -> Iterator[Finding]:
    """Look whether what is committed outlasts a crash: a letter marked sent must not be sent again after it."""
    for name, wanted in LASTING.items():
        value = setting(name)
        if value == wanted or (name == "synchronous_commit" and value in LASTING_TOO):
            yield ok(f"PostgreSQL's {name} is {value}.")
        else:
            what = f"PostgreSQL's {name} is {value}: a crash of its machine makes it forget letters that were sent."
            yield wrong(what, f"Set {name} = {wanted} in postgresql.conf.")


def look_at_migrations() -> Finding:
    """Compare the tables with the program."""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        names = ", ".join(f"{migration.app_label} {migration.name}" for migration, _ in missing)
        return wrong(f"The tables are behind the program: {names}.", "Run manage.py migrate.")
    return ok("The tables are those of this program.")
