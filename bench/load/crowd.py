"""The clients: they come, some type, cursors move, and all wait until nothing arrives any more."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from bench.scenarios import Fanout

from .alarm import Alarm
from .connection import Connection
from .dialect import Dialect, DialectName, speak
from .ledger import Sent
from .presence import Moved, moved

_OPENED_AT_ONCE = 50
_OPEN_TIMEOUT_S = 30.0
_POLL_S = 0.02
_SEED = 1


@dataclass(slots=True)
class Room:
    """The clients of one document. The first ones write; `sent` and `moves` are what they sent so far."""

    name: str
    dialect: Dialect
    clients: list[Connection] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    moves: list[Moved] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Planned:
    """What a client is to send, `at_ns` after the start: an edit, or where its cursor is for the `clock`-th
    time.
    """

    at_ns: int
    room: Room
    author: int
    frame: bytes
    update: bytes = b""
    clock: int = 0


class Crowd:
    """Clients in one room, or in many of the same size."""

    def __init__(self, url: str, dialect: DialectName, document: str, scenario: Fanout) -> None:
        """`document` is what the names of the documents begin with."""
        names = [f"{document}-{number}" for number in range(scenario.rooms)]
        self.rooms = [Room(name, speak(dialect, name)) for name in names]
        self.is_stopping = False
        """Set from outside: nothing more is sent."""
        self.sent = 0
        """Edits and cursors sent so far."""
        self._url = url
        self._scenario = scenario

    @property
    def clients(self) -> list[Connection]:
        """All clients of all rooms."""
        return [client for room in self.rooms for client in room.clients]

    @property
    def is_relay(self) -> bool:
        """Whether the other side acknowledges nothing and keeps nothing for newcomers."""
        return self.rooms[0].dialect.is_relay

    @property
    def connections_lost(self) -> int:
        """How many clients the server hung up on."""
        return sum(client.is_lost for client in self.clients)

    async def come(self) -> None:
        """Connect all clients and synchronise them. Raises as `joined`.

        Each room's first comes alone: pycrdt-websocket never serves the second of two that open a room
        together.
        """
        rest = [room for room in self.rooms for _ in range(self._scenario.clients - 1)]
        for rooms in (self.rooms, rest):
            for start in range(0, len(rooms), _OPENED_AT_ONCE):
                some = rooms[start : start + _OPENED_AT_ONCE]
                came = await asyncio.gather(*(self.newcomer(room) for room in some))
                for room, client in zip(some, came, strict=True):
                    room.clients.append(client)

    async def newcomer(self, room: Room) -> Connection:
        """Return one more connection to a room, not counted among its clients. Raises as `joined`."""
        return await joined(self._url, room.dialect)

    async def type(self, edits: Sequence[Sequence[bytes]]) -> None:
        """Send what is due when it is due, or as soon after as possible.

        In every room the first client makes the first of `edits`, and so on; all move their cursors.
        """
        plan = self._plan(edits)
        start_ns = time.perf_counter_ns()
        with Alarm() as alarm:
            for planned in plan:
                due_ns = start_ns + planned.at_ns
                await alarm.until(due_ns)
                if self.is_stopping:
                    return
                left_ns = time.perf_counter_ns()
                room, author = planned.room, planned.author
                room.clients[author].send(planned.frame)
                if planned.clock:
                    room.moves.append(Moved(author, planned.clock, due_ns))
                else:
                    room.sent.append(Sent(author, planned.update, due_ns, left_ns))
                self.sent += 1

    def _plan(self, edits: Sequence[Sequence[bytes]]) -> list[_Planned]:
        """Make up who sends what and when: each at an even rate, not all at once."""
        dice = random.Random(_SEED)
        scenario = self._scenario
        plan: list[_Planned] = []
        for room in self.rooms:
            for author, updates in enumerate(edits):
                times = _evenly(scenario.edits_per_s, len(updates), dice)
                for at, update in zip(times, updates, strict=True):
                    plan.append(_Planned(at, room, author, room.dialect.edit(update), update))
            for author in range(scenario.clients):
                times = _evenly(scenario.presence_hz, scenario.moves_per_client, dice)
                for clock, at in enumerate(times, start=1):
                    frame = room.dialect.presence(moved(author, clock))
                    plan.append(_Planned(at, room, author, frame, clock=clock))
        plan.sort(key=lambda planned: planned.at_ns)
        return plan

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
        arrived, since = self._arrived(), time.monotonic()
        while (now := time.monotonic()) < end and now - since < self._scenario.quiet_s:
            await asyncio.sleep(_POLL_S)
            if self._arrived() != arrived:
                arrived, since = self._arrived(), time.monotonic()

    def _arrived(self) -> int:
        return sum(len(client.arrivals) for client in self.clients)

    def leave(self) -> None:
        """Close all connections."""
        for client in self.clients:
            client.close()


def _evenly(rate: float, count: int, dice: random.Random) -> Iterator[int]:
    """Iterate over so many moments at a rate per second, in nanoseconds, with a phase of its own."""
    if count:
        period_ns = 1e9 / rate
        phase = dice.uniform(0, period_ns)
        yield from (int(phase + number * period_ns) for number in range(count))


async def joined(url: str, dialect: Dialect) -> Connection:
    """Return a connection that is synchronised with the room.

    Raises OSError, TimeoutError, or `picows.WSError` where the upgrade is refused.
    """
    connection = Connection(dialect.url(url))
    async with asyncio.timeout(_OPEN_TIMEOUT_S):
        await connection.open()
        for frame in dialect.greeting:
            connection.send(frame)
        while not any(dialect.hear(frame).update is not None for frame in connection.arrivals.frames):
            if connection.is_lost:
                raise ConnectionResetError("the server hung up")
            await asyncio.sleep(_POLL_S)
    return connection
