"""Runs the room with slow readers against every contender."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from rich.console import Console

from bench.contenders.contender import Contender
from bench.contenders.ours import YWEBSOCKET
from bench.result import Goal, Result
from bench.scenarios import Size, Slow
from bench.scenes import table
from bench.scenes.memory import MIB
from bench.scenes.table import Row
from bench.scenes.turns import Workload, measure
from crdt_server.core.limits import DEFAULTS

ALONE: Final = "propagation alone"
BESIDE: Final = "propagation beside slow readers"
MEMORY: Final = "memory above before"
ADDED_MS_MAX: Final = 50.0

ROWS: Final = (
    Row("p50 without slow readers, ms", ALONE, 1, "50"),
    Row("p50 beside them, ms", BESIDE, 1, "50"),
    Row("p99 without slow readers, ms", ALONE, 1, "99"),
    Row("p99 beside them, ms", BESIDE, 1, "99"),
    Row("max beside them, ms", BESIDE, 1, "100"),
    Row("memory above before, MiB", MEMORY),
    Row("memory, most, MiB", "memory, most"),
    Row("cpu without, % of a core", "cpu alone"),
    Row("cpu beside them, % of a core", "cpu beside slow readers"),
)


def run(
    scenarios: Sequence[Slow], size: Size, console: Console, contenders: Sequence[Contender], rounds: int
) -> Result:
    """Measure; Ctrl-C keeps what was finished. Raises as `measure`."""
    result = Result("slow", size, {"scenarios": [asdict(scenario) for scenario in scenarios]})
    workloads = [Workload(scenario.name, rounds, {"slow": asdict(scenario)}) for scenario in scenarios]
    measure("slow", workloads, contenders, result, console)
    if size == "full":
        for scenario in scenarios:
            result.goals += _goals(result, scenario)
    return result


def _goals(result: Result, scenario: Slow) -> list[Goal]:
    alone, beside, memory = (
        result.find(scenario.name, YWEBSOCKET.name, quantity) for quantity in (ALONE, BESIDE, MEMORY)
    )
    if alone is None or beside is None or memory is None:
        return []
    bound = (scenario.never + scenario.crawling) * DEFAULTS.outbox_bytes_max / MIB
    added = beside.quantiles["99"] - alone.quantiles["99"]
    return [
        Goal.at_most(f"{scenario.name}: {MEMORY}", bound, memory.value, "MiB"),
        Goal.at_most(f"{scenario.name}: p99 more than without them", ADDED_MS_MAX, added, "ms"),
    ]


def show(result: Result, console: Console) -> None:
    """Print the tables, and how the slow ones ended."""
    table.show(result, ROWS, console)
    for name, counts in result.counts.items():
        endings = [f"{count} {how.replace('_', ' ')}" for how, count in counts.items() if "_read_" in how]
        console.print(f"{name}: {', '.join(endings)}", highlight=False, soft_wrap=True)
