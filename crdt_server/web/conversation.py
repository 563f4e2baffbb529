"""One WebSocket: frames are read and taken, what waits in the outbox is sent, the end of either ends both."""

from __future__ import annotations

import asyncio
import itertools
from abc import ABC, abstractmethod

import structlog
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from crdt_server.protocol.close_codes import CloseCode
from crdt_server.runtime.engine import Engine
from crdt_server.runtime.outbox import Outbox

from .auth import Refused

_FRAMES_PER_SLICE = 8

_log = structlog.get_logger(__name__)


class Conversation(ABC):
    """An accepted WebSocket in some dialect."""

    def __init__(self, websocket: WebSocket, engine: Engine) -> None:
        self.websocket = websocket
        self.engine = engine
        self.outbox = Outbox(engine.limits, self.keepalive)

    @abstractmethod
    def take(self, frame: bytes) -> None:
        """Take a frame; nothing is taken after the outbox was closed."""

    @abstractmethod
    def keepalive(self) -> bytes:
        """Return a frame that changes nothing."""

    @abstractmethod
    def ended(self) -> None:
        """Leave every room: one side ended it."""

    async def ready(self) -> None:
        """Wait until another frame may be taken."""
        await self.engine.has_room()

    async def run(self, **about: str) -> None:
        """Serve until either side ends it; `about` is what the log says of it."""
        pump = asyncio.create_task(self.outbox.pump(self.websocket), name="outbox")
        reader = asyncio.create_task(self._read(), name="reader")
        try:
            await asyncio.wait({pump, reader}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.ended()
            pump.cancel()
            reader.cancel()
            sent, read = await asyncio.gather(pump, reader, return_exceptions=True)
        if self.outbox.closing is not None:
            code, reason = self.outbox.closing
            self.engine.metrics.closed.labels(code.name).inc()
            _log.info("connection.closed", **about, code=code.name, reason=reason)
        # A peer that goes while something is sent to it shows as any of these, by server and moment.
        if isinstance(sent, Exception) and not isinstance(sent, (OSError, RuntimeError, WebSocketDisconnect)):
            raise sent
        if isinstance(read, Exception):
            raise read

    async def _read(self) -> None:
        """Read frames until the client is gone. What follows a frame that breaks the protocol is dropped."""
        for number in itertools.count(1):
            await self.ready()
            event = await self.websocket.receive()
            if event["type"] == "websocket.disconnect":
                return
            if self.outbox.closing is not None:
                continue
            frame = event.get("bytes")
            if frame is None:
                self.outbox.close(CloseCode.UNSUPPORTED_DATA, "frames are binary")
                self.ended()
            else:
                self.take(frame)
            if number % _FRAMES_PER_SLICE == 0:
                await asyncio.sleep(0)  # many frames may be here already: others have their turn between


async def refuse(websocket: WebSocket, engine: Engine, document: str, refusal: Refused) -> None:
    """Refuse an upgrade with an HTTP status: clients back off from that."""
    engine.metrics.refused.labels(str(refusal.status)).inc()
    _log.info("connection.refused", document=document[:100], status=refusal.status, reason=refusal.reason)
    await websocket.send_denial_response(PlainTextResponse(refusal.reason, refusal.status))
