"""What the audit says at its end, to a person and to a program."""

import json
import platform
from dataclasses import asdict
from pathlib import Path

from config.company import say
from tests.browser.audit.findings import Outcome

SHOWN = 60


def write(path: Path, outcomes: list[Outcome]) -> None:
    """Write everything to a JSON file."""
    told = {"python": platform.python_version(), "outcomes": [asdict(outcome) for outcome in outcomes]}
    path.write_text(json.dumps(told, indent=2, ensure_ascii=False), encoding="utf-8")


def show(outcomes: list[Outcome]) -> None:
    """Print what ran, what it measured, and every fault; a fault in many modes or places is told once, counted."""
    say(f"\n{'tool':<18}{'version':<12}{'looked at':<36}findings")
    for outcome in outcomes:
        say(f"{outcome.tool:<18}{outcome.version:<12}{outcome.looked_at:<36}{len(outcome.findings)}")
    for outcome in outcomes:
        for name, value in outcome.measured.items():
            say(f"{outcome.tool}: {name}: {value}")
        for finding in outcome.findings[:SHOWN]:
            say(finding.line())
        if len(outcome.findings) > SHOWN:
            say(f"... and {len(outcome.findings) - SHOWN} more: var/audit/report.json has them all.")
