"""WebSocket frames: the bytes that RFC 6455 wants, as a whole library writes and reads them."""

from __future__ import annotations

import pytest
from websockets.frames import Frame, Opcode
from websockets.utils import apply_mask

from crdt_server.protocol.frames import framed, head, read_frames

SIZES = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000]
BYTES_MAX = 200_000
PING = Frame(Opcode.PING, b"are you there?").serialize(mask=True)


def binary(payload: bytes) -> bytes:
    return Frame(Opcode.BINARY, payload).serialize(mask=True)


def read(data: bytes, at: int = 0) -> tuple[list[bytes], int, int]:
    return read_frames(data, at, BYTES_MAX, apply_mask)


@pytest.mark.parametrize("size", SIZES)
def test_a_head_is_what_a_whole_library_writes(size: int) -> None:
    payload = bytes(size)
    assert head(size) + payload == Frame(Opcode.BINARY, payload).serialize(mask=False)


@pytest.mark.parametrize("size", SIZES)
def test_a_message_is_read_and_what_follows_it_may_be_more(size: int) -> None:
    payload = b"payload " * (size // 8) + b"."[: size % 8]
    data = binary(payload)
    assert read(data) == ([payload], len(data), 2)


def test_several_are_read_at_once_from_anywhere() -> None:
    data = binary(b"one") + binary(b"") + binary(b"x" * 300)
    assert read(b"before" + data, 6) == ([b"one", b"", b"x" * 300], 6 + len(data), 2)


@pytest.mark.parametrize("size", [0, 5, 125, 126, 300, 65_536])
def test_a_frame_that_is_cut_is_left_and_never_said_to_be_longer_than_it_is(size: int) -> None:
    whole = binary(b"first")
    cut = binary(bytes(size))
    for length in [*range(20), *range(size, len(cut))]:
        if length >= len(cut):
            continue
        payloads, at, needed = read(whole + cut[:length])
        assert (payloads, at) == ([b"first"], len(whole))
        assert length < needed <= len(cut)


def test_a_control_frame_is_left_with_its_size() -> None:
    for length in range(2, len(PING) + 1):
        assert read(binary(b"first") + PING[:length]) == ([b"first"], len(binary(b"first")), len(PING))
    assert read(PING + binary(b"next")) == ([], 0, len(PING))


@pytest.mark.parametrize(
    "other",
    [
        Frame(Opcode.TEXT, b"text").serialize(mask=True),
        Frame(Opcode.BINARY, b"a fragment", fin=False).serialize(mask=True),
        Frame(Opcode.CONT, b"its end").serialize(mask=True),
        Frame(Opcode.BINARY, b"not masked").serialize(mask=False),
        b"\xc2\x85" + bytes(9),  # compressed
        b"\x83\x85" + bytes(9),  # no such opcode
        b"\x09\x80" + bytes(4),  # a ping in fragments
        b"\x89\xfe\x00\x7e" + bytes(4),  # a ping that is too long
        binary(bytes(BYTES_MAX + 1)),
        b"\x82\xff" + b"\xff" * 8,  # 2^64 - 1 bytes
    ],
)
def test_anything_else_is_left_as_it_is(other: bytes) -> None:
    first = binary(b"first")
    assert read(first + other) == ([b"first"], len(first), 0)


def test_a_frame_for_many_is_made_once() -> None:
    payload, other = bytes(300), bytes(300)
    assert framed(payload) == head(300) + payload
    assert framed(payload) is framed(payload)
    assert framed(other) is not framed(payload)
