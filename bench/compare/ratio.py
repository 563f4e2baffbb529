"""What our Hocuspocus dialect costs against ours on y-websocket, from the rounds that can be compared."""

from __future__ import annotations

from dataclasses import dataclass

from bench.contenders import ours
from bench.contenders.contender import Contender
from bench.result import Measurement, Result
from bench.scenarios import Compare, Size

from .quantities import CPU, FRAMES, OTHERS_CPU, RATIO


@dataclass(frozen=True, slots=True)
class _Round:
    """One run: us of CPU per delivery, frames per delivery, what others used meanwhile in % of a core."""

    cpu: float
    frames: float
    others: float


def judge(workload: str, scenario: Compare, size: Size, result: Result) -> None:
    """Put the ratio into the result; in the full size a dearer dialect is a problem, and so is no ratio."""
    base, other = (_rounds(result, workload, c) for c in (ours.YWEBSOCKET, ours.HOCUSPOCUS))
    pairs = list(zip(base, other, strict=False))
    ratios = [b.cpu / a.cpu for a, b in pairs if a.cpu and (size == "small" or _are_alike(scenario, a, b))]
    if ratios:
        ratio = Measurement.of_runs(workload, ours.HOCUSPOCUS.name, RATIO, "x", ratios)
        result.measurements.append(ratio)
        if size == "full" and ratio.value > scenario.ratio_max:
            result.problems.append(
                f"{workload}: our Hocuspocus dialect costs {ratio.value:.2f} x ours on y-websocket; "
                f"at most {scenario.ratio_max:g} is right"
            )
    elif pairs:
        result.problems.append(f"{workload}: our dialects cannot be compared, the machine was never quiet")


def _rounds(result: Result, workload: str, contender: Contender) -> list[_Round]:
    found = [result.find(workload, contender.name, quantity) for quantity in (CPU, FRAMES, OTHERS_CPU)]
    samples = [measured.samples for measured in found if measured is not None]
    return [_Round(*numbers) for numbers in zip(*samples, strict=True)]


def _are_alike(scenario: Compare, a: _Round, b: _Round) -> bool:
    was_quiet = max(a.others, b.others) <= scenario.others_max
    return was_quiet or abs(b.frames / a.frames - 1) < scenario.merging_max
