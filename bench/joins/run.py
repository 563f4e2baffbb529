"""Runs the storms against every contender."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from rich.console import Console

from bench import traces
from bench.contenders.contender import Contender
from bench.contenders.ours import YWEBSOCKET
from bench.result import Goal, Result
from bench.scenarios import Joins, Size, Storm
from bench.scenes import table
from bench.scenes.table import Row
from bench.scenes.turns import Workload, measure

LAST: Final = "last has all"
MEMORY: Final = "memory above before"
JOIN: Final = "join"
BYSTANDER: Final = "bystander"

GOALS: Final = (
    ("150 join 4 MB", LAST, 1.5, "s"),
    ("150 join 4 MB", MEMORY, 300, "MiB"),
    ("150 join 20 MB", LAST, 6, "s"),
)

ROWS: Final = (
    Row("the last one has all, s", LAST, 2),
    Row("joined p50, s", JOIN, 2, "50"),
    Row("joined p99, s", JOIN, 2, "99"),
    Row("one joins alone, ms", "one joins alone"),
    Row("received by each, MiB", "received by each", 2),
    Row("server cpu, s", "server cpu", 2),
    Row("workers' cpu, s", "workers' cpu", 2),
    Row("memory above before, MiB", MEMORY),
    Row("bystander p99, ms", BYSTANDER, 1, "99"),
    Row("bystander max, ms", BYSTANDER, 1, "100"),
    Row("bystander before, max, ms", "bystander before", 1, "100"),
    Row("load client cpu, s", "load client cpu", 2),
    Row("others' cpu, s", "others' cpu", 2),
)


def run(
    scenario: Joins, size: Size, folder: Path | None, console: Console, contenders: Sequence[Contender]
) -> Result:
    """Measure; Ctrl-C keeps the storms that were finished. Raises `TraceError`, and as `measure`."""
    storms = [*scenario.storms, *scenario.large, *scenario.growth]
    trace = traces.find(folder, scenario.trace, max(storm.chapter_edits for storm in storms))
    result = Result("joins", size, asdict(scenario) | {"trace": trace.name})
    workloads = [
        Workload(
            storm.name,
            _rounds(scenario, storm),
            {"storm": asdict(storm), "bystander_hz": storm.bystander_hz},
            trace.first(storm.chapter_edits).edits,
        )
        for storm in storms
    ]
    measure("joins", workloads, contenders, result, console)
    if size == "full":
        result.goals += _goals(result)
    return result


def _rounds(scenario: Joins, storm: Storm) -> int:
    return scenario.rounds if storm in scenario.storms else 1


def _goals(result: Result) -> list[Goal]:
    found = [
        (f"{workload}: {quantity}", wanted, result.find(workload, YWEBSOCKET.name, quantity), unit)
        for workload, quantity, wanted, unit in GOALS
    ]
    return [
        Goal.at_most(name, wanted, measured.value, unit)
        for name, wanted, measured, unit in found
        if measured is not None
    ]


def show(result: Result, console: Console) -> None:
    """Print the tables."""
    table.show(result, ROWS, console)
