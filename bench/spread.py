"""Measures how edits spread: fan-out in one room or many, at several sizes, by several servers in turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from . import traces
from .contenders.contender import Contender
from .contenders.ours import YWEBSOCKET
from .result import Goal, Result
from .rounds import CPU, DISTRIBUTIONS, MEMORY, Rounds
from .scenarios import Fanout, Size

_COST = (
    (CPU, 2, "CPU, us/\ndelivery"),
    ("frames per delivery", 2, "frames/\ndelivery"),
    ("server cpu", 0, "server,\n% of a core"),
    ("load client cpu", 0, "load client,\n% of a core"),
    (MEMORY, 0, "peak,\nMiB"),
    ("cursors delivered", 2, "cursors/\nsent"),
)


@dataclass(frozen=True, slots=True)
class Spread:
    """A benchmark of that kind: its workloads by name, and which of them and whom it measures if not told.

    `times` makes a load so many times as large, at the same number of edits; `goals` says what the full
    size should reach.
    """

    name: str
    workloads: Mapping[str, Mapping[Size, Fanout]]
    default: Sequence[str]
    contenders: Sequence[str]
    times: Callable[[Fanout, float], Fanout]
    goals: Callable[[Result], list[Goal]]

    def loads(
        self, size: Size, workloads: Sequence[str], times: Sequence[float], chosen: Mapping[str, float]
    ) -> dict[str, Fanout]:
        """Return loads by name, each at several times its size; `chosen` replaces their numbers.

        Raises ValueError where the numbers do not fit together.
        """
        found = {}
        for name in workloads or self.default:
            load = replace(self.workloads[name][size], **chosen)  # type: ignore[arg-type]  # names and types are click's
            for factor in times or (1.0,):
                label = name if factor == 1 else f"{name}, x{factor:g}"
                found[label] = load if factor == 1 else self.times(load, factor)
        return found


def ratio(result: Result, workload: str, quantity: str, other: str, *, wanted: float) -> Goal | None:
    """Return that ours is at most `wanted` times another's; None where either was not measured."""
    a, b = (result.find(workload, name, quantity) for name in (YWEBSOCKET.name, other))
    if a is None or b is None or not b.value:
        return None
    return Goal.at_most(f"{workload}: {quantity} against {other}", wanted, a.value / b.value, "x")


def run(
    benchmark: str,
    loads: Mapping[str, Fanout],
    *,
    rounds: int,
    size: Size,
    folder: Path | None,
    console: Console,
    contenders: Sequence[Contender],
) -> Result:
    """Measure every workload of `loads` by its name; Ctrl-C keeps the rounds that were finished.

    Raises `TraceError`, and `ServerFailed` or `LoadClientFailed` where a server of ours does not work.
    """
    name = next(iter(loads.values())).trace
    trace = traces.find(folder, name, max(load.edits_per_writer for load in loads.values()))
    result = Result(benchmark, size, {"workloads": {name: asdict(load) for name, load in loads.items()}})
    result.scenario |= {"trace": trace.name, "rounds": rounds}
    measured = Rounds(trace, result, console)
    present = measured.present(contenders)
    for workload, load in loads.items():
        if result.interrupted:
            break
        console.print(f"{workload}: {_described(load)}", highlight=False, soft_wrap=True)
        measured.measure(workload, load, present, rounds)
    measured.finish()
    return result


def _described(load: Fanout) -> str:
    rooms = f"{load.rooms:,} documents with " if load.rooms > 1 else ""
    cursors = f", all move a cursor {load.presence_hz:g}/s" if load.presence_hz else ""
    typing = f"{load.writers:,} of them type {load.edits_per_s:g}/s"
    return f"{rooms}{load.clients:,} clients, {typing}{cursors}; {load.seconds:g} s"


def show(result: Result, console: Console) -> None:
    """Print for each workload what was measured of everybody: cost, latencies, and what went wrong."""
    for workload in result.scenario["workloads"]:
        names = [name for name in result.counts if result.find(workload, name, "typing") is not None]
        if names:
            console.print(_costs(result, workload, names))
            console.print(_latencies(result, workload, names))
    counts = Table(title="counts, over all rounds")
    for column in ("contender", "edits", "delivered", "expected", "lost", "twice", "acknowledged", "frames"):
        counts.add_column(column, justify="left" if column == "contender" else "right")
    for name, found in result.counts.items():
        about = result.scenario["contenders"][name]
        keys = ("edits", "deliveries", "deliveries_expected", "lost", "duplicated", "acknowledged")
        numbers = [f"{found[key]:,}" for key in (*keys, "update_frames")]
        counts.add_row(f"{name} {about['version']}", *numbers)
    console.print(counts)
    for name in result.counts:
        about = result.scenario["contenders"][name]["acknowledgement"]
        console.print(f"{name} acknowledges: {about}", highlight=False, soft_wrap=True)
    for name, reason in result.absent.items():
        console.print(f"absent: {name}: {reason}", highlight=False, soft_wrap=True)


def _costs(result: Result, workload: str, names: Sequence[str]) -> Table:
    table = Table(title=f"{workload}: cost, median of the rounds")
    table.add_column("contender")
    shown = [column for column in _COST if any(result.find(workload, name, column[0]) for name in names)]
    for _, _, title in shown:
        table.add_column(title, justify="right")
    for name in names:
        table.add_row(name, *(_value(result, workload, name, key, digits) for key, digits, _ in shown))
    return table


def _latencies(result: Result, workload: str, names: Sequence[str]) -> Table:
    table = Table(title=f"{workload}: from when it was due, ms")
    for column in ("contender", "", "p50", "p95", "p99", "max"):
        table.add_column(column, justify="right" if column[:1] in "pm" and column else "left")
    for name in names:
        for quantity in DISTRIBUTIONS:
            measured = result.find(workload, name, quantity)
            if measured is not None:
                numbers = [f"{measured.quantiles[percent]:.2f}" for percent in ("50", "95", "99", "100")]
                table.add_row(name, quantity, *numbers)
    return table


def _value(result: Result, workload: str, name: str, quantity: str, digits: int) -> str:
    measured = result.find(workload, name, quantity)
    return "" if measured is None else f"{measured.value:,.{digits}f}"
