"""The fan-out scenarios: one room, and everybody in it."""

from __future__ import annotations

from typing import Final

from bench.contenders.ours import YWEBSOCKET
from bench.result import Goal, Result
from bench.rounds import CPU
from bench.scenarios import FANOUT, HALL, Fanout
from bench.spread import Spread, ratio

TYPING: Final = "one room, most type"
IN_A_HALL: Final = "a hall, all have a cursor"


def _goals(result: Result) -> list[Goal]:
    ratios = (("Hocuspocus", 1 / 5), ("bun, relay", 1.0))
    found = [ratio(result, TYPING, CPU, other, wanted=wanted) for other, wanted in ratios]
    for workload, wanted_ms in ((TYPING, 20.0), (IN_A_HALL, 100.0)):
        p99 = result.find(workload, YWEBSOCKET.name, "propagation p99")
        if p99 is not None:
            found.append(Goal.at_most(f"{workload}: p99", wanted_ms, p99.value, "ms"))
    return [goal for goal in found if goal is not None]


SPREAD: Final = Spread(
    "fanout",
    workloads={TYPING: FANOUT, IN_A_HALL: HALL},
    default=(TYPING,),
    contenders=(YWEBSOCKET.name, "Hocuspocus", "bun, relay"),
    times=Fanout.with_clients,
    goals=_goals,
)
