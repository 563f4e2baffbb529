"""A peer that sends what it likes: raw frames, and raw request lines."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.server import ServerProcess

TIMEOUT_S = 10.0
STEP_1_OF_NOTHING = bytes.fromhex("00000100")
QUERY_AWARENESS = b"\x03"
STEP_2_HEAD = b"\x00\x01"
CLOSE_FRAME = 0x88
CLOSED_ABNORMALLY = 1006


def var_uint(number: int) -> bytes:
    """lib0's varUint, written independently of the server's codec."""
    out = bytearray()
    while number > 127:
        out.append(128 | number & 127)
        number >>= 7
    out.append(number)
    return bytes(out)


def update_frame(update: bytes, *, step2: bool = False) -> bytes:
    """An Update (or Step2) frame around any bytes."""
    return b"\x00" + (b"\x01" if step2 else b"\x02") + var_uint(len(update)) + update


class Peer:
    """One WebSocket on a document, without any knowledge of the protocol."""

    def __init__(self, server: ServerProcess, document: str) -> None:
        self._url = f"{server.ws_url}/{document}"
        self._socket: ClientConnection

    async def send(self, frame: bytes | str) -> None:
        """Send one frame; a string goes as a text frame."""
        await self._socket.send(frame)

    async def closed(self) -> int:
        """Read until the server closes the connection; the close code."""
        await asyncio.wait_for(self._socket.wait_closed(), TIMEOUT_S)
        code = self._socket.close_code
        assert code is not None
        return code

    async def answers(self) -> bool:
        """Whether the server still answers a Step1 with a Step2 on this connection."""
        try:
            await self._socket.send(STEP_1_OF_NOTHING)
            async with asyncio.timeout(TIMEOUT_S):
                while (await self._socket.recv())[:2] != STEP_2_HEAD:
                    pass
        except ConnectionClosed:
            return False
        return True

    async def receive(self) -> bytes:
        """The next frame."""
        frame = await asyncio.wait_for(self._socket.recv(), TIMEOUT_S)
        assert isinstance(frame, bytes)
        return frame

    def cut(self) -> None:
        """Cut the TCP connection without a closing handshake."""
        self._socket.transport.abort()

    async def __aenter__(self) -> Self:
        self._socket = await connect(self._url, compression=None, max_size=None, ping_interval=None)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()


async def upgrade_status(server: ServerProcess, target: bytes, *headers: bytes) -> int:
    """Ask for an upgrade with exactly these bytes as request target and more headers; the answer's status."""
    async with _upgrade(server, target, *headers) as (status, _, _):
        return status


async def closes_with(server: ServerProcess, document: str, sent: bytes) -> int:
    """Upgrade, send bytes that need not be WebSocket frames; the code of the close frame, 1006 without one.

    It does not wait for the end of the connection: a server gives its peer time to answer the close frame.
    """
    async with _upgrade(server, f"/ws/{document}".encode()) as (status, reader, writer):
        assert status == HTTPStatus.SWITCHING_PROTOCOLS
        while await reader.readline() != b"\r\n":
            pass
        writer.write(sent)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await _close_code(reader)
        except (
            ConnectionResetError,
            asyncio.IncompleteReadError,
        ):  # it hung up, with bytes still on their way
            return CLOSED_ABNORMALLY


def websocket_frame(opcode: int, payload: bytes, *, final: bool = True) -> bytes:
    """One masked frame (the mask is all zeros); `opcode` may have reserved bits."""
    head = bytes([(0x80 if final else 0) | opcode])
    if len(payload) < 126:
        return head + bytes([0x80 | len(payload)]) + bytes(4) + payload
    return head + b"\xff" + len(payload).to_bytes(8, "big") + bytes(4) + payload


@asynccontextmanager
async def _upgrade(
    server: ServerProcess, target: bytes, *headers: bytes
) -> AsyncIterator[tuple[int, asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    key = base64.b64encode(os.urandom(16))
    lines = [
        b"GET " + target + b" HTTP/1.1",
        b"Host: localhost",
        b"Connection: Upgrade",
        b"Upgrade: websocket",
    ]
    lines += [b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: " + key, *headers, b"", b""]
    try:
        writer.write(b"\r\n".join(lines))
        status = await asyncio.wait_for(reader.readline(), TIMEOUT_S)
        yield int(status.split()[1]), reader, writer
    finally:
        writer.close()


async def _close_code(reader: asyncio.StreamReader) -> int:
    """The code of the next close frame; small frames before it are passed over."""
    while True:
        head, length = await reader.readexactly(2)
        assert length < 126, "a frame too large for this reader"
        payload = await reader.readexactly(length)
        if head == CLOSE_FRAME:
            return int.from_bytes(payload[:2], "big")
