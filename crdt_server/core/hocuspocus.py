"""One Hocuspocus socket without its I/O: many documents, each waiting for its Auth, open, or ended.

Feed it every frame with `receive` and do what it returns: `Decide` (ask the authenticator, then call `admit`
and, until it gives nothing more, `replay`; or `deny`; or `renew` where it is open already), `Take` (give the
message to the document's room; `fail` where that raises), `Left` (the document is closed: its session leaves
the room, and nobody need be asked any more). What it has to say itself goes to the transport at once.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Final

from crdt_server.protocol import hocuspocus
from crdt_server.protocol.close_codes import CloseCode
from crdt_server.protocol.errors import MalformedMessage, MessageTooBig, ProtocolError, WriteForbidden
from crdt_server.protocol.hocuspocus import Authenticate, Framing, HocuspocusMessage, Leave
from crdt_server.protocol.messages import ClientMessage, Stateless, SyncStep1

from .limits import Limits
from .session import FramedSession, Grant, Transport

ADDRESS_BYTES_MAX: Final = 4096
"""Longest address. That of a document has less, but one that is too long is denied in words."""

ENDED_DOCUMENTS_MAX: Final = 100
"""Documents that were denied or closed and are remembered, so that late frames do not bring them back."""

NO_ACCESS: Final = "permission-denied"
"""What Hocuspocus says where its hook gives no reason; applications compare it."""

_LONG_LENGTH: Final = 0x80
"""What a varUint does not say in one byte."""

_AUTH_HEAD: Final = b"\x02"
_STEP1_HEAD: Final = b"\x00\x00"
_EDIT_HEADS: Final = (b"\x00\x01", b"\x00\x02")
"""How the payloads of Auth, Step1, Step2 and Update begin, whatever follows."""

_HEALED_BY_A_NEW_SOCKET: Final = (CloseCode.SERVICE_RESTART, CloseCode.DOCUMENT_UNAVAILABLE)
"""Ends of an open document that end its socket. A provider whose document alone is closed stays dead until
its socket is silent, which other documents prevent; on a new socket all of them heal."""


@dataclass(eq=False, slots=True)
class Place:
    """A document on a socket: one address."""

    address: bytes
    name: str
    framing: Framing
    since: float
    """When its first frame came, in the clock of `receive`."""
    start: int
    """Where a frame's type follows its address."""
    knows_close: bool = False
    """Whether its provider said its version, as 4.x do; the others throw on Close."""
    has_asked: bool = False
    """Whether it came with an Auth; 2.x providers without a token do not."""
    is_asked_for: bool = False
    """Whether anybody was asked about it."""
    queue: deque[bytes] = field(default_factory=deque)
    session: FramedSession | None = None


@dataclass(frozen=True, slots=True)
class Decide:
    """Ask who this is: the first time, or again because it has a new token."""

    place: Place
    token: str


@dataclass(frozen=True, slots=True)
class Take:
    """A message for an open document."""

    place: Place
    session: FramedSession
    message: ClientMessage | Stateless


@dataclass(frozen=True, slots=True)
class Left:
    """A document is closed: the client said so, or sent what nobody can read (`error`)."""

    place: Place
    session: FramedSession | None
    error: ProtocolError | None = None


Event = Decide | Take | Left


class HocuspocusConnection:
    """The documents of one socket. Never raises on what a peer sends."""

    def __init__(self, transport: Transport, limits: Limits, *, opened_at: float) -> None:
        """`opened_at` and every `now` are seconds of one clock that does not go back."""
        self._transport = transport
        self._limits = limits
        self._opened_at = opened_at
        self._pending: dict[bytes, Place] = {}
        self._pending_bytes = 0
        self._pending_frames = 0
        self._open: dict[bytes, Place] = {}
        self._ended: OrderedDict[bytes, bool] = OrderedDict()
        """Addresses that were closed, and whether they came with an Auth."""
        self._has_decided = False
        self._has_spoken = False
        self._is_closed = False

    def keepalive(self) -> bytes:
        """Return a frame that changes nothing. Providers ignore what is about no document of theirs."""
        address = next(
            (address for known in (self._open, self._pending, self._ended) for address in known), b""
        )
        return Framing.of(address).frame(hocuspocus.KEEPALIVE)

    # Frames.

    def receive(self, frame: bytes, now: float) -> Event | None:
        """Take one frame."""
        if self._is_closed or _is_ping(frame):
            return None
        # Nearly every frame is for an open document whose address is short: its length is one byte.
        place = self._open.get(frame[1 : 1 + frame[0]]) if frame else None
        if place is not None and place.session is not None and len(place.address) < _LONG_LENGTH:
            return self._receive_admitted(place, place.session, frame)
        try:
            address, pos = hocuspocus.read_address(frame, bytes_max=ADDRESS_BYTES_MAX)
            place = self._open.get(address) or self._pending.get(address)
            name = hocuspocus.document_of(address) if place is None else place.name
        except MalformedMessage as error:
            self._close(CloseCode.UNAUTHORIZED, str(error))
            return None
        if place is not None and place.session is not None:
            return self._receive_admitted(place, place.session, frame)
        if address in self._ended and not self._may_come_back(address, frame, pos):
            # Nothing else brings it back; what cannot be saved is said to be so.
            if frame[pos : pos + 2] in _EDIT_HEADS:
                self._send(Framing.of(address).frame(hocuspocus.REJECTED))
            return None
        return self._receive_pending(place or Place(address, name, Framing.of(address), now, pos), frame)

    def _may_come_back(self, address: bytes, frame: bytes, pos: int) -> bool:
        """Whether a frame opens an ended document: an Auth, or a Step1 of a provider that never sends one."""
        came_with_auth = self._ended[address]
        return frame[pos : pos + 1] == _AUTH_HEAD or (
            not came_with_auth and frame[pos : pos + 2] == _STEP1_HEAD
        )

    def _decode(self, frame: bytes, pos: int, *, bytes_max: int) -> HocuspocusMessage:
        limits = self._limits
        if len(frame) > bytes_max:
            raise MessageTooBig(f"a message has at most {bytes_max} bytes")
        message = hocuspocus.decode(frame, pos, awareness_entries_max=limits.awareness_entries_max)
        if isinstance(message, Stateless) and len(frame) > limits.stateless_bytes_max:
            raise MessageTooBig(f"a stateless message has at most {limits.stateless_bytes_max} bytes")
        if isinstance(message, Authenticate) and len(frame) > limits.token_bytes_max:
            raise MessageTooBig(f"an Auth has at most {limits.token_bytes_max} bytes")
        return message

    def _receive_admitted(self, place: Place, session: FramedSession, frame: bytes) -> Event | None:
        try:
            message = self._decode(frame, place.start, bytes_max=self._limits.message_bytes_max)
        except ProtocolError as error:
            self.fail(place, error, is_edit=_head(place, frame) in _EDIT_HEADS)
            return Left(place, session, error)
        if isinstance(message, Authenticate):
            return Decide(place, message.token)
        if isinstance(message, Leave):
            self._forget(place)
            if place.knows_close:
                self._say(place, hocuspocus.closed("provider_initiated"))
            return Left(place, session)
        if place.address in self._pending:
            self._queue(place, frame)  # behind what is being replayed
            return None
        return Take(place, session, message)

    def _receive_pending(self, place: Place, frame: bytes) -> Event | None:
        try:
            message = self._decode(frame, place.start, bytes_max=self._limits.pending_bytes_max)
        except ProtocolError as error:
            self._close(CloseCode.RESET_CONNECTION, str(error))
            return None
        if place.address not in self._pending:
            if self.is_crowded:
                self._close(CloseCode.RESET_CONNECTION, "too many documents wait for their Auth")
                return None
            self._ended.pop(place.address, None)
            self._pending[place.address] = place
        if isinstance(message, Leave):
            self._forget(place)
            return Left(place, None)
        if isinstance(message, Authenticate):
            place.knows_close = message.version is not None
            place.has_asked = place.is_asked_for = True
            return Decide(place, message.token)
        self._queue(place, frame)
        if isinstance(message, SyncStep1) and not place.is_asked_for:
            # A 2.x provider without a token never sends an Auth: its Step1 says that it is complete.
            place.is_asked_for = True
            return Decide(place, "")
        return None

    def _queue(self, place: Place, frame: bytes) -> None:
        self._pending_bytes += len(frame)
        self._pending_frames += 1
        place.queue.append(frame)
        if (
            self._pending_bytes > self._limits.pending_bytes_max
            or self._pending_frames > self._limits.pending_frames_max
        ):
            self._close(CloseCode.RESET_CONNECTION, "too much waits for an Auth")

    # Decisions.

    def is_waiting(self, place: Place) -> bool:
        """Whether a decision about a document still matters: it is not denied, closed or timed out."""
        return not self._is_closed and (
            self._pending.get(place.address) is place or self._open.get(place.address) is place
        )

    def admit(self, place: Place, session: FramedSession) -> None:
        """Let a document in, before its session joins the room. What waited is given by `replay` after that.

        The client is told its rights at once.
        """
        self._has_decided = True
        place.session = session
        self._say(place, _scope(session.grant))

    def replay(self, place: Place) -> Take | None:
        """Return the next message that waited; None when there is none, and then frames are for the room.

        In between there may be pauses: what arrives in them waits behind.
        """
        session = place.session
        if session is None or self._pending.get(place.address) is not place:
            return None  # it ended meanwhile, and what waited was answered
        if not place.queue:
            del self._pending[place.address]
            self._open[place.address] = place
            return None
        frame = place.queue.popleft()
        self._pending_bytes -= len(frame)
        self._pending_frames -= 1
        message = hocuspocus.decode(
            frame, place.start, awareness_entries_max=self._limits.awareness_entries_max
        )
        assert not isinstance(message, (Authenticate, Leave))  # noqa: S101 - those do not wait
        return Take(place, session, message)

    @property
    def is_crowded(self) -> bool:
        """Whether one more document would be one too many that is not decided."""
        return len(self._pending) >= self._limits.pending_documents_max

    @property
    def is_full(self) -> bool:
        """Whether no further document may be opened."""
        return len(self._open) >= self._limits.socket_documents_max

    def renew(self, place: Place, grant: Grant) -> None:
        """Take the grant that a new token of an open document gave."""
        if place.session is not None:
            place.session.grant = grant
            self._say(place, _scope(grant))

    def ask_for_token(self, place: Place) -> None:
        """Ask the client for a new token."""
        self._say(place, hocuspocus.TOKEN_REQUEST)

    def deny(self, place: Place, reason: str) -> None:
        """Refuse a document, or end an open one. The socket stays; another Auth is welcome."""
        if not self.is_waiting(place):
            return
        self._has_decided = True
        self._reject_and_forget(place)
        self._say(place, hocuspocus.permission_denied(reason))

    def expire(self, now: float) -> float:
        """End what waited too long for its Auth; return the seconds until this is to be called again."""
        limit = self._limits.pending_s_max
        if not self._has_decided:
            if now - self._opened_at >= limit:
                self._close(CloseCode.AUTHENTICATION_TIMEOUT, "no document was authorised in time")
            oldest = self._opened_at
        else:
            waiting = [place for place in self._pending.values() if place.session is None]
            for place in [place for place in waiting if now - place.since >= limit]:
                self.deny(place, "no Auth came in time")
                waiting.remove(place)
            oldest = min((place.since for place in waiting), default=now)
        return max(oldest + limit - now, limit / 100)

    # Ends.

    def fail(self, place: Place, error: ProtocolError, *, is_edit: bool) -> bool:
        """Answer a message that was refused with `error`; whether that ended the document.

        `is_edit`: the message was a Step2 or an Update, which is to be answered by one SyncStatus.
        """
        if is_edit:
            self._say(place, hocuspocus.REJECTED)
        if isinstance(error, WriteForbidden):
            return False
        self.end(place, error.close_code, str(error))
        return True

    def end(self, place: Place, code: CloseCode, reason: str) -> None:
        """End a document from the server's side, and others on the socket only where all have to end.

        What is permanent is told in the dialect: providers come back from every close of the socket.
        """
        if not self.is_waiting(place):
            return
        if not code.come_back:
            self.deny(place, f"{code.name.lower()}: {reason}")
            return
        was_open = place.session is not None
        self._reject_and_forget(place)
        if (was_open and code in _HEALED_BY_A_NEW_SOCKET) or not (self._open or self._pending):
            self._close(code, reason)
        elif place.knows_close:
            self._say(place, hocuspocus.closed(reason))
        else:
            self._say(place, hocuspocus.permission_denied(reason))

    def _reject_and_forget(self, place: Place) -> None:
        """End a document; answer every Step2 and Update that has no SyncStatus yet."""
        session = place.session
        unsettled = 0 if session is None else session.received - session.acknowledged
        queue = self._forget(place)
        unsettled += sum(_head(place, frame) in _EDIT_HEADS for frame in queue)
        for _ in range(unsettled):
            self._say(place, hocuspocus.REJECTED)

    def _forget(self, place: Place) -> deque[bytes]:
        """End a document; return what waited for its Auth. One that came with an Auth needs another."""
        place.session = None
        self._open.pop(place.address, None)
        self._pending.pop(place.address, None)
        queue, place.queue = place.queue, deque()
        self._pending_bytes -= sum(map(len, queue))
        self._pending_frames -= len(queue)
        self._ended[place.address] = place.has_asked
        if len(self._ended) > ENDED_DOCUMENTS_MAX:
            self._ended.popitem(last=False)
        return queue

    def _say(self, place: Place, payload: bytes) -> None:
        self._send(place.framing.frame(payload))

    def _send(self, frame: bytes) -> None:
        self._has_spoken = True
        self._transport.send(frame)

    def _close(self, code: CloseCode, reason: str) -> None:
        if not self._has_spoken:
            # Providers 3.1 to 4.5 multiply their connections when one closes before any message.
            self._send(self.keepalive())
        self._is_closed = True
        self._transport.close(code, reason)


def _scope(grant: Grant) -> bytes:
    return hocuspocus.READ_WRITE if grant.can_write else hocuspocus.READ_ONLY


def _head(place: Place, frame: bytes) -> bytes:
    """The type of a frame, and of what it syncs."""
    return frame[place.start : place.start + 2]


def _is_ping(frame: bytes) -> bool:
    """Whether it is about the socket and has no address: a Ping (nobody sends one to a server) or a Pong."""
    return frame in (b"\x09", b"\x0a")
