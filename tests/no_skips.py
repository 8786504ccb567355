"""In CI a test may be skipped for one reason only: the real bulletins are not beside this checkout.

The reason of such a skip names "the real bulletin"; any other one (no server, no tool) is a failure there.
"""

import os
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import pytest

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)
IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
REAL_BULLETINS = Path(__file__).resolve().parents[2] / "shared" / "bulletins"


def excused(reason: str) -> bool:
    return "the real bulletin" in reason and not REAL_BULLETINS.exists()


def unskipped(report: Report) -> Report:
    """Return the report, with a skip that has no excuse turned into a failure."""
    if not IN_CI or not report.skipped or hasattr(report, "wasxfail"):
        return report
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not excused(reason):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not accept: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return unskipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return unskipped((yield))
