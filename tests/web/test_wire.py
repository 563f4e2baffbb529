"""What a client's bytes come to is the same whether the library reads all of them or we the plain ones."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope
from uvicorn.server import ServerState
from websockets.frames import Close, Frame, Opcode

from crdt_server.web.wire import WireProtocol

MESSAGE_BYTES_MAX = 200
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
MESSAGE = Frame(Opcode.BINARY, b"message").serialize(mask=True)
CLOSES = [
    Frame(Opcode.CLOSE, payload).serialize(mask=True)
    for payload in (b"", Close(1000, "bye").serialize(), b"\x03", b"\x00\x00")
]
WRONG = [
    Frame(Opcode.BINARY, b"not masked").serialize(mask=False),
    Frame(Opcode.BINARY, bytes(MESSAGE_BYTES_MAX + 1)).serialize(mask=True),
    Frame(Opcode.CONT, b"of nothing").serialize(mask=True),
    b"\xc2\x85" + bytes(9),
    b"\x83\x85" + bytes(9),
    b"\x09\x80" + bytes(4),
    b"\x89\xfe\x00\x7e" + bytes(130),
]
OTHERS = [
    MESSAGE,
    Frame(Opcode.PING, b"there?").serialize(mask=True),
    Frame(Opcode.PONG, b"").serialize(mask=True),
    Frame(Opcode.TEXT, b"text").serialize(mask=True),
    Frame(Opcode.BINARY, b"begin ", fin=False).serialize(mask=True)
    + Frame(Opcode.CONT, b"end").serialize(mask=True),
    *CLOSES,
    *WRONG,
]


class Library(WireProtocol):
    """The reference: the library reads everything."""

    _is_plain = False


class Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


def open_socket(kind: type[WireProtocol], received: list[bytes | None]) -> tuple[WireProtocol, Transport]:
    """An accepted WebSocket whose frames come to `received`."""

    gone = asyncio.Event()

    async def app(_: Scope, __: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
        protocol.attach(received.append, lambda: None, gone.set)
        await gone.wait()

    config = uvicorn.Config(
        app, ws=kind, ws_max_size=MESSAGE_BYTES_MAX, ws_ping_interval=None, log_config=None
    )
    config.load()
    config.loaded_app = app
    protocol, transport = kind(config, ServerState(), {}), Transport()
    protocol.connection_made(transport)
    protocol.data_received(UPGRADE)
    return protocol, transport


async def answered(kind: type[WireProtocol], parts: list[bytes]) -> tuple[list[bytes | None], bytes, bool]:
    """What the application got of these reads, what was answered, and whether it was hung up."""
    received: list[bytes | None] = []
    protocol, transport = open_socket(kind, received)
    await asyncio.sleep(0)
    transport.written = b""
    for part in parts:
        if not transport.is_closed:
            protocol.data_received(part)
    await end(protocol)
    return received, transport.written, transport.is_closed


async def end(protocol: WireProtocol) -> None:
    protocol.connection_lost(None)
    await asyncio.gather(*protocol.tasks)


def masked(frame: Frame) -> bytes:
    return frame.serialize(mask=True)


payloads = st.binary(max_size=12) | st.integers(120, MESSAGE_BYTES_MAX).map(bytes)
messages = payloads.map(lambda payload: masked(Frame(Opcode.BINARY, payload)))
pings = st.binary(max_size=20).map(lambda payload: masked(Frame(Opcode.PING, payload)))
pongs = st.binary(max_size=20).map(lambda payload: masked(Frame(Opcode.PONG, payload)))
texts = st.text(max_size=9).map(lambda text: masked(Frame(Opcode.TEXT, text.encode())))
fragments = st.tuples(payloads, payloads, st.just(b"") | pings).map(
    lambda of: masked(Frame(Opcode.BINARY, of[0], fin=False)) + of[2] + masked(Frame(Opcode.CONT, of[1]))
)
closes = st.sampled_from(CLOSES)
wrong = st.sampled_from(WRONG)
plain = st.lists(messages | pings | pongs, max_size=6)
anything = st.lists(messages | pings | fragments | texts | closes | wrong | st.binary(max_size=9), max_size=6)


def cut(data: bytes, places: list[int]) -> Iterator[bytes]:
    ends = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return (data[start:end] for start, end in itertools.pairwise(ends))


@given(plain, st.lists(st.integers(0, 2_000), max_size=8))
async def test_plain_messages_arrive_however_they_are_cut(frames: list[bytes], places: list[int]) -> None:
    data = b"".join(frames)
    assert await answered(WireProtocol, list(cut(data, places))) == await answered(Library, [data])


@pytest.mark.parametrize("other", OTHERS)
async def test_whatever_comes_between_messages_is_answered_alike_cut_at_every_byte(other: bytes) -> None:
    data = MESSAGE + other + MESSAGE
    by_byte = [data[at : at + 1] for at in range(len(data))]
    expected = await answered(Library, by_byte)
    assert await answered(WireProtocol, by_byte) == expected
    for at in range(len(data)):
        heard, *answer = await answered(WireProtocol, [part for part in (data[:at], data[at:]) if part])
        assert (heard[:1], answer) == ([b"message"], list(expected[1:]))
        assert heard == expected[0] or answer[1]


@given(plain, anything, st.lists(st.integers(0, 3_000), max_size=8))
async def test_any_bytes_are_answered_alike(first: list[bytes], then: list[bytes], places: list[int]) -> None:
    """Where the library fails, it forgets what came before in the same read: of that we may hear more."""
    data = b"".join(first + then)
    heard, written, is_closed = await answered(WireProtocol, list(cut(data, places)))
    heard_by_byte, written_by_byte, is_closed_by_byte = await answered(
        Library, [data[at : at + 1] for at in range(len(data))]
    )
    assert (written, is_closed) == (written_by_byte, is_closed_by_byte)
    assert heard == heard_by_byte[: len(heard)]
    assert heard == heard_by_byte or is_closed
    before, _, _ = await answered(Library, [b"".join(first)])
    assert heard[: len(before)] == before


async def test_what_was_sent_before_the_upgrade_was_answered_is_not_cut_in_the_wrong_place() -> None:
    received: list[bytes | None] = []
    protocol, _ = open_socket(WireProtocol, received)
    early = masked(Frame(Opcode.BINARY, b"early"))
    protocol.data_received(early[:7])
    await asyncio.sleep(0)
    protocol.data_received(early[7:] + masked(Frame(Opcode.BINARY, b"next")))
    assert received == [b"early", b"next"]
    await end(protocol)
