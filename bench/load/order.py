"""What the load client is told to do, as it goes from process to process."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from bench.scenarios import Fanout
from bench.traces import Edit

from .dialect import DialectName


@dataclass(frozen=True, slots=True)
class Order:
    """A scenario, what each writer types, and the server that it is for.

    `workload` and `contender` are what the measurements are called by. `url` is the server's, without a
    document; `server_pid` the process whose cost is measured.
    """

    scenario: Fanout
    workload: str
    contender: str
    dialect: DialectName
    url: str
    document: str
    server_pid: int
    edits: list[Edit]

    @classmethod
    def of(cls, values: dict[str, Any]) -> Order:
        """Read what `as_values` wrote."""
        return cls(**values | {"scenario": Fanout(**values["scenario"])})

    def as_values(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)
