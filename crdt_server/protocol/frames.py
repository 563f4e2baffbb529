"""WebSocket frames (RFC 6455, 5.2): the head that a server writes, and the plain frames that clients send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_BINARY: Final = 0x82
_CONTROL: Final = (0x88, 0x89, 0x8A)
_MASKED: Final = 0x80
_LENGTH_16: Final = 126
_LENGTH_64: Final = 127
_MASK_BYTES: Final = 4
_HEADS: Final = [bytes([_BINARY, size]) for size in range(_LENGTH_16)]


def head(size: int) -> bytes:
    """Return what goes before the payload of an unmasked binary frame."""
    if size < _LENGTH_16:
        return _HEADS[size]
    if size < 1 << 16:
        return bytes([_BINARY, _LENGTH_16]) + size.to_bytes(2, "big")
    return bytes([_BINARY, _LENGTH_64]) + size.to_bytes(8, "big")


_newest: tuple[bytes, bytes] = b"", b""


def framed(payload: bytes) -> bytes:
    """Return a payload as an unmasked binary frame; made once of what goes to many, one after the other."""
    global _newest  # noqa: PLW0603 - that it is one for all connections is the point
    if payload is not _newest[0]:
        _newest = payload, head(len(payload)) + payload
    return _newest[1]


def read_frames(
    data: bytes, at: int, bytes_max: int, unmask: Callable[[bytes, bytes], bytes]
) -> tuple[list[bytes], int, int]:
    """Read the whole binary messages of a client from `at` on; `unmask` takes a payload and its mask.

    Returns their payloads, where they end, and how many bytes the frame there has at least:

    - more than are left: call again from there when so many have come;
    - not more: it is a control frame, and whole;
    - 0: it is something else (text, a fragment, compressed, over `bytes_max`, against the rules), of which
      somebody else has to make sense, as of all that follows.
    """
    payloads: list[bytes] = []
    end = len(data)
    while end - at >= 2:
        kind = data[at]
        size = data[at + 1] - _MASKED
        start = at + 2
        if size < 0 or (kind != _BINARY and (kind not in _CONTROL or size >= _LENGTH_16)):
            return payloads, at, 0
        if size >= _LENGTH_16:
            start += 2 if size == _LENGTH_16 else 8
            if end < start:
                return payloads, at, start - at
            size = int.from_bytes(data[at + 2 : start], "big")
        if size > bytes_max:
            return payloads, at, 0
        start += _MASK_BYTES
        if end - start < size or kind != _BINARY:
            return payloads, at, start + size - at
        payloads.append(unmask(data[start : start + size], data[start - _MASK_BYTES : start]))
        at = start + size
    return payloads, at, 2
