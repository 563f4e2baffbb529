"""Every contender in its turn, round by round, each on a server of its own with an empty folder."""

from __future__ import annotations

import statistics
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import Progress

from bench.contenders import npm
from bench.contenders.contender import Absent, Contender
from bench.contenders.process import Server, ServerFailed, running
from bench.load.started import LoadClientFailed, bar
from bench.result import Measurement, Result
from bench.traces import Edit

from .order import Order
from .report import Report
from .started import follow


@dataclass(frozen=True, slots=True)
class Workload:
    """What is measured `rounds` times of every contender; `values` and `edits` are what its scene needs."""

    name: str
    rounds: int
    values: dict[str, Any]
    edits: list[Edit] = field(default_factory=list)


def measure(
    benchmark: str,
    workloads: Sequence[Workload],
    contenders: Sequence[Contender],
    result: Result,
    console: Console,
) -> None:
    """Measure everybody and put it into the result; Ctrl-C ends it and keeps the runs that were finished.

    That another server is not there or does not do it is a remark in the result, and no problem.
    Raises `ServerFailed` or `LoadClientFailed` where a server of ours does not work.
    """
    result.scenario["contenders"] = {c.name: {"version": c.version()} for c in contenders}
    turns = _Turns(benchmark, result, console)
    try:
        console.print("measuring; Ctrl-C ends it and keeps the runs that were finished")
        present = turns.installed(contenders)
        for workload in workloads:
            turns.measure(workload, present)
    except KeyboardInterrupt:
        result.interrupted = True
    turns.finish()


class _Turns:
    """The runs of one benchmark so far."""

    def __init__(self, benchmark: str, result: Result, console: Console) -> None:
        self._benchmark = benchmark
        self._result = result
        self._console = console
        self._found: dict[tuple[str, str, str], list[Measurement]] = defaultdict(list)

    def installed(self, contenders: Sequence[Contender]) -> list[Contender]:
        """Install what comes from npm, where any of it is measured; return whom that leaves."""
        if any(contender.needs_npm for contender in contenders):
            try:
                self._result.scenario["node"] = npm.install(self._console.print)
            except Absent as absent:
                for contender in contenders:
                    if contender.needs_npm:
                        self._leave_out(contender.name, absent)
                return [contender for contender in contenders if not contender.needs_npm]
        return list(contenders)

    def measure(self, workload: Workload, contenders: Sequence[Contender]) -> None:
        """Measure a workload. Every other round goes backwards: drift hits all alike."""
        out: set[str] = set()
        with bar(self._console) as progress:
            whole = progress.add_task(workload.name, total=workload.rounds * len(contenders))
            for number in range(workload.rounds):
                for contender in contenders[:: -1 if number % 2 else 1]:
                    if contender.name not in out and not self._run(workload, contender, progress):
                        out.add(contender.name)
                    progress.advance(whole)

    def _run(self, workload: Workload, contender: Contender, progress: Progress) -> bool:
        """Run a workload once; whether it could be."""
        label = f"{workload.name}: {contender.name}"
        try:
            with (
                tempfile.TemporaryDirectory(prefix="crdt-bench-") as folder,
                running(contender, Path(folder)) as server,
            ):
                report = follow(self._order(workload, contender, server), progress, label)
        except (Absent, ServerFailed, LoadClientFailed) as error:
            if contender.is_ours:
                raise type(error)(f"{label}: {error}") from error
            self._leave_out(label, error)
            return False
        self._take(workload.name, contender.name, report)
        return True

    def _order(self, workload: Workload, contender: Contender, server: Server) -> Order:
        where = urlsplit(server.url)
        metrics = f"http://{where.netloc}/metrics" if contender.is_ours else ""
        values = (workload.values, metrics, workload.edits)
        return Order(self._benchmark, contender.dialect, server.url, server.pid, *values)

    def _take(self, workload: str, contender: str, report: Report) -> None:
        result = self._result
        result.problems += [f"{workload}: {contender}: {problem}" for problem in report.problems]
        result.digest = report.digest or result.digest
        counts = result.counts.setdefault(f"{contender}, {workload}", {})
        for name, count in report.counts.items():
            counts[name] = counts.get(name, 0) + count
        for measured in report.measurements:
            named = replace(measured, workload=workload, contender=contender)
            self._found[workload, contender, measured.quantity].append(named)

    def finish(self) -> None:
        """Put the medians of the rounds into the result."""
        self._result.measurements += [_median(runs) for runs in self._found.values()]

    def _leave_out(self, label: str, error: Exception) -> None:
        """Write down that something is not measured, and why, in one line."""
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        said = next((line for line in reversed(lines) if "Error" in line), lines[-1])
        self._result.absent[label] = said
        self._console.print(f"without {label}: {said}", highlight=False, soft_wrap=True)


def _median(runs: list[Measurement]) -> Measurement:
    """The median of runs, and of each quantile where they are distributions."""
    quantiles = {
        percent: statistics.median(run.quantiles[percent] for run in runs) for percent in runs[0].quantiles
    }
    values = [run.value for run in runs]
    return replace(runs[0], value=statistics.median(values), samples=values, quantiles=quantiles)
