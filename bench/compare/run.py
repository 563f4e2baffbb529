"""Runs the comparison: every server on its own, one after the other, round by round."""

from __future__ import annotations

import contextlib
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import Progress

from bench import traces
from bench.contenders import npm
from bench.contenders.contender import Absent, Contender
from bench.contenders.others import OTHERS
from bench.contenders.ours import HOCUSPOCUS, YWEBSOCKET
from bench.contenders.process import ServerFailed, running
from bench.digest import Digest
from bench.load.order import Order
from bench.load.started import LoadClientFailed, bar, follow
from bench.result import Measurement, Result
from bench.scenarios import Compare, Fanout, Size
from bench.traces import Trace

from . import ratio, survival
from .quantities import BUSY, CPU, FRAMES, LIGHT, MEMORY, OTHERS_CPU, SURVIVED, WORKLOAD

CONTENDERS: Final = (YWEBSOCKET, HOCUSPOCUS, *OTHERS)
_DOCUMENT = "bench"


@dataclass(slots=True)
class _Samples:
    """What the rounds of one contender measured, by quantity and unit."""

    by_quantity: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))

    def take(self, report: dict[str, Any]) -> None:
        """Take one round's report of the load client."""
        found = {m["quantity"]: Measurement(**m) for m in report["measurements"]}
        values = {name: measurement.value for name, measurement in found.items()}
        numbers = [
            (CPU, "us", values.get(CPU, 0.0) + values.get("workers' cpu per delivery", 0.0)),
            (FRAMES, "", values.get(FRAMES, 0.0)),
            (MEMORY, "MiB", values["server memory, most"] + values["workers' memory, most"]),
            (BUSY, "% of a core", values[BUSY]),
            ("load client cpu", "% of a core", values["load client cpu"]),
            (OTHERS_CPU, "% of a core", values[OTHERS_CPU]),
        ]
        for quantity in ("propagation", "acknowledgement", "send lateness"):
            if quantity in found:
                quantiles = found[quantity].quantiles
                numbers += [(f"{quantity} p{percent}", "ms", quantiles[percent]) for percent in ("50", "99")]
        for quantity, unit, value in numbers:
            self.by_quantity[quantity, unit].append(value)


def run(
    scenario: Compare, size: Size, folder: Path | None, console: Console, contenders: Sequence[Contender]
) -> Result:
    """Measure; Ctrl-C while they type ends everything and keeps the rounds that were finished.

    That another server is not there or does not run is a remark in the result, and no problem.
    Raises `TraceError`, and `ServerFailed` or `LoadClientFailed` where a server of ours does not work.
    """
    fanout = scenario.fanout
    trace = traces.find(folder, fanout.trace, fanout.edits_per_writer)
    result = Result("compare", size, asdict(scenario) | {"trace": trace.name})
    console.print(
        f"{fanout.clients} clients, {fanout.writers} of them type {fanout.edits_per_s:g}/s for "
        f"{fanout.seconds:g} s; {scenario.rounds} rounds in turns"
    )
    rounds = _Rounds(scenario, trace, result, console)
    result.scenario["contenders"] = {contender.name: _about(contender) for contender in contenders}
    present = [contender for contender in _installed(contenders, rounds) if rounds.is_worth(contender)]
    ours = [contender for contender in present if contender.is_ours]
    rounds.measure(WORKLOAD, fanout, present, scenario.rounds)
    rounds.measure(WORKLOAD, fanout, ours, scenario.our_rounds - scenario.rounds)
    rounds.measure(LIGHT, scenario.light, ours, scenario.our_rounds)
    for (workload, name), samples in rounds.samples.items():
        for (quantity, unit), values in samples.by_quantity.items():
            result.measurements.append(Measurement.of_runs(workload, name, quantity, unit, values))
    for workload in (WORKLOAD, LIGHT):
        ratio.judge(workload, scenario, size, result)
    return result


def _about(contender: Contender) -> dict[str, str]:
    return {"version": contender.version(), "acknowledgement": contender.acknowledgement}


def _installed(contenders: Sequence[Contender], rounds: _Rounds) -> list[Contender]:
    """Install what comes from npm, where any of it is measured; return whom that leaves."""
    if any(contender.needs_npm for contender in contenders):
        try:
            rounds.result.scenario["node"] = npm.install(rounds.console.print)
        except Absent as absent:
            for contender in contenders:
                if contender.needs_npm:
                    rounds.leave_out(contender, absent)
            return [contender for contender in contenders if not contender.needs_npm]
    return list(contenders)


class _Rounds:
    """The runs of one comparison, and what they measured so far."""

    def __init__(self, scenario: Compare, trace: Trace, result: Result, console: Console) -> None:
        self.samples: dict[tuple[str, str], _Samples] = defaultdict(_Samples)
        """By workload and contender."""
        self.console = console
        self._digests: dict[str, Digest] = {}
        self._hint = "typing; Ctrl-C ends it and keeps the finished rounds"
        self._scenario = scenario
        self._trace = trace
        self.result = result

    def is_worth(self, contender: Contender) -> bool:
        """Find out what an acknowledgement is worth, and whether the server runs here at all."""
        try:
            with _scratch() as folder, self.console.status(f"{contender.name}: killed after acknowledging"):
                survived = survival.survivors(contender, folder)
        except (Absent, ServerFailed) as error:
            if contender.is_ours:
                raise ServerFailed(f"{contender.name}: {error}") from error
            self.leave_out(contender, error)
            return False
        self.result.measurements.append(Measurement(WORKLOAD, contender.name, SURVIVED, "", survived))
        if contender.is_ours and survived < survival.ACKNOWLEDGED:
            lost = survival.ACKNOWLEDGED - survived
            self.result.problems.append(f"{contender.name}: {lost} acknowledged edits lost by kill -9")
        return True

    def measure(self, workload: str, fanout: Fanout, present: Sequence[Contender], rounds: int) -> None:
        """Measure everybody in every round. Every other one goes backwards: drift hits all alike."""
        if self.result.interrupted or rounds < 1 or not present:
            return
        with bar(self.console) as progress:
            whole = progress.add_task(workload, total=rounds * len(present))
            for number in range(rounds):
                for contender in present[:: -1 if number % 2 else 1]:
                    if contender.name not in self.result.absent:
                        report = self._quietest(contender, fanout, progress)
                        if report is not None:
                            self._take(workload, contender, report)
                        if self.result.interrupted:
                            return
                    progress.advance(whole)

    def _quietest(self, contender: Contender, fanout: Fanout, progress: Progress) -> dict[str, Any] | None:
        """Run a contender until the machine was quiet meanwhile; None where it failed, and then it is out."""
        best: dict[str, Any] | None = None
        try:
            for attempt in range(self._scenario.attempts_max):
                label = f"{contender.name}{', again: it was not quiet' if attempt else ''}: "
                report = self._report(contender, fanout, progress, label)
                if best is None or _others_cpu(report) < _others_cpu(best):
                    best = report
                if report["interrupted"] or _others_cpu(best) <= self._scenario.others_max:
                    break
        except (ServerFailed, LoadClientFailed) as error:
            if contender.is_ours:
                raise type(error)(f"{contender.name}: {error}") from error
            self.leave_out(contender, error)
            return None
        self.result.interrupted = report["interrupted"]
        return best

    def _report(self, contender: Contender, fanout: Fanout, progress: Progress, label: str) -> dict[str, Any]:
        """Run a contender once."""
        name, edits = contender.name, self._trace.edits
        with _scratch() as folder, running(contender, folder) as server:
            order = Order(fanout, name, contender.dialect, server.url, _DOCUMENT, server.pid, edits)
            hint, self._hint = self._hint, ""
            return follow(order, progress, label=label, hint=hint)

    def _take(self, workload: str, contender: Contender, report: dict[str, Any]) -> None:
        result, name = self.result, contender.name
        result.problems += [f"{name}: {problem}" for problem in report["problems"]]
        if report["interrupted"]:
            return
        digest = Digest(**report["digest"])
        if digest != self._digests.setdefault(workload, digest):
            result.problems.append(f"{name}: other edits were made than before: {digest}")
        self.samples[workload, name].take(report)
        if workload == WORKLOAD:
            result.digest = digest
            counts = result.counts.setdefault(name, dict.fromkeys(report["counts"], 0))
            for count, number in report["counts"].items():
                counts[count] += number

    def leave_out(self, contender: Contender, error: Exception) -> None:
        """Write down that a contender is not measured, and why: in one line, the last that is not empty."""
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        said = next((line for line in lines if "Error" in line), lines[-1])
        self.result.absent[contender.name] = said
        self.console.print(f"without {contender.name}: {said}", highlight=False, soft_wrap=True)


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="crdt-bench-") as folder:
        yield Path(folder)


def _others_cpu(report: dict[str, Any]) -> float:
    """Return what others than server and load client used while a contender ran, in % of a core."""
    return next(float(m["value"]) for m in report["measurements"] if m["quantity"] == OTHERS_CPU)
