"""What `make bench` does with what it found; the benches themselves take minutes."""

import json

from tests.bench.__main__ import keep, main, table
from tests.bench.measured import Measured, percentile


def test_results_are_kept_beside_those_of_other_benches(tmp_path):
    results = tmp_path / "var" / "bench.json"
    keep(results, "search", Measured(1.5, 1, {"common p95 ms": 33.33333}))
    keep(results, "pages", Measured(0.9, 0.85))
    keep(results, "search", Measured(2, 1, {"common p95 ms": 25}))
    assert json.loads(results.read_text()) == {
        "pages": {"ratio": 0.9, "promised": 0.85},
        "search": {"ratio": 2, "promised": 1, "common p95 ms": 25},
    }


def test_the_table_says_whether_the_promise_is_kept():
    assert "promised 1, kept" in table("search", Measured(1, 1))
    assert "promised 1, NOT KEPT" in table("search", Measured(0.99, 1))


def test_a_bench_that_there_is_not_is_one_sentence(capsys):
    assert main(["nonsense"]) == 2
    assert "There is no bench nonsense" in capsys.readouterr().err


def test_a_percentile_lies_among_its_values():
    assert percentile(list(range(101)), 95) == 95
