"""One connection of a scene: it keeps what came and when, or does not read at all."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import time
from typing import Final, cast
from urllib.parse import urlsplit

from .frames import BINARY, CLOSE, PING, PONG, Incoming, Shared, client_frame, read_head

Payload = bytes | bytearray
"""What came in a frame; the same object wherever it is large and came to several connections."""

CUT: Final = 1006
"""How a connection ended that was cut without a close frame."""

_LARGE_BYTES = 64 * 1024
_BUFFER = memoryview(bytearray(512 * 1024))  # for all: what is read is taken before the next one reads
_TICK_S = 0.1


class Refused(Exception):
    """The server did not accept the upgrade; the message is the first line of its answer."""


class Client(asyncio.BufferedProtocol):
    """A WebSocket client without queues and tasks of its own.

    `arrivals` are binary frames with the time (`time.perf_counter_ns`) at which their last byte was read.
    """

    def __init__(self, url: str, shared: Shared) -> None:
        self.arrivals: list[tuple[int, Payload]] = []
        self.bytes_read = 0
        self.ended: int | None = None
        """The close code with which the server ended it, `CUT` where there was none."""
        self._url = urlsplit(url)
        self._shared = shared
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None
        self._is_open = False
        self._is_closing = False
        self._rest = b""
        self._incoming: Incoming | None = None
        self._tick_bytes = 0

    @property
    def is_open(self) -> bool:
        """Whether it is connected, and nobody hung up."""
        return self._is_open and self.ended is None and not self._is_closing

    async def open(self, *, receive_buffer_bytes: int | None = None) -> None:
        """Connect. Raises OSError or `Refused`."""
        loop = asyncio.get_running_loop()
        address = (self._url.hostname or "", self._url.port or 80)
        if receive_buffer_bytes is None:
            await loop.create_connection(lambda: self, *address)
        else:
            connected = socket.socket()
            connected.setblocking(False)
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
            await loop.sock_connect(connected, address)
            await loop.create_connection(lambda: self, sock=connected)
        await self._opened

    def send(self, payload: bytes) -> None:
        """Send a binary frame; nothing waits, the transport keeps what the kernel does not take."""
        self.send_frames(client_frame(payload))

    def send_frames(self, frames: bytes) -> None:
        """Send frames that are ready."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frames)

    def close(self) -> None:
        """Say goodbye and hang up."""
        self._is_closing = True
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(client_frame(b"\x03\xe8", CLOSE))
            self._transport.close()

    def stop_reading(self) -> None:
        """Read nothing more until `read_on`."""
        self._tick_bytes = 0
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def read_slowly(self, bytes_per_s: float) -> None:
        """Read no more than so many bytes a second, until `read_on`."""
        self._tick_bytes = max(1, round(bytes_per_s * _TICK_S))
        self._resume()

    def read_on(self) -> None:
        """Read what there is, as fast as it comes."""
        self._tick_bytes = 0
        self._resume()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {self._url.path or '/'} HTTP/1.1",
            f"Host: {self._url.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        ]
        self._transport.write("\r\n".join([*lines, "", ""]).encode())

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - uvloop always says 64 KiB
        return _BUFFER[: self._tick_bytes] if self._tick_bytes else _BUFFER

    def buffer_updated(self, nbytes: int) -> None:
        self.bytes_read += nbytes
        self._take(_BUFFER[:nbytes])
        if self._tick_bytes and self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(_TICK_S, self._resume)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, error: Exception | None) -> None:
        if self.ended is None and not self._is_closing:
            self.ended = CUT
        if not self._opened.done():
            self._opened.set_exception(error or ConnectionResetError("the server hung up"))

    def _resume(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def _take(self, data: memoryview) -> None:
        if self._incoming is not None:
            incoming = self._incoming
            chunk = data[: incoming.missing]
            data = data[len(chunk) :]
            incoming.feed(chunk)
            if not incoming.is_whole:
                return
            self._incoming = None
            self.arrivals.append((time.perf_counter_ns(), incoming.payload))
        if data:
            self._read(self._rest + bytes(data))

    def _read(self, data: bytes) -> None:
        now = time.perf_counter_ns()
        pos = 0 if self._is_open else self._read_answer(data)
        while self._is_open and (head := read_head(data, pos)) is not None:
            opcode, size, start = head
            if len(data) - start < size:
                if opcode != BINARY or size < _LARGE_BYTES:
                    break
                self._incoming = self._shared.begin(size)
                self._incoming.feed(memoryview(data)[start:])
                pos = len(data)
                break
            pos = start + size
            if opcode == BINARY:
                self.arrivals.append((now, self._shared.same(data[start:pos])))
            else:
                self._control(opcode, data[start:pos])
        self._rest = data[pos:]

    def _read_answer(self, data: bytes) -> int:
        """Read the answer to the upgrade; return where it ends, 0 where it is not whole."""
        end = data.find(b"\r\n\r\n") + 4
        if end >= 4 and not self._opened.done():
            status = data.partition(b"\r\n")[0].decode("latin-1")
            self._is_open = " 101 " in f"{status} "
            if self._is_open:
                self._opened.set_result(None)
            else:
                self._opened.set_exception(Refused(status))
        return max(end, 0) if self._is_open else 0

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self.send_frames(client_frame(payload, PONG))
        elif opcode == CLOSE:
            self.ended = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
            if self._transport is not None and not self._transport.is_closing():
                self._transport.write(client_frame(payload[:2], CLOSE))
                self._transport.close()
