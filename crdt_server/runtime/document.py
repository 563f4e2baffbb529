"""A document in an embedding program: a pycrdt Doc of its own, kept in step with the room.

The Doc belongs to the program: what it does with it costs it alone, and the room treats it as any peer.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pycrdt
import structlog

from crdt_server.core.merge import is_panic
from crdt_server.core.session import Frames, Grant, Session
from crdt_server.protocol.close_codes import CloseCode
from crdt_server.protocol.errors import ProtocolError
from crdt_server.protocol.messages import (
    Acknowledgement,
    ServerMessage,
    SyncStep1,
    SyncStep2,
    SyncUpdate,
)
from crdt_server.protocol.update import EMPTY_UPDATE

from .errors import EngineUnavailable
from .host import Host

_log = structlog.get_logger(__name__)


class Document:
    """A pycrdt Doc that follows a room, and whose own edits go into it."""

    def __init__(self, host: Host, user: str = "") -> None:
        """Join the room. Raises `EngineFull`."""
        self.name = host.name
        self.doc: pycrdt.Doc[Any] = pycrdt.Doc()
        """The document. Edit it in the event loop's thread; changes of others appear between awaits."""
        self._host = host
        self._session = _Peer(self, user)
        self._is_applying = False
        self._acknowledged = asyncio.Event()
        self._closed: str | None = None
        host.join(self._session)
        host.receive(self._session, SyncStep1(self.doc.get_state()))
        self._subscription = self.doc.observe(self._edited)

    async def saved(self, timeout_s: float = 30.0) -> None:
        """Wait until every edit made so far is durable.

        Raises TimeoutError, or `EngineUnavailable` where the room is closed, or refused an edit: what was not
        saved before may be lost.
        """
        wanted = self._session.received
        async with asyncio.timeout(timeout_s):
            while self._closed is None and self._session.acknowledged < wanted:
                self._acknowledged.clear()
                await self._acknowledged.wait()
        if self._closed is not None:
            raise EngineUnavailable(self._closed)

    def close(self) -> None:
        """Leave the room. Edits made before are stored all the same."""
        self.doc.unobserve(self._subscription)
        self._host.leave(self._session)

    def deliver(self, message: ServerMessage) -> None:
        """Take what the room says. Never fails: this Doc is the program's, and the room is everybody's."""
        try:
            self._take(message)
        except ExceptionGroup:
            # An observer of this program fails; the update is in.
            _log.exception("document.observer_failed", document=self.name)
        except BaseException as error:
            if not isinstance(error, Exception) and not is_panic(error):
                raise
            _log.error("document.failed", document=self.name, error=str(error))
            self.ended(f"this program's Doc cannot follow the room: {error}")

    def ended(self, reason: str) -> None:
        """Learn that the room closed this session, or give it up."""
        if self._closed is None:
            self._closed = reason
            self._acknowledged.set()
            self._host.leave(self._session)

    def _take(self, message: ServerMessage) -> None:
        match message:
            case SyncStep2() | SyncUpdate():
                if message.update != EMPTY_UPDATE:
                    self._apply(message.update)
            case Acknowledgement():
                self._acknowledged.set()
            case SyncStep1():
                self._host.receive(self._session, SyncStep2(self.doc.get_update(message.state_vector)))
            case _:
                pass  # a program has no cursor

    def _apply(self, update: bytes) -> None:
        self._is_applying = True
        try:
            self.doc.apply_update(update)
        finally:
            self._is_applying = False

    def _edited(self, event: pycrdt.TransactionEvent) -> None:
        if self._is_applying or event.update == EMPTY_UPDATE:
            return
        try:
            self._host.receive(self._session, SyncUpdate(event.update))
        except ProtocolError as error:
            self.ended(f"an edit was refused: {error}")
            raise


class _Peer(Session):
    """The session of a `Document`: messages go to it as they are, without frames."""

    def __init__(self, document: Document, user: str) -> None:
        super().__init__(Grant(user=user))
        self._document = document

    def takes_more(self) -> bool:
        return True

    def deliver(self, message: ServerMessage, frames: Frames | None = None) -> None:  # noqa: ARG002 - none here
        self._document.deliver(message)

    def close(self, code: CloseCode, reason: str) -> None:
        self._document.ended(f"{code.name}: {reason}")
