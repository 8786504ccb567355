"""`make bench`: run the named benches, or all; print a table, keep the ratios, end with status 1 below a promise."""

import importlib
import json
import sys
from pathlib import Path

from config.company import say
from config.programs import CannotRun
from tests.bench.house import own_servers
from tests.bench.measured import Measured
from tests.config.machine import ROOT

BENCHES = ("search", "page_nginx_vs_static")
RESULTS = ROOT / "var" / "bench.json"


def main(wanted: list[str]) -> int:
    """Return 0 when every promise is kept, 1 when one is not, 2 for a bench that there is not."""
    if unknown := sorted(set(wanted) - set(BENCHES)):
        say(f"There is no bench {unknown[0]}: there are {', '.join(BENCHES)}.", sys.stderr)
        return 2
    try:
        with own_servers():
            measured = {name: run(name) for name in wanted or BENCHES}
    except CannotRun as fault:
        say(str(fault), sys.stderr)
        return 1
    return 0 if all(one.kept for one in measured.values()) else 1


def run(name: str) -> Measured:
    """Run one bench, print what it found, and keep it."""
    say(f"Measuring {name} ...")
    measured = importlib.import_module(f"tests.bench.{name}").bench()
    say(table(name, measured))
    keep(RESULTS, name, measured)
    return measured


def table(name: str, measured: Measured) -> str:
    """Return the figures of a bench, a line each, its ratio at the end."""
    verdict = "kept" if measured.kept else "NOT KEPT"
    rows = [*measured.figures.items(), (f"{name}: ratio (promised {measured.promised:g}, {verdict})", measured.ratio)]
    width = max(len(words) for words, _ in rows)
    return "\n".join(f"  {words:<{width}}  {figure:>9.2f}" for words, figure in rows)


def keep(results: Path, name: str, measured: Measured) -> None:
    """Put a result beside those of the other benches."""
    known = json.loads(results.read_text()) if results.exists() else {}
    figures = {words: round(figure, 3) for words, figure in measured.figures.items()}
    known[name] = {"ratio": round(measured.ratio, 3), "promised": measured.promised, **figures}
    results.parent.mkdir(exist_ok=True)
    results.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
