"""The y-websocket dialect: one document per socket, one message per binary frame.

Acknowledgement. y-websocket has none; it ignores what follows a message in a frame. So when an edit is
durable its author gets it back, as an ordinary update with one number behind it::

    00 02 varUint8Array(update) varUint(n)

"of the Step2 and Update messages that came on this connection, the first n are stored". Clients that do
not know this apply their own edit twice, which changes nothing. The update is empty (`00 00`) where the
messages brought nothing new.

Source: y-websocket 3.1, y-protocols 1.0. Unknown types are ignored, as the npm server does.
"""

from __future__ import annotations

from typing import Final

from .errors import MalformedMessage
from .lib0 import read_var_bytes, read_var_uint, write_var_bytes, write_var_uint
from .messages import (
    Acknowledgement,
    Awareness,
    ClientMessage,
    QueryAwareness,
    ServerMessage,
    SyncStep1,
    SyncStep2,
    SyncUpdate,
    Unknown,
)
from .presence import decode_awareness, encode_awareness

KEEPALIVE: Final = b"\x01\x01\x00"
"""An awareness frame about nobody. Clients hang up after 30 s without a message; pings do not count."""

echoes: Final = True
asks_back: Final = False

_SYNC, _AWARENESS, _QUERY_AWARENESS = 0, 1, 3
_SYNC_MESSAGES: Final[dict[int, type[SyncStep1] | type[SyncStep2] | type[SyncUpdate]]] = {
    0: SyncStep1,
    1: SyncStep2,
    2: SyncUpdate,
}


def decode(frame: bytes, pos: int = 0, *, awareness_entries_max: int) -> ClientMessage:
    """Read one frame, from `pos` on.

    Raises `ProtocolError` leaves; updates and state vectors inside are not yet checked. The size of a frame
    is bounded by the caller, before it is read.
    """
    try:
        kind, pos = read_var_uint(frame, pos)
        if kind == _SYNC:
            step, pos = read_var_uint(frame, pos)
            payload, pos = read_var_bytes(frame, pos)
            message = _SYNC_MESSAGES.get(step)
            if message is None:
                raise MalformedMessage(f"unknown sync message: {step}")
            _at_end(frame, pos)
            return message(payload)
        if kind == _AWARENESS:
            payload, pos = read_var_bytes(frame, pos)
            _at_end(frame, pos)
            return Awareness(tuple(decode_awareness(payload, entries_max=awareness_entries_max)))
    except IndexError:
        raise MalformedMessage("a frame ends too early") from None
    if kind == _QUERY_AWARENESS:
        _at_end(frame, pos)
        return QueryAwareness()
    return Unknown(kind)


def encode(message: ServerMessage) -> tuple[bytes, ...]:
    """Write the frames that say it: one, or none where the dialect has no words for it."""
    match message:
        case SyncUpdate():
            return (b"\x00\x02" + write_var_bytes(message.update),)
        case Acknowledgement():
            return (b"\x00\x02" + write_var_bytes(message.update) + write_var_uint(message.messages),)
        case Awareness():
            return (b"\x01" + write_var_bytes(encode_awareness(message.entries)),)
        case SyncStep1():
            return (b"\x00\x00" + write_var_bytes(message.state_vector),)
        case SyncStep2():
            return (b"\x00\x01" + write_var_bytes(message.update),)
        case _:
            return ()  # stateless messages


def _at_end(frame: bytes, pos: int) -> None:
    if pos != len(frame):
        raise MalformedMessage("something follows a message")
