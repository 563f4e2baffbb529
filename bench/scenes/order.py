"""What the process of a scene is told to do, as it goes from process to process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.load.dialect import Dialect, DialectName, speak

Tell = Callable[[dict[str, Any]], None]
"""Tells the parent process how it goes: `phase`, and `done` of `of` where it is known."""


@dataclass(frozen=True, slots=True)
class Order:
    """One workload of a benchmark for one server.

    `url` is the server's, without the document; `pid` the process whose cost is measured; `metrics` the URL
    of its metrics where it has any that we read. `values` are the scenario's own.
    """

    benchmark: str
    dialect: DialectName
    url: str
    pid: int
    values: dict[str, Any]
    metrics: str = ""
    edits: list[Any] = field(default_factory=list)
    """Keystrokes of a trace, where the scenario types."""

    def as_values(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)

    def speak(self, document: str) -> Dialect:
        """Return how one speaks with the server about a document."""
        return speak(self.dialect, document)
