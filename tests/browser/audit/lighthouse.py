"""Lighthouse on each kind of public page."""

import json
import os
import statistics
from contextlib import suppress
from pathlib import Path

from config.programs import CannotRun
from tests.browser.audit.findings import Finding, Outcome
from tests.browser.audit.tools import PACKAGES, Tools, run

CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
PERFECT = ("accessibility", "best-practices", "seo")
# A quick page on a busy machine may look slow once.
MEASURED_THRICE = ("home", "issue", "hub")
FAST_ENOUGH = 95
TRIES = 4
FLAGS = "--headless=new --disable-gpu --disable-dev-shm-usage"


def audit(tools: Tools, folder: Path, kinds: dict[str, str]) -> Outcome:
    """Measure each kind (its name and URL): three times where readers come first, or where once was too slow."""
    scores: dict[str, dict[str, float]] = {}
    findings: list[Finding] = []
    number = 0
    for kind, url in kinds.items():
        runs = [measure(tools, folder, url)]
        if kind in MEASURED_THRICE or score(runs[0], "performance") < FAST_ENOUGH:
            runs += [measure(tools, folder, url) for _ in range(2)]
        number += len(runs)
        scores[kind] = {name: statistics.median(score(report, name) for report in runs) for name in CATEGORIES}
        findings += faults(kind, scores[kind], runs[0])
    looked_at = f"{len(kinds)} pages, {number} runs"
    return Outcome("Lighthouse", PACKAGES["lighthouse"], looked_at, findings, {"scores": scores})


def measure(tools: Tools, folder: Path, url: str) -> dict:
    """Return Lighthouse's report of one run."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "lighthouse.json"
    flags = f"{FLAGS} --no-sandbox" if os.geteuid() == 0 else FLAGS
    command = [*tools.lighthouse, url, f"--chrome-flags={flags}", "--output=json", f"--output-path={path}", "--quiet"]
    command += [f"--only-categories={','.join(CATEGORIES)}", "--no-enable-error-reporting"]
    # Its talk with the browser has short breath on a busy machine.
    for _ in range(TRIES - 1):
        with suppress(CannotRun):
            return measured_by(command, tools.chromium, path)
    return measured_by(command, tools.chromium, path)


def measured_by(command: list[str], chromium: str, path: Path) -> dict:
    """Run Lighthouse once and return its report."""
    run(command, {"CHROME_PATH": chromium}, f"{' '.join(command[:3])} could not measure")
    return dict(json.loads(path.read_text()))


def score(report: dict, category: str) -> float:
    """Return a category's score, of 100."""
    return round(100 * (report["categories"][category]["score"] or 0))


def faults(kind: str, scores: dict[str, float], report: dict) -> list[Finding]:
    """Return a finding for each category that is below what we promise, with the audits that cost it."""
    low = [name for name in PERFECT if scores[name] < 100]
    if scores["performance"] < FAST_ENOUGH:
        low.append("performance")
    return [Finding("Lighthouse", kind, "phone", f"{name} {scores[name]:g}", failed(report, name)) for name in low]


def failed(report: dict, category: str) -> str:
    """Return the titles of the audits that did not pass."""
    refs = [ref["id"] for ref in report["categories"][category]["auditRefs"] if ref["weight"]]
    return "; ".join(report["audits"][one]["title"] for one in refs if (report["audits"][one]["score"] or 0) < 0.9)
