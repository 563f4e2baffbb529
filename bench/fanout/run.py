"""Runs the fan-out scenario: server and load client as processes, this one only follows and reports."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bench import traces
from bench.digest import Digest
from bench.load.order import Order
from bench.result import Measurement, Result
from bench.scenarios import Fanout, Size

from .server import CONTENDERS

_DOCUMENT = "bench"
_STOP_TIMEOUT_S = 10.0


class LoadClientFailed(Exception):
    """The load client ended without a report; what it said is on standard error."""


def run(scenario: Fanout, size: Size, folder: Path | None, console: Console) -> Result:
    """Measure; Ctrl-C while they type ends the typing and measures what was sent.

    Raises `TraceError`, `ServerFailed` or `LoadClientFailed`.
    """
    trace = traces.find(folder, scenario.trace, scenario.edits_per_writer)
    result = Result("fanout", size, asdict(scenario) | {"trace": trace.name})
    console.print(f"{scenario.clients} clients, {scenario.writers} of them type {scenario.edits_per_s:g}/s")
    for name, contender in CONTENDERS.items():
        with tempfile.TemporaryDirectory(prefix="crdt-bench-") as scratch, contender(Path(scratch)) as server:
            url = f"{server.url}/{_DOCUMENT}"
            report = _follow(Order(scenario, name, url, server.pid, trace.edits), console)
        _take(result, name, report)
        if result.interrupted:
            break
    return result


def _take(result: Result, name: str, report: dict[str, Any]) -> None:
    """Put a contender's report into the result."""
    digest = Digest(**report["digest"])
    result.interrupted = report["interrupted"]
    if result.digest is not None and digest != result.digest and not result.interrupted:
        result.problems.append(f"{name}: other edits were made than for the contenders before: {digest}")
    result.digest = digest
    result.measurements += [Measurement(**m) for m in report["measurements"]]
    result.counts[name] = report["counts"]
    result.problems += [f"{name}: {problem}" for problem in report["problems"]]


def _follow(order: Order, console: Console) -> dict[str, Any]:
    """Start the load client, show how it goes, return its report. Raises `LoadClientFailed`."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with _load_client(order) as load, Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("connecting", total=None)
        with contextlib.ExitStack() as interrupts:
            for event in _events(load):
                if event["phase"] == "done":
                    report: dict[str, Any] = event["report"]
                    return report
                if event["phase"] == "typing":
                    interrupts.enter_context(_interrupt_forwarded(load))
                    console.print("typing; Ctrl-C ends it and keeps what was measured")
                    progress.update(task, description="typing", total=event["edits"])
                elif event["phase"] == "progress":
                    progress.update(task, completed=event["sent"])
                else:
                    progress.update(task, description=event["phase"])
    raise LoadClientFailed(f"the load client ended with {load.returncode}")


def _events(load: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert load.stdout is not None
    for line in load.stdout:
        yield json.loads(line)


@contextlib.contextmanager
def _load_client(order: Order) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "bench.load"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        start_new_session=True,  # Ctrl-C reaches it through us
    ) as load:
        try:
            assert load.stdin is not None
            with contextlib.suppress(BrokenPipeError):  # it ended at once, and says why on standard error
                load.stdin.write(json.dumps(order.as_values()))
                load.stdin.close()
            yield load
            load.wait(_STOP_TIMEOUT_S)
        finally:
            load.kill()


@contextlib.contextmanager
def _interrupt_forwarded(load: subprocess.Popen[str]) -> Iterator[None]:
    """Let the first Ctrl-C end the typing; the second one ends everything, as ever."""

    def forward(*_: object) -> None:
        load.send_signal(signal.SIGINT)
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, forward)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


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
