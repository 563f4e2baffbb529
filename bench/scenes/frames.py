"""WebSocket frames as a client sends and receives them; large ones are kept once for all connections."""

from __future__ import annotations

import struct
from typing import Final

BINARY: Final = 2
CLOSE: Final = 8
PING: Final = 9
PONG: Final = 10

_FINAL, _MASKED = 0x80, 0x80
_NO_MASK = bytes(4)
"""A mask of zeros changes nothing: the server unmasks as ever, and we have nothing to compute."""


def client_frame(payload: bytes, opcode: int = BINARY) -> bytes:
    """Return a frame from a client to a server."""
    size = len(payload)
    if size < 126:
        head = bytes((_FINAL | opcode, _MASKED | size))
    elif size < 1 << 16:
        head = struct.pack("!BBH", _FINAL | opcode, _MASKED | 126, size)
    else:
        head = struct.pack("!BBQ", _FINAL | opcode, _MASKED | 127, size)
    return head + _NO_MASK + payload


class FragmentedFrame(Exception):
    """A server sent a message in parts, which no server that is measured does."""


def read_head(data: bytes, pos: int) -> tuple[int, int, int] | None:
    """Read a server's frame head: opcode, size of the payload, where it starts; None where bytes lack.

    Raises `FragmentedFrame`.
    """
    if len(data) - pos < 2:
        return None
    first, size = data[pos], data[pos + 1]
    if not first & _FINAL:
        raise FragmentedFrame
    pos += 2
    if size >= 126:
        width = 2 if size == 126 else 8
        if len(data) - pos < width:
            return None
        size = int.from_bytes(data[pos : pos + width], "big")
        pos += width
    return first & 0x0F, size, pos


class Shared:
    """Large payloads that many connections receive at once, kept once as long as they are the same."""

    def __init__(self) -> None:
        self._latest: dict[int, bytearray] = {}
        """By size: what came last, or is coming."""
        self._small: dict[bytes, bytes] = {}

    def same(self, payload: bytes) -> bytes:
        """Return a small payload as the object that others received."""
        return self._small.setdefault(payload, payload)

    def begin(self, size: int) -> Incoming:
        """Begin to receive a payload of that size."""
        return Incoming(self._latest, size)


class Incoming:
    """A large payload that is coming in. Once it `is_whole`, `payload` must not be changed."""

    def __init__(self, latest: dict[int, bytearray], size: int) -> None:
        self.payload = latest.setdefault(size, bytearray())
        self.missing = size
        self._latest = latest
        self._size = size

    @property
    def is_whole(self) -> bool:
        """Whether all of it came."""
        return self.missing == 0

    def feed(self, chunk: memoryview) -> None:
        """Take what came next; not more than `missing` bytes."""
        at = self._size - self.missing
        known = min(len(self.payload) - at, len(chunk))
        if known and not self.payload.startswith(chunk[:known], at):
            self.payload = self._latest[self._size] = self.payload[:at]
            known = 0
        if known < len(chunk):
            self.payload += chunk[known:]
        self.missing -= len(chunk)
