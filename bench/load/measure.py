"""One measurement from the load client's side: the crowd types, the server's process is watched."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from typing import Any

from bench.edits import TYPIST, typed

from .check import check
from .cost import Watched
from .crowd import Crowd
from .numbers import counted, measurements, sizes
from .order import Order
from .tally import Tally

_TICK_S = 0.1

Tell = Callable[[dict[str, Any]], None]


async def measure(order: Order, stop: asyncio.Event, tell: Tell) -> dict[str, Any]:
    """Carry an order out and report measurements, counts, a digest and problems as JSON values.

    `stop` ends the typing early. Raises as `joined`.
    """
    scenario = order.scenario
    edits = [typed(order.edits, client=TYPIST + number) for number in range(scenario.writers)]
    server = Watched(order.server_pid)
    alone_bytes = server.rss_bytes()
    crowd = Crowd(order.url, order.dialect, order.document, scenario)
    await crowd.come()
    joined_bytes = server.rss_bytes()
    moves = scenario.clients * scenario.moves_per_client
    tell({"phase": "typing", "edits": scenario.rooms * (sum(map(len, edits)) + moves)})
    tallies: list[Tally] = []

    def is_complete() -> bool:
        tallies[:] = [Tally.of(crowd, ended_ns)]
        return tallies[0].is_complete(is_relay=crowd.is_relay)

    async with _sampled(server):
        before = server.cost()
        await _type(crowd, edits, stop, tell)
        ended_ns = time.perf_counter_ns()
        typing = server.cost() - before
        tell({"phase": "settling"})
        await crowd.settle(is_complete)
        total = server.cost() - before
    tally = tallies[0]
    tell({"phase": "checking"})
    digest, problems = await check(crowd, tally)
    numbers = measurements(order, crowd, tally, typing, total)
    memory = sizes(order, server, alone_bytes, joined_bytes)
    return {
        "measurements": [asdict(m) for m in (*numbers, *memory)],
        "counts": counted(crowd, tally),
        "digest": asdict(digest),
        "problems": problems,
        "interrupted": stop.is_set(),
    }


@contextlib.asynccontextmanager
async def _sampled(server: Watched) -> AsyncIterator[None]:
    """Look at the server's memory again and again."""

    async def sample() -> None:
        while True:  # until it is cancelled
            server.rss_bytes()
            await asyncio.sleep(_TICK_S)

    sampling = asyncio.create_task(sample())
    try:
        yield
    finally:
        sampling.cancel()


async def _type(crowd: Crowd, edits: list[list[bytes]], stop: asyncio.Event, tell: Tell) -> None:
    """Let the crowd type; tell how far it is."""
    typing = asyncio.create_task(crowd.type(edits))
    while not typing.done():
        await asyncio.wait([typing], timeout=_TICK_S)
        crowd.is_stopping = stop.is_set()
        tell({"phase": "progress", "sent": crowd.sent})
    await typing
