"""The tools of the audit: installed by name into var/audit, or by the machine's own package manager."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from playwright.sync_api import Playwright

from config.programs import CannotRun
from tests.browser.chromium import find_chromium

PACKAGES = {"axe-core": "4.14.1", "lighthouse": "12.8.2", "vnu-jar": "26.9.27"}
# Each program, and the Debian package that has it.
PROGRAMS = {"node": "nodejs", "npm": "npm", "java": "default-jre-headless"}
UNATTENDED = {"DEBIAN_FRONTEND": "noninteractive"}
# Lighthouse brings puppeteer, which would fetch a browser of its own.
NO_SECOND_BROWSER = {"PUPPETEER_SKIP_DOWNLOAD": "1"}


class Tools:
    """What the audit runs; raises CannotRun, in one sentence, where something can neither be found nor installed."""

    def __init__(self, folder: Path, playwright: Playwright) -> None:
        self.modules = folder / "node_modules"
        for program, package in PROGRAMS.items():
            if not shutil.which(program):
                install_package(package)
        if not find_chromium(playwright):
            install_package("chromium")
        self.chromium = find_chromium(playwright) or ""
        if self.installed() != PACKAGES:
            self.install_modules(folder)

    @property
    def axe(self) -> str:
        """The script to run inside a page."""
        return (self.modules / "axe-core/axe.min.js").read_text(encoding="utf-8")

    @property
    def lighthouse(self) -> list[str]:
        """The command that starts Lighthouse."""
        return ["node", str(self.modules / "lighthouse/cli/index.js")]

    @property
    def checker(self) -> list[str]:
        """The command that starts the Nu HTML checker."""
        return ["java", "-jar", str(self.modules / "vnu-jar/build/dist/vnu.jar")]

    def installed(self) -> dict[str, str]:
        """Return the versions that lie in the folder."""
        manifests = {name: self.modules / name / "package.json" for name in PACKAGES}
        return {name: json.loads(path.read_text())["version"] for name, path in manifests.items() if path.exists()}

    def install_modules(self, folder: Path) -> None:
        """Install the node packages from wherever this machine's npm takes its packages."""
        folder.mkdir(parents=True, exist_ok=True)
        wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
        command = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefix", str(folder), *wanted]
        run(command, NO_SECOND_BROWSER, f"npm could not install {', '.join(wanted)}")


def install_package(package: str) -> None:
    """Install a Debian package if we may; CannotRun names it if we may not."""
    if os.geteuid() or not shutil.which("apt-get"):
        raise CannotRun(f"The audit needs the package {package}: install it and start again.")
    run(["apt-get", "update", "-qq"], UNATTENDED, "apt-get could not update its lists")
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
    run(command, UNATTENDED, f"apt-get could not install {package}")


def run(command: list[str], variables: dict[str, str], complaint: str) -> str:
    """Run a tool silently and return what it printed; CannotRun with its own complaint if it fails."""
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True)
    if done.returncode:
        raise CannotRun(f"{complaint}:\n{done.stderr.strip()}")
    return done.stdout
