"""The comparison as tables for a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from bench.contenders import ours
from bench.result import Measurement, Result

from . import survival
from .quantities import (
    ACKNOWLEDGEMENT,
    BUSY,
    CPU,
    FRAMES,
    LIGHT,
    MEMORY,
    PROPAGATION,
    RATIO,
    SURVIVED,
    WORKLOAD,
)

_COST = (
    (CPU, 1, "CPU, us/\ndelivery"),
    (FRAMES, 2, "frames/\ndelivery"),
    (BUSY, 0, "core,\n%"),
    (MEMORY, 0, "peak,\nMiB"),
)


def show(result: Result, console: Console) -> None:
    """Print cost, latencies, what an acknowledgement is worth, and how our dialects compare."""
    console.print(_cost(result))
    console.print(_latencies(result))
    console.print(_worth(result))
    if "node" in result.scenario:
        console.print(f"on Node {result.scenario['node']}", highlight=False)
    for name, reason in result.absent.items():
        console.print(f"absent: {name}: {reason}", highlight=False, soft_wrap=True)
    for workload in (WORKLOAD, LIGHT):
        ratio = result.find(workload, ours.HOCUSPOCUS.name, RATIO)
        if ratio is not None:
            low, high, rounds = min(ratio.samples), max(ratio.samples), len(ratio.samples)
            console.print(
                f"{workload}: our Hocuspocus dialect costs {ratio.value:.2f} x ({low:.2f} - {high:.2f} in "
                f"{rounds} rounds) the CPU of ours on y-websocket; "
                f"at most {result.scenario['ratio_max']:g} is right",
                highlight=False,
            )


def _cost(result: Result) -> Table:
    table = Table(title="cost: median of the rounds, ± half their range")
    table.add_column("contender")
    table.add_column("delivered/\nexpected", justify="right")
    for _, _, title in _COST:
        table.add_column(title, justify="right")
    for name, counts in result.counts.items():
        table.add_row(
            name,
            f"{counts['deliveries']:,}/\n{counts['deliveries_expected']:,}",
            *(_shown(result, name, quantity, digits) for quantity, digits, _ in _COST),
        )
    return table


def _latencies(result: Result) -> Table:
    table = Table(title="from when an edit was due, ms")
    table.add_column("contender")
    for column in ("seen by others\np50", "\np99", "acknowledged\np50", "\np99"):
        table.add_column(column, justify="right")
    for name in result.counts:
        quantities = (*PROPAGATION, *ACKNOWLEDGEMENT)
        table.add_row(name, *(_shown(result, name, quantity, 1) for quantity in quantities))
    return table


def _worth(result: Result) -> Table:
    table = Table(title=f"of {survival.ACKNOWLEDGED} acknowledged edits, after kill -9")
    table.add_column("contender")
    table.add_column("left", justify="right")
    table.add_column("what the acknowledgement is")
    for name, about in result.scenario["contenders"].items():
        left = result.find(WORKLOAD, name, SURVIVED)
        if left is not None:
            table.add_row(f"{name} {about['version']}", f"{left.value:.0f}", about["acknowledgement"])
    return table


def _shown(result: Result, name: str, quantity: str, digits: int) -> str:
    measured = result.find(WORKLOAD, name, quantity)
    return "" if measured is None else _number(measured, digits)


def _number(measured: Measurement, digits: int) -> str:
    """The median; and half the range, where there is one."""
    spread = (max(measured.samples) - min(measured.samples)) / 2
    median = f"{measured.value:,.{digits}f}"
    return f"{median}\n±{spread:,.{digits}f}" if len(measured.samples) > 1 else median
