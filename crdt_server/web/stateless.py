"""Stateless messages: what programs tell one another through a document's connections. Never stored."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from crdt_server.core.session import Grant, Session
from crdt_server.protocol.messages import Stateless
from crdt_server.runtime.engine import Engine

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

    def __init__(self, hook: StatelessHook | None, timeout_s: float) -> None:
        self._hook = hook
        self._timeout_s = timeout_s
        self._waiting: asyncio.Queue[StatelessMessage] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def put(self, message: StatelessMessage) -> None:
        """Queue a message. Without a hook it goes nowhere."""
        if self._hook is None:
            return
        self._waiting.put_nowait(message)
        if self._task is None:
            self._task = asyncio.create_task(self._run(self._hook), name="stateless")

    @property
    def is_ready(self) -> bool:
        """Whether there is room for more."""
        return self._waiting.qsize() < WAITING_MAX

    async def ready(self) -> None:
        """Wait until there is."""
        if not self.is_ready:
            await self._waiting.join()

    async def close(self) -> None:
        """Drop what waits, end the hook that runs."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, hook: StatelessHook) -> None:
        while True:
            message = await self._waiting.get()
            try:
                async with asyncio.timeout(self._timeout_s):
                    await hook(message)
            except Exception:  # noqa: BLE001 - it is the operator's; the connection goes on
                _log.exception("stateless.failed", document=message.document)
            finally:
                self._waiting.task_done()
