"""The y-websocket endpoint: `/ws/{document}`."""

from __future__ import annotations

from contextlib import ExitStack, suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from crdt_server.core.session import FramedSession, Grant
from crdt_server.protocol import ywebsocket
from crdt_server.protocol.close_codes import CloseCode
from crdt_server.protocol.errors import MessageTooBig, ProtocolError
from crdt_server.runtime.engine import Engine
from crdt_server.runtime.errors import DocumentGone, EngineUnavailable
from crdt_server.runtime.host import Host

from .auth import Gate, Refused
from .conversation import Conversation, converse, refuse
from .expiry import EXPIRED, Expiry


class YWebSocketEndpoint:
    """Serves one document on each WebSocket."""

    def __init__(self, engine: Engine, gate: Gate) -> None:
        self._engine = engine
        self._gate = gate

    async def serve(self, websocket: WebSocket) -> None:
        """Admit, accept, and serve until either side ends it."""
        name = websocket.path_params["document"]
        try:
            self._gate.check_origin(websocket)
            grant = await self._gate.admit(websocket, name, websocket.query_params.get("token", ""))
            host = await self._enter(name)
        except Refused as refusal:
            await refuse(websocket, self._engine, name, refusal)
            return
        with ExitStack() as stack, suppress(WebSocketDisconnect):  # gone before it was accepted
            stack.callback(self._engine.leave, host)
            await websocket.accept()
            conversation = _Conversation(self._engine, host, grant)
            stack.pop_all()  # from here on it leaves
            await converse(websocket, conversation, document=name)

    async def _enter(self, name: str) -> Host:
        try:
            return await self._engine.enter(name)
        except DocumentGone as error:
            raise Refused(410, str(error)) from None
        except EngineUnavailable as error:
            raise Refused(503, str(error)) from None


class _Conversation(Conversation):
    def __init__(self, engine: Engine, host: Host, grant: Grant) -> None:
        super().__init__(engine)
        self._host = host
        self._session = FramedSession(ywebsocket, self.outbox, grant)
        self._expiry = Expiry(self._expired, remind=lambda: None, renewal_s=0.0)
        try:
            host.join(self._session)
        except EngineUnavailable as error:
            self.outbox.close(CloseCode.TRY_AGAIN_LATER, str(error))
        self._expiry.watch(grant)

    def keepalive(self) -> bytes:
        return ywebsocket.KEEPALIVE

    def take(self, frame: bytes) -> None:
        if not frame:
            return
        limits = self.engine.limits
        try:
            if len(frame) > limits.message_bytes_max:
                raise MessageTooBig(f"frames have at most {limits.message_bytes_max} bytes")
            message = ywebsocket.decode(frame, awareness_entries_max=limits.awareness_entries_max)
            self._host.receive(self._session, message)
        except ProtocolError as error:
            self.outbox.close(error.close_code, str(error))
            self.ended()

    def resume(self) -> None:
        self._host.catch_up(self._session)

    def ended(self) -> None:
        self._expiry.cancel()
        self._host.leave(self._session)

    async def leave(self) -> None:
        self.engine.leave(self._host)

    def _expired(self) -> None:
        self.outbox.close(CloseCode.UNAUTHORIZED, EXPIRED)
        self.ended()
