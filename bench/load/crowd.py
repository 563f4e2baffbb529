"""The clients of one room: they come, some type, and all wait until nothing arrives any more."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence

from bench.scenarios import Fanout

from .connection import Connection
from .dialect import Dialect
from .ledger import Sent

_OPENED_AT_ONCE = 50
_OPEN_TIMEOUT_S = 30.0
_POLL_S = 0.02
_SEED = 1


class Crowd:
    """Clients in one room. The first ones write; `sent` is what they wrote so far."""

    def __init__(self, url: str, dialect: Dialect, scenario: Fanout) -> None:
        self.clients: list[Connection] = []
        self.sent: list[Sent] = []
        self.is_stopping = False
        """Set from outside: nothing more is written."""
        self._url = url
        self._dialect = dialect
        self._scenario = scenario

    @property
    def arrived(self) -> int:
        """Frames that came so far, over all clients."""
        return sum(len(client.arrivals) for client in self.clients)

    async def come(self) -> None:
        """Connect all clients and synchronise them. Raises as `joined`.

        The first comes alone: pycrdt-websocket never serves the second of two that open a room together.
        """
        self.clients.append(await self.newcomer())
        while missing := self._scenario.clients - len(self.clients):
            count = min(_OPENED_AT_ONCE, missing)
            self.clients += await asyncio.gather(*(self.newcomer() for _ in range(count)))

    async def newcomer(self) -> Connection:
        """Return one more connection, not counted among the clients. Raises as `joined`."""
        return await joined(self._url, self._dialect)

    async def type(self, edits: Sequence[Sequence[bytes]]) -> None:
        """Send each writer's edits at its rate, each edit when it is due or as soon after as possible."""
        dice = random.Random(_SEED)
        period_ns = 1e9 / self._scenario.edits_per_s
        start = time.perf_counter_ns()
        plan: list[tuple[int, int, bytes]] = []
        for author, updates in enumerate(edits):
            phase = dice.uniform(0, period_ns)
            plan += [
                (start + int(phase + number * period_ns), author, update)
                for number, update in enumerate(updates)
            ]
        plan.sort(key=lambda edit: edit[0])
        for due, author, update in plan:
            await _until(due)
            if self.is_stopping:
                return
            left = time.perf_counter_ns()
            self.clients[author].send(self._dialect.edit(update))
            self.sent.append(Sent(author, update, due, left))

    async def settle(self, is_complete: Callable[[], bool]) -> bool:
        """Wait until nothing arrives for `quiet_s`; if not all is there then, wait on, up to `settle_s`.

        Returns whether all is there.
        """
        end = time.monotonic() + self._scenario.settle_s
        while True:
            await self._quiet(end)
            if is_complete():
                return True
            if time.monotonic() >= end:
                return False

    async def _quiet(self, end: float) -> None:
        arrived, since = self.arrived, time.monotonic()
        while (now := time.monotonic()) < end and now - since < self._scenario.quiet_s:
            await asyncio.sleep(_POLL_S)
            if self.arrived != arrived:
                arrived, since = self.arrived, time.monotonic()

    def leave(self) -> None:
        """Close all connections."""
        for client in self.clients:
            client.close()


async def _until(due_ns: int) -> None:
    """Wait until a moment of `time.perf_counter_ns`, never shorter: a loop's timers may come early."""
    while (wait_ns := due_ns - time.perf_counter_ns()) > 0:  # noqa: ASYNC110 - it waits for nothing but time
        await asyncio.sleep(wait_ns / 1e9)


async def joined(url: str, dialect: Dialect) -> Connection:
    """Return a connection that is synchronised with the room.

    Raises OSError, TimeoutError, or a `websockets` error where the upgrade is refused.
    """
    connection = Connection(dialect.url(url))
    async with asyncio.timeout(_OPEN_TIMEOUT_S):
        await connection.open()
        for frame in dialect.greeting:
            connection.send(frame)
        while not any(dialect.hear(frame).update is not None for _, frame in connection.arrivals):
            if connection.is_lost:
                raise ConnectionResetError("the server hung up")
            await asyncio.sleep(_POLL_S)
    return connection
