"""Stateless messages: what programs tell one another through a document's connections. Never stored."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from crdt_server.core.session import Grant, Session
from crdt_server.protocol.messages import Stateless
from crdt_server.runtime.engine import Engine

from .auth import is_cancelled

WAITING_MAX = 100
"""Messages of one connection that wait for the hook; then the connection is not read for a while."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StatelessMessage:
    """What a Hocuspocus client sent with `sendStateless`."""

    document: str
    grant: Grant
    payload: str
    _session: Session = field(repr=False)
    _engine: Engine = field(repr=False)

    def reply(self, payload: str) -> None:
        """Send something to the sender alone."""
        self._session.deliver(Stateless(payload))

    def broadcast(self, payload: str) -> None:
        """Send something to every Hocuspocus client of the document, the sender too."""
        self._engine.broadcast_stateless(self.document, payload)


StatelessHook = Callable[[StatelessMessage], Awaitable[None]]


class Mailbox:
    """The stateless messages of one connection on their way to the hook, one after another."""

    def __init__(self, hook: StatelessHook | None, timeout_s: float, bytes_max: int) -> None:
        self._hook = hook
        self._timeout_s = timeout_s
        self._bytes_max = bytes_max
        self._waiting: deque[StatelessMessage] = deque()
        self._bytes = 0
        self._stirred = asyncio.Event()
        self._has_room = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def put(self, message: StatelessMessage) -> None:
        """Queue a message. Without a hook it goes nowhere."""
        if self._hook is None:
            return
        self._waiting.append(message)
        self._bytes += len(message.payload)
        self._stirred.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run(self._hook), name="stateless")

    @property
    def is_full(self) -> bool:
        """Whether so much waits that its connection should not be read."""
        return len(self._waiting) >= WAITING_MAX or self._bytes > self._bytes_max

    async def has_room(self) -> None:
        """Wait until it is not full."""
        while self.is_full:
            self._has_room.clear()
            await self._has_room.wait()

    async def close(self) -> None:
        """Drop what waits, end the hook that runs."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, hook: StatelessHook) -> None:
        while True:
            await self._stirred.wait()
            while self._waiting:
                await self._call(hook, self._waiting[0])
                self._bytes -= len(self._waiting.popleft().payload)
                self._has_room.set()
            self._stirred.clear()

    async def _call(self, hook: StatelessHook, message: StatelessMessage) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                await hook(message)
        except (Exception, asyncio.CancelledError) as error:
            if is_cancelled(error):
                raise
            _log.exception("stateless.failed", document=message.document)
