"""The verdict on a fault: who was lost, who got two copies; one line of the fault table."""

import json
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings

from mailings.models import Delivery, Mailing
from mailings.reports import balance
from publication.letters import staff_addresses
from tests.faults.house import FULL
from tests.faults.oracle import Oracle

KEPT_IN = Path(settings.BASE_DIR, "var", "faults.json")


@dataclass
class Verdict:
    """One line of the table. `listed`: how many of the lost are named in the report, as abandoned letters."""

    fault: str
    readers: int
    kills: int
    lost: int
    duplicates: int
    listed: int
    seconds: float
    note: str = ""

    def __str__(self) -> str:
        figures = f"{self.readers:>8,} {self.kills:>6} {self.lost:>5} {self.duplicates:>10} {self.listed:>6}"
        return f"{self.fault:<58} {figures} {self.seconds:>8.1f}  {self.note}".rstrip()


TABLE: list[Verdict] = []
HEAD = f"{'fault':<58} {'readers':>8} {'kills':>6} {'lost':>5} {'duplicates':>10} {'listed':>6} {'seconds':>8}"
STARTED: list[float] = []


def judge(fault: str, oracle: Oracle, kills: int = 0, left: Collection[str] = (), note: str = "") -> Verdict:
    """Compare what was planned with what the oracle accepted; `left` are the addresses of those who left.

    Alerts to staff are left aside.
    """
    staff = set(staff_addresses())
    copies = Counter(message_id for message_id, address, _ in oracle.accepted() if address not in staff)
    rows = list(Delivery.objects.values_list("message_id", "state", "subscriber__address"))
    missing = [state for message_id, state, address in rows if not copies[message_id] and address not in left]
    listed = missing.count("abandoned")
    assert set(copies) <= {message_id for message_id, _, _ in rows}, "a letter was sent that nobody planned"
    assert all(balance(mailing).holds for mailing in Mailing.objects.all())
    duplicates = sum(copies.values()) - len(copies)
    seconds = time.monotonic() - STARTED[-1]
    return keep(Verdict(fault, len(rows), kills, len(missing), duplicates, listed, seconds, note))


def keep(verdict: Verdict) -> Verdict:
    """Print a line and keep it for the table."""
    TABLE.append(verdict)
    print(verdict)  # noqa: T201
    return verdict


def table() -> list[str]:
    """The lines of the table, by the faults' numbers."""
    return [HEAD, *(str(verdict) for verdict in sorted(TABLE, key=number_of))]


def number_of(verdict: Verdict) -> tuple[int, str]:
    """A fault's number, for its place in the table."""
    digits = verdict.fault.partition(" ")[0].removeprefix("F")
    return int(digits) if digits.isdigit() else 99, verdict.fault


def store() -> None:
    """Write the table down, in `make faults` only."""
    if FULL and TABLE:
        KEPT_IN.parent.mkdir(exist_ok=True)
        KEPT_IN.write_text(json.dumps([asdict(verdict) for verdict in sorted(TABLE, key=number_of)], indent=1) + "\n")
