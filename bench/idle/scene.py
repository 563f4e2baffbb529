"""Many connections to one server: they come, are silent, and then only say that they are still there."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time

from bench.edits import TYPIST
from bench.load.cost import Cost, Watched
from bench.load.dialect import Dialect
from bench.scenarios import Idle
from bench.scenes.client import Client
from bench.scenes.frames import Shared
from bench.scenes.memory import Memory
from bench.scenes.order import Order, Tell
from bench.scenes.report import Report
from bench.scenes.rest import Restless, at_rest
from crdt_server.protocol.presence import Presence, encode_awareness

_AT_ONCE = 100
_REST_TIMEOUT_S = 30.0
_ANSWER_TIMEOUT_S = 60.0
_TICK_S = 0.1
_POLL_S = 0.005
_KIB = 1024


async def measure(order: Order, tell: Tell) -> Report:
    """Carry the order out. Raises OSError, TimeoutError or `Refused`."""
    scene = _Scene(order, tell)
    await scene.connect()
    await scene.quiet()
    await scene.present()
    return scene.report()


class _Scene:
    """One server and its clients."""

    def __init__(self, order: Order, tell: Tell) -> None:
        self._tell = tell
        self._idle = Idle(**order.values["idle"])
        self._server = Watched(order.pid)
        self._memory = Memory(order.pid)
        self._empty_bytes = self._memory.bytes()
        self._report = Report()
        shared = Shared()
        self._dialects = [order.speak(f"idle-{number}") for number in range(self._idle.documents)]
        self._clients = [
            Client(self._dialect(number).url(order.url), shared) for number in range(self._idle.connections)
        ]

    async def connect(self) -> None:
        """Open all connections, and wait until the server has answered them."""
        before, start = self._server.cost(), time.perf_counter()
        # Never two at once into one document: pycrdt-websocket does not serve the second one.
        step = min(_AT_ONCE, self._idle.documents)
        for first in range(0, len(self._clients), step):
            self._tell({"phase": "connecting", "done": first, "of": len(self._clients)})
            numbers = range(first, min(first + step, len(self._clients)))
            await asyncio.gather(*(self._join(number) for number in numbers))
        self._report.number("connect all", "s", time.perf_counter() - start)
        used = self._server.cost() - before
        self._report.number("server cpu per connect", "us", 1e6 * used.server_s / len(self._clients))

    async def quiet(self) -> None:
        """Look on while no client says anything."""
        await self._rest()
        self._size("memory per connection")
        self._load("cpu", await self._window("nobody says anything"))

    async def present(self) -> None:
        """Look on while every client says again that it is still there, as y-websocket's do."""
        renewing = asyncio.create_task(self._renew())
        await asyncio.sleep(self._idle.renewal_s)
        self._load("cpu, all renew their presence", await self._window("all renew their presence"))
        self._size("memory per connection, with presence")
        renewing.cancel()

    def report(self) -> Report:
        """Return what was found, and hang up."""
        lost = len(self._clients) - self._open
        self._report.counts |= {"connections": len(self._clients), "connections_lost": lost}
        if lost:
            self._report.problems.append(f"{lost} of {len(self._clients)} connections lost")
        for client in self._clients:
            client.close()
        return self._report

    @property
    def _open(self) -> int:
        return sum(client.is_open for client in self._clients)

    def _dialect(self, number: int) -> Dialect:
        return self._dialects[number % len(self._dialects)]

    async def _join(self, number: int) -> None:
        client, dialect = self._clients[number], self._dialect(number)
        async with asyncio.timeout(_ANSWER_TIMEOUT_S):
            await client.open()
            for frame in dialect.greeting:
                client.send(frame)
            while not dialect.is_relay and not client.arrivals and client.is_open:  # noqa: ASYNC110
                await asyncio.sleep(_POLL_S)

    async def _rest(self) -> None:
        self._tell({"phase": "waiting until the server rests"})
        with contextlib.suppress(Restless):  # then that is what it costs
            await at_rest(self._server, timeout_s=_REST_TIMEOUT_S)

    async def _window(self, phase: str) -> Cost:
        before, start = self._server.cost(), time.monotonic()
        while (passed := time.monotonic() - start) < self._idle.window_s:
            self._tell({"phase": phase, "done": round(passed), "of": round(self._idle.window_s)})
            await asyncio.sleep(min(_TICK_S, self._idle.window_s))
        return self._server.cost() - before

    async def _renew(self) -> None:
        """Renew every client's presence once in `renewal_s`, one after the other."""
        start, clock = time.perf_counter(), 0
        while True:  # until it is cancelled
            clock += 1
            for number, client in enumerate(self._clients):
                due = start + (clock - 1 + number / len(self._clients)) * self._idle.renewal_s
                if (wait := due - time.perf_counter()) > 0:
                    await asyncio.sleep(wait)
                client.send(self._dialect(number).presence(_renewed(number, clock)))

    def _size(self, quantity: str) -> None:
        grown = self._memory.bytes() - self._empty_bytes
        self._report.number(quantity, "KiB", grown / len(self._clients) / _KIB)

    def _load(self, quantity: str, used: Cost) -> None:
        self._report.number(quantity, "% of a core", 100 * (used.server_s + used.children_s) / used.wall_s)


def _renewed(number: int, clock: int) -> bytes:
    """Return the awareness update with which a client says the same as before."""
    user = {"user": {"name": f"Person {number}", "color": "#30bced"}, "cursor": None}
    return encode_awareness([Presence(TYPIST + number, clock, json.dumps(user).encode())])
