"""The Nu HTML checker on what the server says, byte by byte."""

import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from playwright.sync_api import APIRequestContext

from tests.browser.audit.findings import Finding, Outcome, Room, Screen
from tests.browser.audit.tools import PACKAGES, run

# There most of the words are Unfold's, which speaks to its script in attributes of its own.
ONLY_COUNTED = (Room.DESK, Room.DOOR)


def audit(checker: list[str], folder: Path, screens: list[Screen], sessions: dict[Room, APIRequestContext]) -> Outcome:
    """Save every screen to a file and check all at once; what is only counted is told as a number."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    saved: dict[Path, Screen] = {}
    faults = []
    for screen in screens:
        status, html = answer_of(screen, sessions)
        saved[save(folder / f"{len(saved):03}", screen.name, html)] = screen
        if status != screen.status:
            faults.append(Finding("Nu HTML checker", screen.name, screen.room, f"status {status}", screen.url))
    found = [(saved[Path(message["url"].removeprefix("file:"))], message) for message in checked(checker, saved)]
    faults += [finding(screen, message) for screen, message in found if screen.room not in ONLY_COUNTED]
    measured = {"errors on the desk, for information": len(found) - len(faults)}
    return Outcome("Nu HTML checker", PACKAGES["vnu-jar"], f"{len(screens)} documents", faults, measured)


def answer_of(screen: Screen, sessions: dict[Room, APIRequestContext]) -> tuple[int, str]:
    """Return a screen's status and HTML: what was kept, or what the server says now."""
    if screen.html is not None:
        return screen.status, screen.html
    answer = sessions[screen.room].get(screen.url)
    return answer.status, answer.text()


def save(place: Path, name: str, html: str) -> Path:
    """Write HTML, as it came, to a file, and return which."""
    path = place.with_name(f"{place.name}-{re.sub(r'[^a-z0-9]+', '-', name.lower())}.html")
    path.write_text(html, encoding="utf-8")
    return path


def checked(checker: list[str], files: Iterable[Path]) -> list[dict]:
    """Return the errors in files."""
    command = [*checker, "--format", "json", "--stdout", "--exit-zero-always", *map(str, files)]
    said = run(command, {}, "The Nu HTML checker did not run")
    return [message for message in json.loads(said)["messages"] if message["type"] != "info"]


def finding(screen: Screen, message: dict) -> Finding:
    """Return the checker's message as a finding."""
    where = f"line {message.get('lastLine', '?')}: {message.get('extract', '').strip()}"
    return Finding("Nu HTML checker", screen.name, screen.room, message["message"], where)
