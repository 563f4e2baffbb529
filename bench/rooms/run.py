"""The scenarios of many rooms."""

from __future__ import annotations

from typing import Final

from bench.contenders.ours import YWEBSOCKET
from bench.result import Goal, Result
from bench.rounds import CPU
from bench.scenarios import ROOMS, TRIPLES, Fanout
from bench.spread import Spread, ratio

FOURS: Final = "rooms of four, two type"
THREES: Final = "rooms of three, one types"


def _goals(result: Result) -> list[Goal]:
    found = (
        ratio(result, FOURS, CPU, "Hocuspocus", wanted=1 / 3),
        ratio(result, FOURS, CPU, "bun, relay", wanted=1.6),
        ratio(result, THREES, "propagation p99", "Hocuspocus", wanted=1.0),
    )
    return [goal for goal in found if goal is not None]


SPREAD: Final = Spread(
    "rooms",
    workloads={FOURS: ROOMS, THREES: TRIPLES},
    default=(FOURS, THREES),
    contenders=(YWEBSOCKET.name, "Hocuspocus", "bun, relay"),
    times=Fanout.with_rooms,
    goals=_goals,
)
