"""Tables of what the scenes found: one per workload, a column per contender."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from bench.result import Measurement, Result


@dataclass(frozen=True, slots=True)
class Row:
    """A quantity as it is shown: its title, digits, the quantile in percent where it is a distribution."""

    title: str
    quantity: str
    digits: int = 0
    quantile: str = ""

    def shown(self, measured: Measurement | None) -> str:
        """Return the number of a measurement; nothing where there is none."""
        if measured is None:
            return ""
        return f"{measured.quantiles[self.quantile] if self.quantile else measured.value:,.{self.digits}f}"


def show(result: Result, rows: Sequence[Row], console: Console) -> None:
    """Print a table for every workload, all versions, and who is absent."""
    for workload in dict.fromkeys(measured.workload for measured in result.measurements):
        found = {(m.contender, m.quantity): m for m in result.measurements if m.workload == workload}
        contenders = list(dict.fromkeys(contender for contender, _ in found))
        table = Table(title=workload, title_justify="left")
        table.add_column()
        for contender in contenders:
            table.add_column(contender, justify="right")
        for row in rows:
            if any((contender, row.quantity) in found for contender in contenders):
                cells = (row.shown(found.get((contender, row.quantity))) for contender in contenders)
                table.add_row(row.title, *cells)
        console.print(table)
    if "node" in result.scenario:
        console.print(f"on Node {result.scenario['node']}", highlight=False)
    for name, about in result.scenario["contenders"].items():
        console.print(f"{name}: {about['version']}", highlight=False, soft_wrap=True)
    for label, reason in result.absent.items():
        console.print(f"absent: {label}: {reason}", highlight=False, soft_wrap=True)
