"""The Hocuspocus dialect: many documents on one socket, each frame with the address of its own.

::

    frame   := varString address, varUint type, payload
    address := document name | document name "\\0" session id

What Yjs itself says is written as in the y-websocket dialect, behind the address. An edit is acknowledged
by SyncStatus, one for each Step2 and Update. Providers 2.x and 3.x throw on types that they do not know:
Close is for those only that said their version, which 4.x does.

Source: @hocuspocus/provider 2.15 to 4.8, @hocuspocus/common. Types that nobody sends to a server (SyncReply,
SyncStatus, Ping) are read as unknown, and so is Pong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from weakref import WeakValueDictionary

from . import ywebsocket
from .errors import MalformedMessage
from .lib0 import read_var_bytes, read_var_string, read_var_uint, write_var_bytes, write_var_string
from .messages import Acknowledgement, ClientMessage, ServerMessage, Stateless

_AUTH, _STATELESS, _BROADCAST_STATELESS, _CLOSE = 2, 5, 6, 7
_TOKEN = 0
_SESSION_SEPARATOR = "\0"

SAVED: Final = b"\x08\x01"
REJECTED: Final = b"\x08\x00"
TOKEN_REQUEST: Final = b"\x02\x00"
READ_WRITE: Final = b"\x02\x02\x0aread-write"
READ_ONLY: Final = b"\x02\x02\x08readonly"
KEEPALIVE: Final = ywebsocket.KEEPALIVE
"""Payloads of frames from the server; an address goes before them."""


@dataclass(frozen=True, slots=True)
class Authenticate:
    """ "Let me in", or "this is my new token". `version` is what 4.x providers say of themselves."""

    token: str
    version: str | None


@dataclass(frozen=True, slots=True)
class Leave:
    """ "I am done with this document"; the socket stays."""


HocuspocusMessage = ClientMessage | Authenticate | Leave | Stateless


def permission_denied(reason: str) -> bytes:
    """Payload: no access, or no longer. The socket stays open; the only refusal that all versions know."""
    return b"\x02\x01" + write_var_string(reason)


def closed(reason: str) -> bytes:
    """Payload: the document is closed, the socket stays. For 4.x providers only."""
    return b"\x07" + write_var_string(reason)


def read_address(frame: bytes, *, bytes_max: int) -> tuple[bytes, int]:
    """Return the address of a frame, as bytes, and the position behind it. Raises `MalformedMessage`."""
    try:
        address, pos = read_var_bytes(frame, 0)
    except IndexError:
        raise MalformedMessage("a frame has no address") from None
    if len(address) > bytes_max:
        raise MalformedMessage(f"an address has at most {bytes_max} bytes")
    return address, pos


def document_of(address: bytes) -> str:
    """Return the document that an address names. Raises `MalformedMessage` where it is no text."""
    try:
        return address.decode().partition(_SESSION_SEPARATOR)[0]
    except UnicodeDecodeError:
        raise MalformedMessage("an address is not UTF-8") from None


def decode(frame: bytes, pos: int, *, awareness_entries_max: int) -> HocuspocusMessage:
    """Read what follows the address. Raises as `crdt_server.protocol.ywebsocket.decode`."""
    try:
        kind, after = read_var_uint(frame, pos)
        if kind == _AUTH:
            return _decode_auth(frame, after)
        if kind == _STATELESS:
            return Stateless(read_var_string(frame, after)[0])
    except IndexError:
        raise MalformedMessage("a frame ends too early") from None
    if kind == _CLOSE:
        return Leave()
    if kind == _BROADCAST_STATELESS:
        raise MalformedMessage("clients do not broadcast stateless messages")
    return ywebsocket.decode(frame, pos, awareness_entries_max=awareness_entries_max)


def _decode_auth(frame: bytes, pos: int) -> Authenticate:
    """Read an Auth; what later versions may put behind their own is left alone."""
    kind, pos = read_var_uint(frame, pos)
    if kind != _TOKEN:
        raise MalformedMessage("an Auth from a client has a token")
    token, pos = read_var_string(frame, pos)
    return Authenticate(token, read_var_string(frame, pos)[0] if pos < len(frame) else None)


class Framing:
    """The dialect of all sessions with one address, which share the encoded bytes."""

    __slots__ = ("__weakref__", "_prefix")

    echoes: Final = False
    asks_back: Final = True

    def __init__(self, address: bytes) -> None:
        self._prefix = write_var_bytes(address)

    @staticmethod
    def of(address: bytes) -> Framing:
        """Return the framing of an address: the same object as long as anybody has it."""
        framing = _framings.get(address)
        if framing is None:
            framing = _framings[address] = Framing(address)
        return framing

    def frame(self, payload: bytes) -> bytes:
        """Put the address before a payload."""
        return self._prefix + payload

    def encode(self, message: ServerMessage) -> tuple[bytes, ...]:
        """Write the frames that say it: an acknowledgement is one for each message that it settles."""
        if isinstance(message, Acknowledgement):
            return (self._prefix + SAVED,) * message.newly
        if isinstance(message, Stateless):
            return (self._prefix + b"\x05" + write_var_string(message.payload),)
        return tuple([self._prefix + frame for frame in ywebsocket.encode(message)])


_framings: WeakValueDictionary[bytes, Framing] = WeakValueDictionary()
