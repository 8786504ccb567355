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

# What is measured, and the module that does; one run of a module measures all of its own.
BENCHES = {
    "search": "search",
    "page_nginx_vs_static": "page_nginx_vs_static",
    "mail_vs_smtp_source": "mail_vs_smtp_source",
    "mail_vs_django_newsletter": "mail_vs_django_newsletter",
    "mail_waits_20_ms": "mail_waits_20_ms",
    "open_vs_insert_select": "million",
    "send_first_letter": "million",
    "worker_rss_million_vs_idle": "million",
}
RESULTS = ROOT / "var" / "bench.json"


def main(wanted: list[str]) -> int:
    """Return 0 when every promise is kept, 1 when one is not, 2 for a bench that there is not."""
    if unknown := sorted(set(wanted) - set(BENCHES)):
        say(f"There is no bench {unknown[0]}: there are {', '.join(BENCHES)}.", sys.stderr)
        return 2
    try:
        with own_servers():
            modules = dict.fromkeys(BENCHES[name] for name in wanted or BENCHES)
            measured = [one for module in modules for one in run(module)]
    except CannotRun as fault:
        say(str(fault), sys.stderr)
        return 1
    return 0 if all(one.kept for one in measured) else 1


def run(module: str) -> list[Measured]:
    """Run one module of benches, print what it found, and keep it."""
    say(f"Measuring {', '.join(name for name, of in BENCHES.items() if of == module)} ...")
    results: dict[str, Measured] = importlib.import_module(f"tests.bench.{module}").bench()
    for name, measured in results.items():
        say(table(name, measured))
        keep(RESULTS, name, measured)
    return list(results.values())


def table(name: str, measured: Measured) -> str:
    """Return the figures of a bench, a line each, its ratio at the end."""
    verdict = "kept" if measured.kept else "NOT KEPT"
    promised = f"promised {'at most ' if measured.is_cost else ''}{measured.promised:g}"
    rows = [*measured.figures.items(), (f"{name}: ratio ({promised}, {verdict})", measured.ratio)]
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
