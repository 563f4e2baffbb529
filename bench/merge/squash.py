"""The whole log squashed in the worker process: how long it takes, and how long it keeps the loop waiting."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from bench.digest import Digest, WrongAnswer
from bench.edits import opened
from bench.result import Measurement
from crdt_server.core.limits import DEFAULTS
from crdt_server.runtime.worker import Worker

SQUASH: Final = "squash"
WORKER: Final = "worker"
SECONDS: Final = "until it is verified"
PAUSE: Final = "longest pause of the loop"
PAUSE_IDLE: Final = "longest pause without work"
"""The machine's own, over as long."""

_BEAT_S = 0.001


def measure(updates: list[bytes], expected: Digest, runs: int) -> list[Measurement]:
    """Squash so many times. Raises `WrongAnswer`."""
    return asyncio.run(_measure(updates, expected, runs))


async def _measure(updates: list[bytes], expected: Digest, runs: int) -> list[Measurement]:
    seconds: list[float] = []
    pauses: list[float] = []
    idle: list[float] = []
    worker = Worker(DEFAULTS)
    try:
        await worker.squash(None, updates[:1])  # starts the process
        for _ in range(runs):
            async with _longest_pause(pauses):
                start = time.perf_counter()
                squashed = await worker.squash(None, updates)
                seconds.append(time.perf_counter() - start)
            async with _longest_pause(idle):
                await asyncio.sleep(seconds[-1])
            got = Digest.of_document(opened([squashed.state]))
            if got != expected:
                raise WrongAnswer(f"the worker's snapshot holds {got}; expected {expected}")
    finally:
        await worker.close()
    return [
        Measurement.of_runs(SQUASH, WORKER, SECONDS, "s", seconds),
        Measurement.of_runs(SQUASH, WORKER, PAUSE, "ms", pauses),
        Measurement.of_runs(SQUASH, WORKER, PAUSE_IDLE, "ms", idle),
    ]


@asynccontextmanager
async def _longest_pause(pauses: list[float]) -> AsyncIterator[None]:
    """Note in milliseconds by how much the loop was late at worst during the block."""
    longest = 0.0

    async def beat() -> None:
        nonlocal longest
        while True:
            start = time.perf_counter()
            await asyncio.sleep(_BEAT_S)
            longest = max(longest, time.perf_counter() - start - _BEAT_S)

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
    pauses.append(longest * 1e3)
