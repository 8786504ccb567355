"""A relay that waits 20 ms before each answer to a final dot: how near 40 connections come to what they could do."""

import statistics

from tests.bench.mail_vs_smtp_source import curve, send
from tests.bench.measured import Measured
from tests.bench.postbag import make_readers
from tests.bench.sinks import slow_sink

LETTERS, ROUNDS, CONNECTIONS, SECONDS = 6_000, 5, 40, 0.020


def bench() -> dict[str, Measured]:
    """Send several rounds; the ratio is of letters a second to those of connections that do nothing but wait."""
    make_readers(LETTERS)
    with slow_sink(SECONDS) as (port, sink):
        works = [send(port, sink, CONNECTIONS, LETTERS) for _ in range(ROUNDS)]
    at_most = CONNECTIONS / SECONDS
    figures = curve(f"{CONNECTIONS} connections", works)
    ratio = statistics.median(one.rate for one in works) / at_most
    return {"mail_waits_20_ms": Measured(ratio, promised=0.85, figures=figures)}
