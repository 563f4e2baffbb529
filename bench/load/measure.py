"""One measurement from the load client's side: the crowd types, the server's process is watched."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import asdict
from typing import Any

from bench.digest import Digest
from bench.edits import TYPIST, opened, typed
from bench.result import Measurement

from .connection import Connection
from .cost import Cost, Watched
from .crowd import Crowd
from .dialect import GREETINGS, Dialect, speak
from .ledger import Ledger, updates_in
from .order import Order

WORKLOAD = "fan-out"
_TICK_S = 0.1
_MIB = 1024 * 1024

Tell = Callable[[dict[str, Any]], None]


async def measure(order: Order, stop: asyncio.Event, tell: Tell) -> dict[str, Any]:
    """Carry an order out and report measurements, counts, a digest and problems as JSON values.

    `stop` ends the typing early. Raises as `joined`.
    """
    scenario = order.scenario
    edits = [typed(order.edits, client=TYPIST + number) for number in range(scenario.writers)]
    server = Watched(order.server_pid)
    alone_bytes = server.rss_bytes()
    dialect = speak(order.dialect, order.document)
    crowd = Crowd(order.url, dialect, scenario)
    await crowd.come()
    joined_bytes = server.rss_bytes()
    tell({"phase": "typing", "edits": sum(map(len, edits))})
    ledgers: list[Ledger] = []
    async with _sampled(server):
        before = server.cost()
        await _type(crowd, edits, stop, tell)
        typing = server.cost() - before
        tell({"phase": "settling"})
        await crowd.settle(lambda: _is_complete(_count(crowd, dialect, ledgers)))
        total = server.cost() - before
    ledger = ledgers[-1]
    tell({"phase": "checking"})
    digest, problems = await _check(crowd, dialect, ledger)
    measurements = [
        *_latencies(order.contender, crowd, ledger),
        *_costs(order.contender, ledger, typing, total),
        *_memory(order.contender, alone_bytes, joined_bytes, server),
    ]
    return {
        "measurements": [asdict(m) for m in measurements],
        "counts": _counts(crowd, ledger),
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
        tell({"phase": "progress", "sent": len(crowd.sent)})
    await typing


def _count(crowd: Crowd, dialect: Dialect, ledgers: list[Ledger]) -> Ledger:
    """Make up the ledger of what came until now; `ledgers` keeps the newest."""
    ledger = Ledger(crowd.sent, dialect)
    for number, client in enumerate(crowd.clients):
        ledger.count(number, client.arrivals, uncounted=GREETINGS)
    ledgers[:] = [ledger]
    return ledger


def _is_complete(ledger: Ledger) -> bool:
    return ledger.lost == 0 and ledger.acknowledged == len(ledger.sent)


async def _check(crowd: Crowd, dialect: Dialect, ledger: Ledger) -> tuple[Digest, list[str]]:
    """Compare every client's document, and what a newcomer gets, with what was written."""
    expected = Digest.of_document(opened(sent.update for sent in crowd.sent))
    newcomer = await crowd.newcomer()
    problems = [
        f"{who} holds {got}; written was {expected}"
        for who, got in _documents(crowd, dialect, newcomer)
        if got != expected
    ]
    newcomer.close()
    crowd.leave()
    faults = {
        "deliveries lost": ledger.lost,
        "deliveries duplicated": ledger.duplicated,
        "edits not acknowledged": len(ledger.sent) - ledger.acknowledged,
        "connections lost": _connections_lost(crowd),
    }
    return expected, [f"{count} {fault}" for fault, count in faults.items() if count] + problems


def _documents(crowd: Crowd, dialect: Dialect, newcomer: Connection) -> Iterator[tuple[str, Digest]]:
    for number, client in enumerate(crowd.clients):
        own = [sent.update for sent in crowd.sent if sent.author == number]
        yield f"client {number}", Digest.of_document(opened([*own, *updates_in(dialect, client.arrivals)]))
    yield "a newcomer", Digest.of_document(opened(updates_in(dialect, newcomer.arrivals)))


def _connections_lost(crowd: Crowd) -> int:
    return sum(client.is_lost for client in crowd.clients)


def _counts(crowd: Crowd, ledger: Ledger) -> dict[str, int]:
    return {
        "edits": len(crowd.sent),
        "deliveries_expected": len(crowd.sent) * (len(crowd.clients) - 1),
        "deliveries": ledger.delivered,
        "lost": ledger.lost,
        "duplicated": ledger.duplicated,
        "echoes": ledger.echoes,
        "acknowledged": ledger.acknowledged,
        "update_frames": ledger.frames,
        "connections_lost": _connections_lost(crowd),
    }


def _latencies(contender: str, crowd: Crowd, ledger: Ledger) -> Iterator[Measurement]:
    distributions = {
        "propagation": ledger.propagation_ms,
        "acknowledgement": ledger.acknowledgement_ms,
        "send lateness": [(sent.left_ns - sent.due_ns) / 1e6 for sent in crowd.sent],
    }
    for quantity, values in distributions.items():
        if values:
            yield Measurement.of_distribution(WORKLOAD, contender, quantity, "ms", values)


def _costs(contender: str, ledger: Ledger, typing: Cost, total: Cost) -> Iterator[Measurement]:
    numbers = [
        ("typing", "s", typing.wall_s),
        ("server cpu", "% of a core", 100 * typing.server_s / typing.wall_s),
        ("load client cpu", "% of a core", 100 * typing.own_s / typing.wall_s),
        ("others' cpu", "% of a core", 100 * typing.others_s / typing.wall_s),
    ]
    if ledger.delivered:
        numbers += [
            ("server cpu per delivery", "us", 1e6 * total.server_s / ledger.delivered),
            ("workers' cpu per delivery", "us", 1e6 * total.children_s / ledger.delivered),
            ("frames per delivery", "", ledger.frames / ledger.delivered),
        ]
    for quantity, unit, value in numbers:
        yield Measurement(WORKLOAD, contender, quantity, unit, value)


def _memory(contender: str, alone: int, joined: int, server: Watched) -> Iterator[Measurement]:
    sizes = {
        "server memory, alone": alone,
        "server memory, all joined": joined,
        "server memory, most": server.rss_bytes_max,
        "workers' memory, most": server.children_rss_bytes_max,
    }
    for quantity, size in sizes.items():
        yield Measurement(WORKLOAD, contender, quantity, "MiB", size / _MIB)
