"""The Hocuspocus endpoint: many documents on each WebSocket, each let in by an Auth of its own."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from crdt_server.core.hocuspocus import NO_ACCESS, Decide, Event, HocuspocusConnection, Left, Place, Take
from crdt_server.core.session import FramedSession, Grant
from crdt_server.protocol.close_codes import CloseCode
from crdt_server.protocol.errors import ProtocolError
from crdt_server.protocol.messages import Stateless, SyncStep2, SyncUpdate
from crdt_server.runtime.engine import Engine
from crdt_server.runtime.errors import DocumentGone, DocumentUnavailable, EngineUnavailable
from crdt_server.runtime.host import Host

from .auth import Gate, Refused
from .conversation import Conversation, converse, refuse
from .expiry import EXPIRED, Expiry
from .inlet import FRAMES_PER_SLICE
from .stateless import Mailbox, StatelessHook, StatelessMessage

_DECISIONS_AT_ONCE = 8
"""Documents of one socket that are asked about at the same time."""

_log = structlog.get_logger(__name__)


class HocuspocusEndpoint:
    """Serves @hocuspocus/provider 2.15 to 4.8."""

    def __init__(self, engine: Engine, gate: Gate, hook: StatelessHook | None) -> None:
        self._engine = engine
        self._gate = gate
        self._hook = hook

    async def serve(self, websocket: WebSocket) -> None:
        """Accept pages of allowed origins; serve until either side ends it."""
        try:
            self._gate.check_origin(websocket)
            if not self._engine.is_open:
                raise Refused(503, "the engine is not open")
        except Refused as refusal:
            await refuse(websocket, self._engine, "", refusal)
            return
        try:
            await websocket.accept()
        except WebSocketDisconnect:
            return  # gone before it was accepted
        conversation = _Conversation(websocket, self._engine, self._gate, self._hook)
        await converse(websocket, conversation, dialect="hocuspocus")


class _Open:
    """An open document of a socket: the transport of its session."""

    def __init__(self, conversation: _Conversation, place: Place, host: Host, grant: Grant) -> None:
        self.host = host
        self._conversation = conversation
        self._place = place
        self.send: Callable[[bytes], None] = conversation.outbox.send
        self.takes_more: Callable[[], bool] = conversation.outbox.takes_more
        self.session = FramedSession(place.framing, self, grant)
        self.expiry = Expiry(
            lambda: conversation.deny(place, EXPIRED),
            remind=lambda: conversation.connection.ask_for_token(place),
            renewal_s=conversation.engine.limits.token_renewal_s,
        )

    def mute(self) -> None:
        """Send nothing more: a hook may still have something to say to the session."""
        self.send = _drop

    def close(self, code: CloseCode, reason: str) -> None:
        """End this document, not the socket, unless it is alone there."""
        self._conversation.end(self._place, code, reason)


def _drop(_: bytes) -> None:
    pass


class _Conversation(Conversation):
    """Does what the connection says: asks the gate, opens documents, gives messages to rooms."""

    def __init__(self, websocket: WebSocket, engine: Engine, gate: Gate, hook: StatelessHook | None) -> None:
        super().__init__(engine)
        self._websocket = websocket
        self._gate = gate
        self._loop = asyncio.get_running_loop()
        self.connection = HocuspocusConnection(self.outbox, engine.limits, opened_at=self._loop.time())
        self._mailbox = Mailbox(hook, engine.limits.stateless_timeout_s, engine.limits.stateless_bytes_max)
        self._open: dict[Place, _Open] = {}
        self._tokens: dict[Place, str] = {}
        self._has_token = asyncio.Event()
        self._deciding: dict[Place, asyncio.Task[None]] = {}
        self._may_try = asyncio.Semaphore(_DECISIONS_AT_ONCE)
        self._trying = 0
        self._has_decided = asyncio.Event()
        self._patience = self._loop.call_later(engine.limits.pending_s_max, self._expire)

    def keepalive(self) -> bytes:
        return self.connection.keepalive()

    async def ready(self) -> None:
        while not self.is_ready:
            await self._mailbox.has_room()
            while self._is_crowded:
                self._has_decided.clear()
                await self._has_decided.wait()
            await super().ready()

    @property
    def is_ready(self) -> bool:
        return not self._mailbox.is_full and not self._is_crowded and super().is_ready

    @property
    def _is_crowded(self) -> bool:
        """Whether another document should wait until those before it are decided: somebody is being asked."""
        return self._trying > 0 and self.connection.is_crowded

    def take(self, frame: bytes) -> None:
        event = self.connection.receive(frame, self._loop.time())
        if event is not None:
            self._do(event)

    def resume(self) -> None:
        for place in list(self._open):
            if not self.outbox.takes_more():
                return  # the others have their turn when this has gone out
            opened = self._open[place] = self._open.pop(place)  # and are the first then
            opened.host.catch_up(opened.session)

    def ended(self) -> None:
        self._patience.cancel()
        for place in list(self._open):
            self._leave(place)

    async def leave(self) -> None:
        tasks = list(self._deciding.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._mailbox.close()
        self.ended()

    def deny(self, place: Place, reason: str) -> None:
        """Refuse a document, or end it where it is open."""
        if self.connection.is_waiting(place):
            self.connection.deny(place, reason)
            self._note_end(place, reason)
        self._leave(place)

    def end(self, place: Place, code: CloseCode, reason: str) -> None:
        """End a document from the server's side."""
        if self.connection.is_waiting(place):
            self.connection.end(place, code, reason)
            self._note_end(place, reason)
        self._leave(place)

    def _note_end(self, place: Place, reason: str) -> None:
        self.engine.metrics.denied.inc()
        _log.info("document.denied", document=place.name[:100], reason=reason)

    def _do(self, event: Event) -> None:
        match event:
            case Take():
                self._give(event)
            case Decide():
                self._tokens[event.place] = event.token
                self._has_token.set()
                if event.place not in self._deciding:
                    task = asyncio.create_task(self._decide(event.place), name=f"auth {event.place.name}")
                    self._deciding[event.place] = task
            case Left(error=None):
                self._leave(event.place)
                self._give_up(event.place)
            case Left():
                self._note_end(event.place, str(event.error))
                self._leave(event.place)

    def _give(self, event: Take) -> None:
        place, message = event.place, event.message
        opened = self._open[place]
        if isinstance(message, Stateless):
            self._mailbox.put(
                StatelessMessage(place.name, event.session.grant, message.payload, event.session, self.engine)
            )
            return
        try:
            opened.host.receive(event.session, message)
        except ProtocolError as error:
            if self.connection.fail(place, error, is_edit=isinstance(message, (SyncStep2, SyncUpdate))):
                self._note_end(place, str(error))
                self._leave(place)

    def _leave(self, place: Place) -> None:
        opened = self._open.pop(place, None)
        if opened is not None:
            opened.expiry.cancel()
            opened.mute()
            opened.host.leave(opened.session)
            self.engine.leave(opened.host)

    def _give_up(self, place: Place) -> None:
        """Nobody need be asked about this document any more."""
        if (task := self._deciding.get(place)) is not None:
            task.cancel()

    def _expire(self) -> None:
        self._patience = self._loop.call_later(self.connection.expire(self._loop.time()), self._expire)
        for place in list(self._deciding):
            if not self.connection.is_waiting(place):
                self._give_up(place)

    # Decisions.

    async def _decide(self, place: Place) -> None:
        """Ask about a document's newest token until there is no newer one."""
        try:
            while (token := self._tokens.pop(place, None)) is not None:
                await self._ask(place, token)
        except Exception:  # noqa: BLE001 - one document's trouble is not the others'
            _log.exception("document.failed", document=place.name[:100])
            self.end(place, CloseCode.INTERNAL_ERROR, "the server made a mistake")
        finally:
            del self._deciding[place]
            self._tokens.pop(place, None)

    async def _ask(self, place: Place, token: str) -> None:
        """Let a document in or refuse it; where neither can be done now, try again for a while."""
        give_up_at = self._loop.time() + self.engine.limits.unavailable_s_max
        while (trouble := await self._try_in_turn(place, token)) is not None:
            await self._pause(place, self.engine.limits.unavailable_retry_s)
            if place in self._tokens or not self.connection.is_waiting(place):
                return  # it sent another token meanwhile, or closed the document
            if self._loop.time() >= give_up_at:
                if place not in self._open:  # who is in stays in while it cannot be asked
                    self.end(place, *trouble)
                return

    async def _pause(self, place: Place, seconds: float) -> None:
        """Wait so long, or until the client sends another token for this document."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while place not in self._tokens:
                    self._has_token.clear()
                    await self._has_token.wait()

    async def _try_in_turn(self, place: Place, token: str) -> tuple[CloseCode, str] | None:
        async with self._may_try:
            self._trying += 1
            try:
                return await self._try(place, token)
            finally:
                self._trying -= 1
                self._has_decided.set()

    async def _try(self, place: Place, token: str) -> tuple[CloseCode, str] | None:
        """Decide; return why not where that cannot be done now."""
        try:
            grant = await self._gate.admit(self._websocket, place.name, token)
            if place in self._tokens or not self.connection.is_waiting(place):
                return None
            if place in self._open:
                self._renew(place, grant)
            else:
                await self._enter(place, grant)
        except Refused as refusal:
            if refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                return CloseCode.TRY_AGAIN_LATER, refusal.reason
            if not place.has_asked:
                await self._pause(place, self.engine.limits.auth_grace_s)  # its Auth may be on its way
            if place not in self._tokens:
                self.deny(place, NO_ACCESS if refusal.status == HTTPStatus.FORBIDDEN else refusal.reason)
        except DocumentGone as error:
            self.deny(place, str(error))
        except DocumentUnavailable as error:
            return CloseCode.DOCUMENT_UNAVAILABLE, str(error)
        except EngineUnavailable as error:
            return CloseCode.TRY_AGAIN_LATER, str(error)
        return None

    async def _enter(self, place: Place, grant: Grant) -> None:
        """Open the document for this socket, then work off what waited for that. Raises as `Engine.enter`."""
        if self.connection.is_full:
            self.deny(place, "too many documents are open on this connection")
            return
        host = await self.engine.enter(place.name)
        if not self.connection.is_waiting(place):
            self.engine.leave(host)
            return
        opened = self._open[place] = _Open(self, place, host, grant)
        self.connection.admit(place, opened.session)
        host.join(opened.session)  # there was space when it was entered, and nothing was awaited since
        opened.expiry.watch(grant)
        for number in itertools.count(1):
            if number % FRAMES_PER_SLICE == 0:
                await asyncio.sleep(0)
            await super().ready()
            event = self.connection.replay(place)
            if event is None or self.outbox.closing is not None:
                return
            self._give(event)

    def _renew(self, place: Place, grant: Grant) -> None:
        opened = self._open[place]
        opened.host.finish()  # what came before was sent with the grant before
        self.connection.renew(place, grant)
        if place in self._open:
            opened.expiry.watch(grant)
