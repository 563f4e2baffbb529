"""The engine: opens, keeps and closes rooms over one store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Self

import structlog

from crdt_server.core.limits import DEFAULTS, Limits
from crdt_server.protocol.close_codes import CloseCode
from crdt_server.protocol.messages import Stateless
from persistence.port import Store
from persistence.urls import store_from_url

from .document import Document
from .errors import EngineFull
from .host import Host, Services
from .journal import Journal
from .metrics import Metrics
from .names import check_name
from .turnstile import Turnstile
from .worker import Worker

_SQUASH_NICENESS = 10
"""Nobody waits for a squash: on a busy machine it is worth less than what people wait for."""

_log = structlog.get_logger(__name__)


class Engine:
    """Hosts documents of one store. Use as an async context manager, in one event loop.

    `store` is a URL (`memory:`, `sqlite:PATH`) or a `Store`, which then is closed with the engine.
    """

    def __init__(self, store: str | Store = "memory:", *, limits: Limits = DEFAULTS) -> None:
        """Raises ValueError where the URL names no store."""
        self.limits = limits
        self.metrics = Metrics()
        self.turnstile = Turnstile()
        self._store = store_from_url(store) if isinstance(store, str) else store
        self._journal = Journal(self._store, limits, self.metrics)
        self._workers = Worker(limits, niceness=_SQUASH_NICENESS), Worker(limits)
        self._services = Services(self._store, self._journal, *self._workers, limits, self.metrics)
        self._hosts: dict[str, Host] = {}
        self._idle_timers: dict[Host, asyncio.TimerHandle] = {}
        self._is_open = False
        self._closing: asyncio.Task[int] | None = None

    async def __aenter__(self) -> Self:
        """Open the store. Raises `StoreUnreadable` or `StoreUnavailable`."""
        await self._store.open()
        self._journal.start()
        self._is_open = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def is_open(self) -> bool:
        """Whether documents can be entered."""
        return self._is_open

    def trouble(self) -> str | None:
        """Say why the engine is not ready to serve; None when it is."""
        if not self._is_open:
            return "the engine is not open"
        trouble = self._journal.trouble
        return None if trouble is None else f"the store does not take edits: {trouble}"

    async def close(self) -> int:
        """Close all sessions, write what is left, close the store.

        Returns the number of records that could not be written within `drain_timeout_s`; none of them was
        acknowledged. Idempotent; who is cancelled here does not cut it off.
        """
        if self._closing is None:
            if not self._is_open:
                return 0
            self._is_open = False
            self._closing = asyncio.create_task(self._close(), name="close engine")
        return await asyncio.shield(self._closing)

    async def _close(self) -> int:
        for timer in self._idle_timers.values():
            timer.cancel()
        self._idle_timers.clear()
        hosts = list(self._hosts.values())
        async with AsyncExitStack() as steps:  # each step is taken whatever becomes of the ones before
            steps.push_async_callback(self._store.close)
            for worker in self._workers:
                steps.push_async_callback(worker.close)
            for host in hosts:
                steps.push_async_callback(host.stop)
                steps.callback(host.close, CloseCode.SERVICE_RESTART, "the server is stopping")
            for host in hosts:
                host.finish()
            unwritten = await self._journal.close()
            self._hosts.clear()
        return unwritten

    async def enter(self, name: str) -> Host:
        """Open a document, or join in while it is open or being opened; `leave` must follow.

        It is loaded once however many enter at once. Raises `InvalidName`, `DocumentGone`,
        `DocumentUnavailable` (the next who enters tries again) or `EngineFull`.
        """
        check_name(name, bytes_max=self.limits.document_name_bytes_max)
        host = self._hosts.get(name)
        if host is None or host.is_broken:
            host = self._open(name)
        host.holds += 1
        if (timer := self._idle_timers.pop(host, None)) is not None:
            timer.cancel()
        loading = host.loading
        try:
            if loading is not None:
                await asyncio.wait([loading])  # not cancelled with us: others may wait for it
                if loading.cancelled():
                    raise EngineFull("the engine is closing")
                loading.result()
            host.check_space()
        except BaseException:
            self.leave(host)
            raise
        return host

    def leave(self, host: Host) -> None:
        """Let go of a document. Its room is closed a while after the last one left and all is stored."""
        host.holds -= 1
        self._idle(host)

    @asynccontextmanager
    async def open(self, name: str, *, user: str = "") -> AsyncIterator[Document]:
        """Open a document for this program: a pycrdt Doc that is a peer in the room, like any browser.

        `user` is recorded as the author of its edits. Raises as `enter`.
        """
        host = await self.enter(name)
        try:
            document = Document(host, user)
            try:
                yield document
            finally:
                document.close()
        finally:
            self.leave(host)

    def broadcast_stateless(self, name: str, payload: str) -> None:
        """Send a stateless message to every Hocuspocus client of a document; nobody where it is not open."""
        host = self._hosts.get(name)
        if host is not None and host.room is not None:
            host.room.tell(Stateless(payload))

    @property
    def takes_edits(self) -> bool:
        """Whether `has_room` would not wait."""
        return self._journal.takes_edits

    async def has_room(self) -> None:
        """Wait until the journal takes more edits; whoever brings edits from outside waits here first."""
        await self._journal.has_room()

    def _open(self, name: str) -> Host:
        if not self._is_open:
            raise EngineFull("the engine is not open")
        if len(self._hosts) >= self.limits.rooms_max:
            raise EngineFull(f"{self.limits.rooms_max} documents are open already")
        host = Host(name, self._services, self._idle)
        self._hosts[name] = host
        self.metrics.rooms.set(len(self._hosts))
        host.loading = asyncio.create_task(host.load(), name=f"load {name}")
        host.loading.add_done_callback(lambda task: self._loaded(host, task))
        return host

    def _loaded(self, host: Host, task: asyncio.Task[None]) -> None:
        if task.cancelled() or task.exception() is not None:
            self._drop(host)  # nobody is in it; the next who enters loads it again
        else:
            host.loading = None
            self._idle(host)

    def _idle(self, host: Host) -> None:
        """Look whether a room can go: at once where it is broken, else after `room_idle_s`."""
        if host.is_broken:
            self._drop(host)
        if not host.may_go or self._hosts.get(host.name) is not host or host in self._idle_timers:
            return
        self._idle_timers[host] = asyncio.get_running_loop().call_later(
            self.limits.room_idle_s, self._unload, host
        )

    def _unload(self, host: Host) -> None:
        self._idle_timers.pop(host, None)
        if host.may_go:
            self._drop(host)
            _log.debug("room.unloaded", document=host.name)

    def _drop(self, host: Host) -> None:
        if self._hosts.get(host.name) is host:
            del self._hosts[host.name]
            host.dropped()
            self.metrics.rooms.set(len(self._hosts))
