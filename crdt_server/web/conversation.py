"""One WebSocket: frames are read and taken, what waits in the outbox is sent, the end of either ends both."""

from __future__ import annotations

import asyncio
import itertools
from abc import ABC, abstractmethod
from contextlib import suppress

import structlog
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from crdt_server.protocol.close_codes import CloseCode
from crdt_server.runtime.engine import Engine
from crdt_server.runtime.outbox import Outbox

from .auth import Refused
from .inlet import FRAMES_PER_SLICE, Inlet
from .wire import EXTENSION, AsgiWire, WireProtocol

_GONE = (OSError, RuntimeError, WebSocketDisconnect)
"""A peer that goes while something is sent to it shows as any of these, by server and moment."""

_log = structlog.get_logger(__name__)


class Conversation(ABC):
    """An accepted WebSocket in some dialect."""

    def __init__(self, websocket: WebSocket, engine: Engine) -> None:
        self.websocket = websocket
        self.engine = engine
        self.outbox = Outbox(engine.limits, self.keepalive, self.resume)

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

    async def ready(self) -> None:
        """Wait until another frame may be taken: the journal takes edits, and answers are read."""
        await self.outbox.has_room()
        await self.engine.has_room()

    @property
    def is_ready(self) -> bool:
        """Whether `ready` would not wait."""
        return self.engine.takes_edits and not self.outbox.is_full

    async def run(self, **about: str) -> None:
        """Serve until either side ends it; `about` is what the log says of it."""
        reader = asyncio.create_task(self._read(), name="reader")
        tasks = [reader, asyncio.create_task(self.outbox.done(), name="outbox")]
        door: WireProtocol | None = self.websocket.scope.get("extensions", {}).get(EXTENSION)
        if door is None:
            wire = AsgiWire(self.websocket, self.outbox.drained)
            tasks.append(asyncio.create_task(wire.run(), name="writer"))
            self.outbox.open(wire)
        else:
            inlet = Inlet(self.take_any, self.ready, lambda: self.is_ready, door)
            tasks.append(asyncio.create_task(inlet.run(), name="inlet"))
            self.outbox.open(door)
            door.attach(inlet.heard, self.outbox.drained)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            is_gone = reader.done()
            self.ended()
            self.outbox.stop()
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        if self.outbox.closing is not None:
            code, reason = self.outbox.closing
            self.engine.metrics.closed.labels(code.name).inc()
            _log.info("connection.closed", **about, code=code.name, reason=reason)
            if self.outbox.gave_up and door is not None:
                door.abort()
            elif not is_gone:
                await self._close(code, reason)
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, _GONE):
                raise result

    async def _close(self, code: CloseCode, reason: str) -> None:
        with suppress(TimeoutError, *_GONE):
            async with asyncio.timeout(self.engine.limits.send_timeout_s):
                await self.websocket.close(code, reason)

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

    async def _read(self) -> None:
        """Read frames until the client is gone."""
        for number in itertools.count(1):
            await self.ready()
            event = await self.websocket.receive()
            if event["type"] == "websocket.disconnect":
                return
            self.take_any(event.get("bytes"))
            if number % FRAMES_PER_SLICE == 0:
                await asyncio.sleep(0)  # many frames may be here already: others have their turn between


async def refuse(websocket: WebSocket, engine: Engine, document: str, refusal: Refused) -> None:
    """Refuse an upgrade with an HTTP status: clients back off from that."""
    engine.metrics.refused.labels(str(refusal.status)).inc()
    _log.info("connection.refused", document=document[:100], status=refusal.status, reason=refusal.reason)
    await websocket.send_denial_response(PlainTextResponse(refusal.reason, refusal.status))
