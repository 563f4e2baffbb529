"""Runs the fan-out scenario: server and load client as processes, this one only follows and reports."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import traces
from bench.contenders import ours
from bench.contenders.process import running
from bench.digest import Digest
from bench.load.order import Order
from bench.load.started import bar, follow
from bench.result import Measurement, Result
from bench.scenarios import Fanout, Size

_DOCUMENT = "bench"
_NAME = "crdt-server"
_CONTENDER = ours.YWEBSOCKET


def run(scenario: Fanout, size: Size, folder: Path | None, console: Console) -> Result:
    """Measure; Ctrl-C while they type ends the typing and measures what was sent.

    Raises `TraceError`, `ServerFailed` or `LoadClientFailed`.
    """
    trace = traces.find(folder, scenario.trace, scenario.edits_per_writer)
    result = Result("fanout", size, asdict(scenario) | {"trace": trace.name})
    console.print(f"{scenario.clients} clients, {scenario.writers} of them type {scenario.edits_per_s:g}/s")
    with (
        tempfile.TemporaryDirectory(prefix="crdt-bench-") as scratch,
        running(_CONTENDER, Path(scratch)) as server,
        bar(console) as progress,
    ):
        order = Order(scenario, _NAME, _CONTENDER.dialect, server.url, _DOCUMENT, server.pid, trace.edits)
        report = follow(order, progress, hint="typing; Ctrl-C ends it and keeps what was measured")
    result.interrupted = report["interrupted"]
    result.digest = Digest(**report["digest"])
    result.measurements += [Measurement(**m) for m in report["measurements"]]
    result.counts[_NAME] = report["counts"]
    result.problems += [f"{_NAME}: {problem}" for problem in report["problems"]]
    return result


def show(result: Result, console: Console) -> None:
    """Print the tables: latencies, cost, counts; one row per contender and quantity."""
    latencies = Table(title="latency from when an edit was due, ms")
    cost, counts = Table(title="cost"), Table(title="counts")
    for table, columns in (
        (latencies, ("p50", "p95", "p99", "max")),
        (cost, ("value", "unit")),
        (counts, ("",)),
    ):
        table.add_column("contender")
        table.add_column("")
        for column in columns:
            table.add_column(column, justify="left" if column == "unit" else "right")
    for measured in result.measurements:
        quantiles = measured.quantiles
        if quantiles:
            shown = [f"{quantiles[percent]:.2f}" for percent in ("50", "95", "99", "100")]
            latencies.add_row(measured.contender, measured.quantity, *shown)
        else:
            cost.add_row(measured.contender, measured.quantity, f"{measured.value:.2f}", measured.unit)
    for contender, counted in result.counts.items():
        for name, count in counted.items():
            counts.add_row(contender, name.replace("_", " "), f"{count:,}")
    for table in (latencies, cost, counts):
        console.print(table)
