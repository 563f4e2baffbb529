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

from bench.digest import Digest
from bench.result import Measurement, Result
from bench.scenarios import Fanout, Size

from .server import Server, crdt_server

_DOCUMENT = "bench"
_STOP_TIMEOUT_S = 10.0


class LoadClientFailed(Exception):
    """The load client ended without a report; what it said is on standard error."""


def run(scenario: Fanout, size: Size, folder: Path | None, console: Console) -> Result:
    """Measure; Ctrl-C while they type ends the typing and measures what was sent.

    Raises `ServerFailed` or `LoadClientFailed`.
    """
    result = Result("fanout", size, asdict(scenario))
    with tempfile.TemporaryDirectory(prefix="crdt-bench-") as scratch, crdt_server(Path(scratch)) as server:
        console.print(
            f"{scenario.clients} clients, {scenario.writers} of them type {scenario.edits_per_s:g}/s"
        )
        report = _follow(_order(scenario, server, folder), console)
    result.scenario["trace"] = report["trace"]
    result.measurements = [Measurement(**m) for m in report["measurements"]]
    result.counts = report["counts"]
    result.digest = Digest(**report["digest"])
    result.problems = report["problems"]
    result.interrupted = report["interrupted"]
    return result


def _order(scenario: Fanout, server: Server, folder: Path | None) -> dict[str, Any]:
    return {
        "scenario": asdict(scenario),
        "url": server.url(_DOCUMENT),
        "server_pid": server.pid,
        "traces": None if folder is None else str(folder),
    }


def _follow(order: dict[str, Any], console: Console) -> dict[str, Any]:
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
def _load_client(order: dict[str, Any]) -> Iterator[subprocess.Popen[str]]:
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
                load.stdin.write(json.dumps(order))
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
    """Print the tables."""
    latencies = Table(title="latency from when an edit was due, ms")
    for column in ("", "p50", "p95", "p99", "max"):
        latencies.add_column(column, justify="right" if column else "left")
    numbers = Table(title="cost", show_header=False)
    for measured in result.measurements:
        quantiles = measured.quantiles
        if quantiles:
            shown = [f"{quantiles[percent]:.2f}" for percent in ("50", "95", "99", "100")]
            latencies.add_row(measured.quantity, *shown)
        else:
            numbers.add_row(measured.quantity, f"{measured.value:.2f}", measured.unit)
    console.print(latencies)
    console.print(numbers)
    counts = Table(title="counts", show_header=False)
    for name, count in result.counts.items():
        counts.add_row(name.replace("_", " "), f"{count:,}")
    console.print(counts)
