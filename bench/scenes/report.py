"""What the process of a scene found: numbers and distributions by name, counts, a digest, problems."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.digest import Digest
from bench.result import Measurement


@dataclass(slots=True)
class Report:
    """One run of one workload. The names of workload and contender are put in by who ordered it."""

    measurements: list[Measurement] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    digest: Digest | None = None
    problems: list[str] = field(default_factory=list)

    def number(self, quantity: str, unit: str, value: float) -> None:
        """Add a number."""
        self.measurements.append(Measurement("", "", quantity, unit, value))

    def distribution(self, quantity: str, unit: str, values: Iterable[float]) -> None:
        """Add a distribution; nothing where there are no values."""
        if found := list(values):
            self.measurements.append(Measurement.of_distribution("", "", quantity, unit, found))

    def as_values(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)

    @classmethod
    def of(cls, values: dict[str, Any]) -> Report:
        """Read what `as_values` wrote."""
        digest = None if values["digest"] is None else Digest(**values["digest"])
        measurements = [Measurement(**m) for m in values["measurements"]]
        return cls(measurements, values["counts"], digest, values["problems"])
