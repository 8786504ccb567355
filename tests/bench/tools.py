"""Programs that only benches need: found on this machine, or unpacked from Debian's package without installing it."""

import os
import shutil
import subprocess
from pathlib import Path

from config.programs import CannotRun
from tests.config.machine import ROOT

UNPACKED = ROOT / "var" / "bench"
# Where Debian keeps daemons; an ordinary user's PATH lacks it.
FOLDERS = ("usr/bin", "usr/sbin")


# What a package needs that a machine without it may lack too.
NEEDED = {"wrk": ("libluajit-5.1-2", "libluajit-5.1-common")}


def program(name: str, package: str) -> str:
    """Return a program's path; CannotRun names the package where it can neither be found nor fetched."""
    places = [str(UNPACKED / package / folder) for folder in FOLDERS] + ["/usr/sbin"]
    found = shutil.which(name) or shutil.which(name, path=":".join(places))
    if found is None:
        unpack(package)
        found = shutil.which(name, path=":".join(places))
    if found is None:
        raise CannotRun(f"The bench needs {name}: install the package {package} and start again.")
    return found


def unpack(package: str) -> None:
    """Fetch a Debian package with its libraries and lay out its files below var/bench; nothing is installed."""
    home = UNPACKED / package
    home.mkdir(parents=True, exist_ok=True)
    if not shutil.which("apt-get"):
        return
    for wanted in (package, *NEEDED.get(package, ())):
        subprocess.run(["apt-get", "download", "-q", wanted], cwd=home, capture_output=True)
    for archive in home.glob("*.deb"):
        subprocess.run(["dpkg", "-x", str(archive), str(home)], check=True)


def with_libraries(path: str) -> dict[str, str]:
    """Return the environment in which a program that is only unpacked finds the libraries that lie beside it."""
    if UNPACKED not in Path(path).parents:
        return {**os.environ}
    home = UNPACKED / Path(path).relative_to(UNPACKED).parts[0]
    folders = sorted({str(library.parent) for library in home.rglob("*.so*")})
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(folders)}


def version(command: list[str]) -> str:
    """Return the first line that a program says of its version, on either of its outputs."""
    said = subprocess.run(command, capture_output=True, text=True, env=with_libraries(command[0]))
    return (said.stdout + said.stderr).strip().splitlines()[0]


def requests_a_second(url: str, seconds: int, *headers: str) -> float:
    """Ask for a page as often as sixteen connections can, with wrk; return how many answers a second came.

    It is asked for a second before that: what is measured is warm on every side.
    """
    options = [word for header in headers for word in ("-H", header)]
    command = [program("wrk", "wrk"), "-t1", "-c16", *options, url]
    for time in (1, seconds):
        said = asked(command, time)
    if "Non-2xx" in said and not any(header.startswith("If-None-Match") for header in headers):
        raise CannotRun(f"{url} did not answer as it should:\n{said}")
    return float(next(line.split()[1] for line in said.splitlines() if line.startswith("Requests/sec")))


def asked(command: list[str], seconds: int) -> str:
    """Run wrk for some seconds; return what it says."""
    timed = [*command[:-1], f"-d{seconds}s", command[-1]]
    return subprocess.run(timed, capture_output=True, text=True, check=True, env=with_libraries(command[0])).stdout
