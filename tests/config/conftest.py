"""A copy of this checkout, in which the real commands can run beside everything else."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.services import Services
from tests.config.machine import copy_checkout, processes_about, wait_for


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy with this run's own virtual environment; as root it lies below pytest's 0700 folder."""
    copy = copy_checkout(tmp_path_factory.mktemp("clone") / "checkout")
    yield copy
    Services(copy / "var" / "demo").remove()


@pytest.fixture
def places(checkout: Path) -> Iterator[tuple[Path, ...]]:
    """Where a demo of the checkout has its processes; the test fails if one of them is left."""
    found = (checkout, Services(checkout / "var" / "demo").home)
    yield found
    wait_for(lambda: not processes_about(*found), 10)
    assert processes_about(*found) == {}


@pytest.fixture(scope="module")
def bare_environment() -> dict[str, str]:
    """The environment of a person who has set nothing up for this project."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
