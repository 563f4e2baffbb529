"""One WebSocket: frames are taken, what waits in the outbox is sent, and either side may end it."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress

import structlog
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket

from crdt_server.protocol.close_codes import CloseCode
from crdt_server.runtime.engine import Engine
from crdt_server.runtime.outbox import Outbox

from .asgi import AsgiDoor
from .auth import Refused
from .door import Door
from .inlet import Inlet
from .wire import EXTENSION, WireProtocol

_log = structlog.get_logger(__name__)


class Conversation(ABC):
    """An accepted WebSocket in some dialect."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.outbox = Outbox(engine.limits, engine.turnstile, self.keepalive, self.resume)
        self._is_gone = False

    @abstractmethod
    def take(self, frame: bytes) -> None:
        """Take a frame; nothing is taken after the outbox was closed."""

    @abstractmethod
    def keepalive(self) -> bytes:
        """Return a frame that changes nothing."""

    @abstractmethod
    def resume(self) -> None:
        """Tell the client what it missed while it took no more."""

    @abstractmethod
    def ended(self) -> None:
        """Leave every room: one side ended it."""

    @abstractmethod
    async def leave(self) -> None:
        """End what runs for it, and leave what was entered for it."""

    async def ready(self) -> None:
        """Wait until another frame may be taken: the journal takes edits, and answers are read."""
        await self.outbox.has_room()
        await self.engine.has_room()

    @property
    def is_ready(self) -> bool:
        """Whether `ready` would not wait."""
        return self.engine.takes_edits and not self.outbox.is_full

    def begin(self, door: Door) -> Inlet:
        """Take frames from a door, and send what waits."""
        inlet = Inlet(self.take_any, self.ready, lambda: self.is_ready, door)
        self.outbox.open(door)
        door.attach(inlet.heard, self.outbox.drained, self._lose)
        return inlet

    async def run(self, door: Door, inlet: Inlet, about: dict[str, str]) -> None:
        """Go on until either side ends it; `about` is what the log says of it."""
        try:
            await self.outbox.done()
        finally:
            self.ended()
            self.outbox.stop()
            inlet.stop()
            await door.detach()
            await self.leave()
        if self.outbox.closing is not None:
            code, reason = self.outbox.closing
            self.engine.metrics.closed.labels(code.name).inc()
            _log.info("connection.closed", **about, code=code.name, reason=reason)
            if self.outbox.gave_up:
                door.abort()
            elif not self._is_gone:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.engine.limits.send_timeout_s):
                        await door.close(code, reason)

    def _lose(self) -> None:
        self._is_gone = True
        self.outbox.stop()

    def take_any(self, frame: bytes | None) -> None:
        """Take a frame, or refuse text (None). What follows a frame that breaks the protocol is dropped."""
        if self.outbox.closing is not None:
            return
        if frame is None:
            self.outbox.close(CloseCode.UNSUPPORTED_DATA, "frames are binary")
            self.ended()
            return
        try:
            self.take(frame)
        except Exception:  # noqa: BLE001 - one connection's trouble is not the others'
            _log.exception("connection.failed")
            self.outbox.close(CloseCode.INTERNAL_ERROR, "the server made a mistake")
            self.ended()


async def converse(websocket: WebSocket, conversation: Conversation, **about: str) -> None:
    """Serve an accepted WebSocket until either side ends it; `about` is what the log says of it.

    Returns at once where the server keeps the connection without the application's call, and what that
    holds in memory.
    """
    protocol: WireProtocol | None = websocket.scope.get("extensions", {}).get(EXTENSION)
    door = AsgiDoor(websocket) if protocol is None else protocol
    running = conversation.run(door, conversation.begin(door), about)
    if protocol is None:
        await running
    else:
        protocol.keep(asyncio.create_task(running))


async def refuse(websocket: WebSocket, engine: Engine, document: str, refusal: Refused) -> None:
    """Refuse an upgrade with an HTTP status: clients back off from that."""
    engine.metrics.refused.labels(str(refusal.status)).inc()
    _log.info("connection.refused", document=document[:100], status=refusal.status, reason=refusal.reason)
    await websocket.send_denial_response(PlainTextResponse(refusal.reason, refusal.status))
