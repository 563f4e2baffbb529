"""The y-websocket endpoint: `/ws/{document}`."""

from __future__ import annotations

import asyncio
import itertools

import structlog
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from crdt_server.core.session import FramedSession
from crdt_server.protocol import ywebsocket
from crdt_server.protocol.close_codes import CloseCode
from crdt_server.protocol.errors import ProtocolError
from crdt_server.runtime.engine import Engine
from crdt_server.runtime.errors import DocumentGone, EngineFull, EngineUnavailable, InvalidName
from crdt_server.runtime.host import Host
from crdt_server.runtime.outbox import Outbox

from .auth import Gate, Refused

_FRAMES_PER_SLICE = 8

_log = structlog.get_logger(__name__)


class DocumentSocket:
    """Serves one document on each WebSocket, in the y-websocket dialect."""

    def __init__(self, engine: Engine, gate: Gate) -> None:
        self._engine = engine
        self._gate = gate

    async def serve(self, websocket: WebSocket) -> None:
        """Admit, accept, and serve until either side ends it."""
        name = websocket.path_params["document"]
        try:
            grant = await self._gate.admit(websocket, name)
            host = await self._enter(name)
        except Refused as refusal:
            self._engine.metrics.refused.labels(str(refusal.status)).inc()
            _log.info("connection.refused", document=name[:100], status=refusal.status, reason=refusal.reason)
            await websocket.send_denial_response(PlainTextResponse(refusal.reason, refusal.status))
            return
        try:
            await websocket.accept()
            outbox = Outbox(self._engine.limits, ywebsocket.KEEPALIVE)
            session = FramedSession(ywebsocket, outbox, grant)
            await self._serve(websocket, host, session, outbox)
        except WebSocketDisconnect:
            pass  # gone before it was accepted
        finally:
            self._engine.leave(host)

    async def _enter(self, name: str) -> Host:
        try:
            return await self._engine.enter(name)
        except InvalidName as error:
            raise Refused(400, str(error)) from None
        except DocumentGone as error:
            raise Refused(410, str(error)) from None
        except EngineUnavailable as error:
            raise Refused(503, str(error)) from None

    async def _serve(self, websocket: WebSocket, host: Host, session: FramedSession, outbox: Outbox) -> None:
        """Run the two halves of a connection; the end of either is the end of both."""
        try:
            host.join(session)
        except EngineFull as error:
            outbox.close(CloseCode.TRY_AGAIN_LATER, str(error))
        pump = asyncio.create_task(outbox.pump(websocket), name="outbox")
        reader = asyncio.create_task(self._read(websocket, host, session, outbox), name="reader")
        try:
            await asyncio.wait({pump, reader}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            host.leave(session)
            pump.cancel()
            reader.cancel()
            sent, read = await asyncio.gather(pump, reader, return_exceptions=True)
        if outbox.closing is not None:
            code, reason = outbox.closing
            self._engine.metrics.closed.labels(code.name).inc()
            _log.info("connection.closed", document=host.name, code=code.name, reason=reason)
        # A peer that goes while something is sent to it shows as any of these, by server and moment.
        if isinstance(sent, Exception) and not isinstance(sent, (OSError, RuntimeError, WebSocketDisconnect)):
            raise sent
        if isinstance(read, Exception):
            raise read

    async def _read(self, websocket: WebSocket, host: Host, session: FramedSession, outbox: Outbox) -> None:
        """Read frames until the client is gone. What follows a frame that breaks the protocol is dropped."""
        for number in itertools.count(1):
            await self._engine.has_room()
            event = await websocket.receive()
            if event["type"] == "websocket.disconnect":
                return
            if outbox.closing is not None:
                continue
            refusal = self._take(event.get("bytes"), host, session)
            if refusal is not None:
                host.leave(session)
                outbox.close(*refusal)
            if number % _FRAMES_PER_SLICE == 0:
                await asyncio.sleep(0)  # many frames may be here already: others have their turn between

    def _take(self, frame: bytes | None, host: Host, session: FramedSession) -> tuple[CloseCode, str] | None:
        """Give the room a frame (None: it was text); return what to close the connection with, or None."""
        limits = self._engine.limits
        if frame is None:
            return CloseCode.UNSUPPORTED_DATA, "frames are binary"
        if not frame:
            return None
        if len(frame) > limits.message_bytes_max:
            return CloseCode.MESSAGE_TOO_BIG, f"frames have at most {limits.message_bytes_max} bytes"
        try:
            message = ywebsocket.decode(frame, awareness_entries_max=limits.awareness_entries_max)
            host.receive(session, message)
        except ProtocolError as error:
            return error.close_code, str(error)
        return None
