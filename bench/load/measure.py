"""One measurement from the load client's side: the crowd types, the server's process is watched."""

from __future__ import annotations

import asyncio
import contextlib
import time
from array import array
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # it comes without types

from bench import traces
from bench.digest import Digest
from bench.edits import TYPIST, opened, typed
from bench.result import Measurement
from bench.scenarios import Fanout

from .connection import Connection
from .crowd import GREETINGS, Crowd, joined
from .ledger import Ledger, updates_in

WORKLOAD, CONTENDER = "fan-out", "crdt-server"
_TICK_S = 0.1
_MIB = 1024 * 1024

Tell = Callable[[dict[str, Any]], None]


@dataclass(slots=True)
class Cost:
    """CPU seconds of the server process, of the processes it started, and of this one; wall seconds."""

    server_s: float
    children_s: float
    own_s: float
    wall_s: float

    def __sub__(self, other: Cost) -> Cost:
        return Cost(
            self.server_s - other.server_s,
            self.children_s - other.children_s,
            self.own_s - other.own_s,
            self.wall_s - other.wall_s,
        )


class Watched:
    """The server's process, as the kernel accounts for it."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.rss_bytes_max = 0

    def rss_bytes(self) -> int:
        """Memory of the server process now."""
        rss: int = self._process.memory_info().rss
        self.rss_bytes_max = max(self.rss_bytes_max, rss)
        return rss

    def cost(self) -> Cost:
        """What was used so far."""
        own = self._process.cpu_times()
        children = own.children_user + own.children_system
        for child in self._process.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # it just ended, and is in the sum already
                times = child.cpu_times()
                children += times.user + times.system
        return Cost(own.user + own.system, children, time.process_time(), time.perf_counter())


async def measure(
    scenario: Fanout, url: str, server_pid: int, folder: Path | None, *, stop: asyncio.Event, tell: Tell
) -> dict[str, Any]:
    """Carry the scenario out and report measurements, counts, a digest and problems as JSON values.

    `stop` ends the typing early. Raises `TraceError`, or as `joined`.
    """
    trace = traces.find(folder, scenario.trace, scenario.edits_per_writer)
    edits = [typed(trace.edits, client=TYPIST + number) for number in range(scenario.writers)]
    server = Watched(server_pid)
    alone_bytes = server.rss_bytes()
    crowd = Crowd(url, scenario)
    await crowd.come()
    joined_bytes = server.rss_bytes()
    tell({"phase": "typing", "edits": sum(map(len, edits))})
    before = server.cost()
    await _type(crowd, edits, server, stop, tell)
    typing = server.cost() - before
    tell({"phase": "settling"})
    ledgers: list[Ledger] = []
    await crowd.settle(lambda: _is_complete(_count(crowd, ledgers)))
    total = server.cost() - before
    ledger = ledgers[-1]
    tell({"phase": "checking"})
    digest, problems = await _check(crowd, ledger)
    memory = (alone_bytes, joined_bytes, server.rss_bytes_max)
    return {
        "trace": trace.name,
        "measurements": [asdict(m) for m in _measurements(crowd, ledger, typing, total, memory)],
        "counts": _counts(crowd, ledger),
        "digest": asdict(digest),
        "problems": problems,
        "interrupted": stop.is_set(),
    }


async def _type(
    crowd: Crowd, edits: list[list[bytes]], server: Watched, stop: asyncio.Event, tell: Tell
) -> None:
    """Let the crowd type; tell how far it is."""
    typing = asyncio.create_task(crowd.type(edits))
    while not typing.done():
        await asyncio.wait([typing], timeout=_TICK_S)
        crowd.is_stopping = stop.is_set()
        server.rss_bytes()
        tell({"phase": "progress", "sent": len(crowd.sent)})
    await typing


def _count(crowd: Crowd, ledgers: list[Ledger]) -> Ledger:
    """Make up the ledger of what came until now; `ledgers` keeps the newest."""
    ledger = Ledger(crowd.sent)
    for number, client in enumerate(crowd.clients):
        ledger.count(number, client.arrivals, uncounted=GREETINGS)
    ledgers[:] = [ledger]
    return ledger


def _is_complete(ledger: Ledger) -> bool:
    return ledger.lost == 0 and ledger.acknowledged == len(ledger.sent)


async def _check(crowd: Crowd, ledger: Ledger) -> tuple[Digest, list[str]]:
    """Compare every client's document, and what a newcomer gets, with what was written."""
    expected = Digest.of_document(opened(sent.update for sent in crowd.sent))
    newcomer = await joined(crowd.url)
    problems = [
        f"{who} holds {got}; written was {expected}"
        for who, got in _documents(crowd, newcomer)
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


def _documents(crowd: Crowd, newcomer: Connection) -> Iterator[tuple[str, Digest]]:
    for number, client in enumerate(crowd.clients):
        own = [sent.update for sent in crowd.sent if sent.author == number]
        yield f"client {number}", Digest.of_document(opened([*own, *updates_in(client.arrivals)]))
    yield "a newcomer", Digest.of_document(opened(updates_in(newcomer.arrivals)))


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


def _measurements(
    crowd: Crowd, ledger: Ledger, typing: Cost, total: Cost, memory: tuple[int, int, int]
) -> Iterator[Measurement]:
    distributions = {
        "propagation": ledger.propagation_ms,
        "acknowledgement": ledger.acknowledgement_ms,
        "send lateness": [(sent.left_ns - sent.due_ns) / 1e6 for sent in crowd.sent],
    }
    for quantity, values in distributions.items():
        if values:
            yield Measurement.of_distribution(WORKLOAD, CONTENDER, quantity, "ms", array("d", values))
    numbers = [
        ("typing", "s", typing.wall_s),
        ("server cpu", "% of a core", 100 * typing.server_s / typing.wall_s),
        ("load client cpu", "% of a core", 100 * typing.own_s / typing.wall_s),
        ("server memory, alone", "MiB", memory[0] / _MIB),
        ("server memory, all joined", "MiB", memory[1] / _MIB),
        ("server memory, most", "MiB", memory[2] / _MIB),
    ]
    if ledger.delivered:
        numbers += [
            ("server cpu per delivery", "us", 1e6 * total.server_s / ledger.delivered),
            ("workers' cpu per delivery", "us", 1e6 * total.children_s / ledger.delivered),
            ("frames per delivery", "", ledger.frames / ledger.delivered),
        ]
    for quantity, unit, value in numbers:
        yield Measurement(WORKLOAD, CONTENDER, quantity, unit, value)
