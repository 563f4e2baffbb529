"""The pace of a room's turns: quiet rooms do not wait, busy ones gather."""

from __future__ import annotations

import asyncio

import pytest

from crdt_server.core.limits import Limits
from crdt_server.runtime import pace as module
from crdt_server.runtime.pace import Pace

LIMITS = Limits(flush_share_min=0.1, flush_window_s_max=0.5, flush_share_max=0.5)


class Clock:
    """What `time.monotonic` says in the module."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def wait_s(pace: Pace) -> float:
    """How long the next turn waits; 0 where it is put to be called at once."""
    loop = asyncio.get_running_loop()
    handle = pace.next(lambda: None)
    handle.cancel()
    return handle.when() - loop.time() if isinstance(handle, asyncio.TimerHandle) else 0


async def turn(pace: Pace, clock: Clock, cost_s: float) -> None:
    """A turn that cost so much, half of it in the writing that it left behind."""
    began = clock.now
    clock.now += cost_s / 2
    asyncio.get_running_loop().call_soon(lambda: setattr(clock, "now", began + cost_s))
    pace.took(began)
    await asyncio.sleep(0)


async def test_a_first_turn_does_not_wait(clock: Clock) -> None:
    assert wait_s(Pace(LIMITS)) == 0


@pytest.mark.parametrize(("cost_s", "expected_s"), [(0.001, 0.009), (0.01, 0.09), (0.2, 0.3), (1.0, 1.0)])
async def test_after_a_turn_the_next_one_waits_so_that_turns_take_their_share(
    clock: Clock, cost_s: float, expected_s: float
) -> None:
    pace = Pace(LIMITS)
    await turn(pace, clock, cost_s)
    assert wait_s(pace) == pytest.approx(expected_s, abs=0.002), "it is bounded, and so is the share"


async def test_who_comes_after_the_window_does_not_wait(clock: Clock) -> None:
    pace = Pace(LIMITS)
    await turn(pace, clock, 0.001)
    clock.now += 0.009
    assert wait_s(pace) == 0
