"""Our dialects are compared by rounds in which they had the same chances, and a dear one is a problem."""

import pytest

from bench.compare.quantities import CPU, FRAMES, OTHERS_CPU, RATIO, WORKLOAD
from bench.compare.ratio import judge
from bench.contenders.ours import HOCUSPOCUS, YWEBSOCKET
from bench.result import Measurement, Result
from bench.scenarios import COMPARE, Size

LIMIT = COMPARE["full"].ratio_max
QUIET, BUSY = COMPARE["full"].others_max, COMPARE["full"].others_max + 1

Run = tuple[float, float, float]
"""us of CPU per delivery, frames per delivery, others' share of a core."""


def _judged(size: Size, *rounds: tuple[Run, Run]) -> Result:
    result = Result("compare", size, {})
    for contender, runs in zip((YWEBSOCKET, HOCUSPOCUS), zip(*rounds, strict=True), strict=True):
        for quantity, samples in zip((CPU, FRAMES, OTHERS_CPU), zip(*runs, strict=True), strict=True):
            result.measurements.append(
                Measurement.of_runs(WORKLOAD, contender.name, quantity, "", list(samples))
            )
    judge(WORKLOAD, COMPARE[size], size, result)
    return result


def _ratio(result: Result) -> float | None:
    found = result.find(WORKLOAD, HOCUSPOCUS.name, RATIO)
    return None if found is None else found.value


@pytest.mark.parametrize(("ratio", "problems"), [(LIMIT, 0), (LIMIT + 0.01, 1)])
def test_the_limit(ratio: float, problems: int) -> None:
    result = _judged("full", ((1.0, 0.5, 0.0), (ratio, 0.5, 0.0)))
    assert _ratio(result) == ratio
    assert len(result.problems) == problems


def test_the_small_size_tells_and_does_not_judge() -> None:
    result = _judged("small", ((1.0, 0.5, BUSY), (9.0, 0.1, BUSY)))
    assert (_ratio(result), result.problems) == (9.0, [])


def test_a_round_with_others_on_the_machine_counts_only_if_both_merged_alike() -> None:
    alike = ((1.0, 0.50, BUSY), (1.1, 0.45, QUIET))
    unlike = ((1.0, 0.50, BUSY), (0.3, 0.10, QUIET))
    assert _ratio(_judged("full", alike, unlike, unlike)) == 1.1


def test_in_a_quiet_round_merging_more_is_fair() -> None:
    assert _ratio(_judged("full", ((1.0, 0.5, QUIET), (0.8, 0.1, QUIET)))) == 0.8


def test_no_round_to_compare_is_a_problem_and_none_at_all_is_not() -> None:
    result = _judged("full", ((1.0, 0.5, BUSY), (0.8, 0.1, QUIET)))
    assert _ratio(result) is None
    assert len(result.problems) == 1
    nothing = Result("compare", "full", {})
    judge(WORKLOAD, COMPARE["full"], "full", nothing)
    assert nothing.problems == []
