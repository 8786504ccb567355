"""The browser: Playwright's own Chromium where it is installed, else the machine's."""

import os
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Error, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "There is no Chromium here: install the package chromium."
# A small machine's /dev/shm is too small for it, and nothing of it may talk to the world.
OPTIONS = [
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def find_chromium(playwright: Playwright) -> str | None:
    """Return the program to run, None where there is none."""
    own = playwright.chromium.executable_path
    return own if Path(own).exists() else next(filter(None, map(shutil.which, NAMES)), None)


def launch(playwright: Playwright, program: str) -> Browser:
    """Start the browser, in its sandbox wherever the machine lets it have one."""

    def started(sandbox: bool) -> Browser:
        return playwright.chromium.launch(executable_path=program, args=OPTIONS, chromium_sandbox=sandbox)

    # Chromium refuses its sandbox to root, and some containers refuse it to everybody.
    if os.geteuid() == 0:
        return started(sandbox=False)
    try:
        return started(sandbox=True)
    except Error as fault:
        if "sandbox" not in str(fault):
            raise
        return started(sandbox=False)
