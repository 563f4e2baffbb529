"""The load client's clock."""

import time

from bench.load.alarm import Alarm

MS = 1_000_000


async def test_it_never_rings_early_and_at_once_when_it_is_late() -> None:
    with Alarm() as alarm:
        for wait_ns in (2 * MS, MS // 10, 0, -MS):
            due = time.perf_counter_ns() + wait_ns
            await alarm.until(due)
            assert time.perf_counter_ns() >= due
