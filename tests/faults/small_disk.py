"""A disk of a few megabytes that a test may fill: a tmpfs, mounted where we may, else in a namespace of its own.

As root it is mounted like any other. An ordinary user mounts it in a user namespace, where a process is kept
waiting; it is reached from outside by that process's root (/proc/<pid>/root).
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.programs import give_away

IN_A_NAMESPACE = "mount -t tmpfs -o size={size},mode=0755 tmpfs '{place}' && echo mounted && exec sleep infinity"


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """Give a folder on a disk of its own; fails where the machine allows no way to mount one."""
    with tempfile.TemporaryDirectory(prefix="first-wednesday-disk-") as folder:
        Path(folder).chmod(0o755)
        way = mounted if os.geteuid() == 0 else mounted_aside
        with way(Path(folder), f"{megabytes}m") as disk:
            yield disk


@contextmanager
def mounted(place: Path, size: str) -> Iterator[Path]:
    """Mount it as root does."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", place], check=True)
    try:
        give_away(place)
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


@contextmanager
def mounted_aside(place: Path, size: str) -> Iterator[Path]:
    """Mount it in a namespace; on Ubuntu 24.04 kernel.apparmor_restrict_unprivileged_userns must be 0 for that."""
    words = ["unshare", "-Urm", "sh", "-c", IN_A_NAMESPACE.format(size=size, place=place)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as holder:
        try:
            said = holder.stdout.readline() if holder.stdout else ""
            assert said == "mounted\n", "this user may mount no disk: allow user namespaces, or run as root"
            yield Path(f"/proc/{holder.pid}/root{place}")
        finally:
            holder.kill()


class Ballast:
    """A file that takes all the space which is left."""

    def __init__(self, disk: Path) -> None:
        self.path = disk / "ballast"

    def fill(self) -> None:
        """Take the last block."""
        with self.path.open("wb", buffering=0) as file:
            for block in (1 << 20, 1 << 12, 1):
                self.fill_by(file.fileno(), block)

    @staticmethod
    def fill_by(file: int, block: int) -> None:
        """Write blocks of a size until there is no room for one."""
        while True:
            try:
                os.write(file, bytes(block))
            except OSError:
                return

    def throw_off(self) -> None:
        """Give the space back."""
        self.path.unlink()
