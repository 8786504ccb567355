"""The Makefile's way to a virtual environment: it needs a Python of 3.11 or newer that can make one."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.config.machine import ROOT

TARGETS = re.search(r"(?m)^\.PHONY: help (.*)$", (ROOT / "Makefile").read_text()).group(1).split()
TOO_OLD = "exit 1"
# As Debian's python3 does where the package python3-venv is missing: half a folder and a failure.
WITHOUT_VENV = '[ "$1" = -m ] && { mkdir -p .venv/bin; exit 1; }; exit 0'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with nothing but the Makefile and the pins."""
    for name in ("Makefile", "requirements.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def make_with_pythons(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    programs = folder / "programs"
    programs.mkdir()
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    path = f"{programs}:{os.environ['PATH']}"
    return subprocess.run(["make", "test"], cwd=folder, env={"PATH": path}, capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize(
    ("script", "words"),
    [(TOO_OLD, "Python 3.11 or newer is needed"), (WITHOUT_VENV, "python3-venv")],
)
def test_a_python_that_will_not_do_is_one_sentence_and_leaves_nothing(folder, script, words):
    made = make_with_pythons(folder, script)
    assert made.returncode != 0
    assert words in made.stderr
    assert not (folder / ".venv").exists()


def test_without_a_target_it_says_what_there_is(folder):
    path = {"PATH": os.environ["PATH"]}
    said = subprocess.run(["make"], cwd=folder, env=path, capture_output=True, text=True, timeout=30)
    assert [line.split()[1] for line in said.stdout.splitlines()] == TARGETS
    assert not (folder / ".venv").exists()
