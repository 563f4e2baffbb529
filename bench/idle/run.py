"""Runs idle connections against every contender."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from rich.console import Console

from bench.contenders.contender import Contender
from bench.contenders.ours import YWEBSOCKET
from bench.result import Goal, Result
from bench.scenarios import Idle, Size
from bench.scenes import table
from bench.scenes.open_files import allow_sockets
from bench.scenes.table import Row
from bench.scenes.turns import Workload, measure

MEMORY: Final = "memory per connection"
CPU: Final = "cpu"

GOALS: Final = ((MEMORY, 20.0, "KiB"), (CPU, 0.5, "% of a core"))
"""Half a percent is what can be told from nothing within half a minute beside other processes."""

ROWS: Final = (
    Row("KiB per connection", MEMORY, 1),
    Row("the same, with presence", f"{MEMORY}, with presence", 1),
    Row("cpu, % of a core", CPU, 2),
    Row("the same, all renew their presence", "cpu, all renew their presence", 2),
    Row("all connected after, s", "connect all", 1),
    Row("server cpu per connect, us", "server cpu per connect"),
)


def run(
    scenarios: Sequence[Idle], size: Size, console: Console, contenders: Sequence[Contender], rounds: int
) -> Result:
    """Measure; Ctrl-C keeps what was finished. Raises `TooFewFiles`, and as `measure`."""
    allow_sockets(max(scenario.connections for scenario in scenarios))
    result = Result("idle", size, {"scenarios": [asdict(scenario) for scenario in scenarios]})
    workloads = [Workload(scenario.name, rounds, {"idle": asdict(scenario)}) for scenario in scenarios]
    measure("idle", workloads, contenders, result, console)
    if size == "full":
        for quantity, wanted, unit in GOALS:
            measured = result.find(scenarios[-1].name, YWEBSOCKET.name, quantity)
            if measured is not None:
                name = f"{scenarios[-1].name}: {quantity}"
                result.goals.append(Goal.at_most(name, wanted, measured.value, unit))
    return result


def show(result: Result, console: Console) -> None:
    """Print the tables."""
    table.show(result, ROWS, console)
