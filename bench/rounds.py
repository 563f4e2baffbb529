"""Contenders measured in turns: every server on its own, one after the other, round by round."""

from __future__ import annotations

import statistics
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import Progress

from .contenders import npm
from .contenders.contender import Absent, Contender
from .contenders.process import ServerFailed, running
from .digest import Digest
from .load.order import Order
from .load.started import LoadClientFailed, bar, follow
from .result import Measurement, Result
from .scenarios import Fanout
from .traces import Trace

CPU: Final = "server cpu per delivery"
"""Of the server and the processes that it started."""
WORKERS_CPU: Final = "workers' cpu per delivery"
OTHERS_CPU: Final = "others' cpu"
MEMORY: Final = "memory, most"
DISTRIBUTIONS: Final = {
    "propagation": ("50", "95", "99", "100"),
    "acknowledgement": ("50", "95", "99", "100"),
    "send lateness": ("50", "99"),
    "cursor propagation": ("50", "99", "100"),
    "cursor staleness": ("50", "99", "100"),
}
"""Quantiles, in percent, that are measurements of their own too, with the samples of the rounds."""


def quantile(quantity: str, percent: str) -> str:
    """Return what the measurement of a quantile is called."""
    return f"{quantity} {'max' if percent == '100' else f'p{percent}'}"


class Rounds:
    """The runs of one benchmark, and what they measured so far; `finish` puts it into the result.

    A run during which the rest of the machine used more than `others_max` (% of a core) is made again, at
    most `attempts_max` times in all; the quietest counts. Ctrl-C ends the round and keeps those before it;
    what was cut off counts only where there is nothing else of that contender.
    """

    def __init__(
        self,
        trace: Trace,
        result: Result,
        console: Console,
        *,
        others_max: float = 100.0,
        attempts_max: int = 1,
    ) -> None:
        self.result = result
        self.console = console
        self._trace = trace
        self._others_max = others_max
        self._attempts_max = attempts_max
        self._hint = "typing; Ctrl-C ends it and keeps what was measured"
        self._digests: dict[str, Digest] = {}
        self._runs: dict[tuple[str, str], list[list[Measurement]]] = defaultdict(list)
        """By workload and contender."""

    def present(self, contenders: Sequence[Contender]) -> list[Contender]:
        """Install what comes from npm, where any of it is measured; return whom that leaves."""
        about: dict[str, dict[str, str]] = {}
        self.result.scenario["contenders"] = about
        for contender in contenders:
            try:
                version = contender.version()
            except Absent as absent:
                self.leave_out(contender, absent)
            else:
                about[contender.name] = {"version": version, "acknowledgement": contender.acknowledgement}
        if any(contender.needs_npm for contender in contenders):
            try:
                self.result.scenario["node"] = npm.install(self.console.print)
            except Absent as absent:
                for contender in contenders:
                    if contender.needs_npm:
                        self.leave_out(contender, absent)
        return [contender for contender in contenders if contender.name not in self.result.absent]

    def measure(self, workload: str, load: Fanout, present: Sequence[Contender], rounds: int) -> None:
        """Measure everybody in every round. Every other one goes backwards: drift hits all alike.

        Raises `ServerFailed` or `LoadClientFailed` where a server of ours does not work; that another one
        does not is a remark in the result.
        """
        if self.result.interrupted or rounds < 1 or not present:
            return
        turns = [c for number in range(rounds) for c in present[:: -1 if number % 2 else 1]]
        try:
            with bar(self.console) as progress:
                for contender in progress.track(turns, description=workload):
                    if contender.name not in self.result.absent:
                        report = self._quietest(workload, contender, load, progress)
                        if report is not None:
                            self._take(workload, contender, report)
                        if self.result.interrupted:
                            return
        except KeyboardInterrupt:  # while nobody typed
            self.result.interrupted = True

    def _quietest(
        self, workload: str, contender: Contender, load: Fanout, progress: Progress
    ) -> dict[str, Any] | None:
        """Run a contender until the machine was quiet meanwhile; None where it failed, and then it is out."""
        best: dict[str, Any] | None = None
        try:
            for attempt in range(self._attempts_max):
                label = f"{contender.name}{', again: it was not quiet' if attempt else ''}: "
                report = self._report(workload, contender, load, progress, label)
                if best is None or _others_cpu(report) < _others_cpu(best):
                    best = report
                if report["interrupted"] or _others_cpu(best) <= self._others_max:
                    break
        except (Absent, ServerFailed, LoadClientFailed) as error:
            if contender.is_ours:
                raise type(error)(f"{contender.name}: {error}") from error
            self.leave_out(contender, error)
            return None
        self.result.interrupted = report["interrupted"]
        return best

    def _report(
        self, workload: str, contender: Contender, load: Fanout, progress: Progress, label: str
    ) -> dict[str, Any]:
        """Run a contender once."""
        edits = self._trace.first(load.edits_per_writer).edits
        with (
            tempfile.TemporaryDirectory(prefix="crdt-bench-") as folder,
            running(contender, Path(folder)) as server,
        ):
            name, dialect = contender.name, contender.dialect
            order = Order(load, workload, name, dialect, server.url, "bench", server.pid, edits)
            hint, self._hint = self._hint, ""
            return follow(order, progress, label=label, hint=hint)

    def _take(self, workload: str, contender: Contender, report: dict[str, Any]) -> None:
        result, name = self.result, contender.name
        runs = self._runs[workload, name]
        if contender.is_ours or not report["interrupted"]:
            result.problems += [f"{workload}: {name}: {problem}" for problem in report["problems"]]
        if report["interrupted"] and runs:
            return
        digest = Digest(**report["digest"])
        if not report["interrupted"] and digest != self._digests.setdefault(workload, digest):
            result.problems.append(f"{workload}: {name}: other edits were made than before: {digest}")
        result.digest = result.digest or digest
        if report["counts"]["deliveries"]:  # none where Ctrl-C came at once
            runs.append([Measurement(**measured) for measured in report["measurements"]])
        counts = result.counts.setdefault(name, {})
        for count, number in report["counts"].items():
            counts[count] = counts.get(count, 0) + number

    def leave_out(self, contender: Contender, error: Exception) -> None:
        """Write down that a contender is not measured, and why: in one line, the last that is not empty."""
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        said = next((line for line in lines if "Error" in line), lines[-1])
        self.result.absent[contender.name] = said
        self.console.print(f"without {contender.name}: {said}", highlight=False, soft_wrap=True)

    def finish(self) -> None:
        """Put the medians of the rounds into the result."""
        for (workload, name), runs in self._runs.items():
            self.result.measurements += _medians(workload, name, runs)


def _medians(workload: str, name: str, runs: list[list[Measurement]]) -> list[Measurement]:
    """Return the median of each number; of each distribution the median quantiles, and some by name."""
    samples: dict[tuple[str, str], list[float]] = defaultdict(list)
    distributions: dict[str, list[dict[str, float]]] = defaultdict(list)
    for run in runs:
        values = {measured.quantity: measured.value for measured in run}
        values[CPU] = values.get(CPU, 0.0) + values.get(WORKERS_CPU, 0.0)
        units = {measured.quantity: measured.unit for measured in run} | {CPU: "us", MEMORY: "MiB"}
        values[MEMORY] = values["server memory, most"] + values["workers' memory, most"]
        for measured in run:
            if measured.quantiles:
                del values[measured.quantity]
                distributions[measured.quantity].append(measured.quantiles)
                for percent in DISTRIBUTIONS[measured.quantity]:
                    values[quantile(measured.quantity, percent)] = measured.quantiles[percent]
        for quantity, value in values.items():
            samples[quantity, units.get(quantity, "ms")].append(value)
    found = [Measurement.of_runs(workload, name, *about, numbers) for about, numbers in samples.items()]
    for quantity, quantiles in distributions.items():
        middle = {percent: statistics.median(q[percent] for q in quantiles) for percent in quantiles[0]}
        found.append(Measurement(workload, name, quantity, "ms", middle["50"], quantiles=middle))
    return found


def _others_cpu(report: dict[str, Any]) -> float:
    """Return what others than server and load client used while a contender ran, in % of a core."""
    return next(float(m["value"]) for m in report["measurements"] if m["quantity"] == OTHERS_CPU)
