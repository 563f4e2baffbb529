"""A result as it is kept: one JSON file per benchmark run, flat enough to plot and to compare."""

from __future__ import annotations

import json
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # it comes without types

from crdt_server.compiled import IS_COMPILED

from .digest import Digest
from .scenarios import Size

SCHEMA = 1
"""Grows when a reader of older files would misread a newer one."""

FOLDER = Path(__file__).parent / "results"
QUANTILES = (0, 1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9, 100)
"""Kept of every distribution, in percent: enough to draw it."""

_PACKAGES = ("crdt-server", "pycrdt", "starlette", "uvicorn", "uvloop", "websockets")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One number, its unit, and what is behind it.

    `samples` are its single runs, in the order they were made; `quantiles` a distribution by percent. The
    other is empty.
    """

    workload: str
    contender: str
    quantity: str
    unit: str
    value: float
    samples: list[float] = field(default_factory=list)
    quantiles: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of_runs(
        cls, workload: str, contender: str, quantity: str, unit: str, runs: list[float]
    ) -> Measurement:
        """The median of some runs."""
        return cls(workload, contender, quantity, unit, statistics.median(runs), samples=runs)

    @classmethod
    def of_distribution(
        cls, workload: str, contender: str, quantity: str, unit: str, values: Sequence[float]
    ) -> Measurement:
        """The quantiles of many values, which must not be none; the median stands for them."""
        ordered = sorted(values)
        found = {f"{percent:g}": _quantile(ordered, percent) for percent in QUANTILES}
        return cls(workload, contender, quantity, unit, found["50"], quantiles=found)


def _quantile(ordered: Sequence[float], percent: float) -> float:
    """The smallest value that `percent` of all do not exceed: one that was measured, never between two."""
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(int(rank) - 1, 0)]


@dataclass(frozen=True, slots=True)
class Goal:
    """What a number should be, and what it was: `wanted` is the most, or the least, that is right."""

    name: str
    wanted: float
    got: float
    unit: str
    met: bool

    @classmethod
    def at_most(cls, name: str, wanted: float, got: float, unit: str) -> Goal:
        """A number that should not be larger."""
        return cls(name, wanted, got, unit, got <= wanted)

    @classmethod
    def at_least(cls, name: str, wanted: float, got: float, unit: str) -> Goal:
        """A number that should not be smaller."""
        return cls(name, wanted, got, unit, got >= wanted)

    def __str__(self) -> str:
        verdict = "met" if self.met else "missed"
        return f"{self.name}: {_short(self.got)} {self.unit}, wanted {_short(self.wanted)}: {verdict}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


@dataclass(slots=True)
class Result:
    """What one run of a benchmark found.

    `counts` are by contender. `absent` says of whom nothing was measured, and why. `goals` are what the
    full size should reach; one that was missed is no problem. `problems` say what was wrong with the answer.
    """

    benchmark: str
    size: Size | str
    scenario: dict[str, Any]
    measurements: list[Measurement] = field(default_factory=list)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    goals: list[Goal] = field(default_factory=list)
    digest: Digest | None = None
    problems: list[str] = field(default_factory=list)
    interrupted: bool = False
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    load_before: float = field(default_factory=lambda: float(psutil.getloadavg()[0]))
    """The machine's load average over the minute before."""

    def find(self, workload: str, contender: str, quantity: str) -> Measurement | None:
        """Return one measurement; None where it was not made."""
        wanted = (workload, contender, quantity)
        return next((m for m in self.measurements if (m.workload, m.contender, m.quantity) == wanted), None)

    def find_all(self, workload: str, quantity: str) -> list[Measurement]:
        """Return a quantity of all contenders, in the order in which they were measured."""
        return [m for m in self.measurements if (m.workload, m.quantity) == (workload, quantity)]

    @property
    def was_disturbed(self) -> bool:
        """Whether others kept the machine busy, so that times mean little."""
        return self.load_before > (psutil.cpu_count() or 1) / 2

    def write(self, folder: Path) -> Path:
        """Write it into `folder`, which is made where it is missing; return the file. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.benchmark}-{self.size}-{self.started:%Y%m%dT%H%M%S%fZ}.json"
        content = asdict(self) | {
            "schema": SCHEMA,
            "started": self.started.isoformat(timespec="seconds"),
            "machine": machine(),
        }
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        return path


def machine() -> dict[str, Any]:
    """Say what the numbers were measured on."""
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": _processor(),
        "cores": psutil.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
        "compiled": IS_COMPILED,
        "packages": {package: version(package) for package in _PACKAGES},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
