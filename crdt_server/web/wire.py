"""The network side of a WebSocket: uvicorn's protocol with a short way for frames, and any ASGI server's.

`WireProtocol` is uvicorn's WebSocket protocol with what it leaves undone at the edges (each method that mends
something uvicorn 0.54 does has a test in tests/interop that fails without it), and with a door: an
application finds it in its scope and hands it frames without the ASGI call. Frames from a server are not
masked, so the bytes of one frame serve every connection, and what goes to one in a turn is one write.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from starlette.websockets import WebSocket
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

EXTENSION: Final = "crdt_server.wire"
"""Key of the protocol in a scope's extensions."""

_BINARY: Final = b"\x82"
_LENGTH_16, _LENGTH_64 = 126, 127
_COPIED_BYTES_MAX: Final = 64 * 1024
_HEADS: Final = [_BINARY + bytes([size]) for size in range(_LENGTH_16)]


def head(size: int) -> bytes:
    """Return what goes before the payload of an unmasked binary frame (RFC 6455, 5.2)."""
    if size < _LENGTH_16:
        return _HEADS[size]
    if size < 1 << 16:
        return _BINARY + bytes([_LENGTH_16]) + size.to_bytes(2, "big")
    return _BINARY + bytes([_LENGTH_64]) + size.to_bytes(8, "big")


class WireProtocol(WebSocketsSansIOProtocol):
    """One WebSocket connection under uvicorn."""

    _drained: Callable[[], None] | None = None
    _heard: Callable[[bytes | None], None] | None = None

    # The door.

    def handle_connect(self, event: Request) -> None:
        """Put this protocol into the scope."""
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[str, object] = self.scope["extensions"]  # type: ignore[assignment]
            extensions[EXTENSION] = self

    def attach(self, heard: Callable[[bytes | None], None], drained: Callable[[], None]) -> None:
        """Give each frame to `heard` (None: it was text); call `drained` when frames may be written again.

        From now on the application's `receive` gives the disconnect alone.
        """
        self._heard = heard
        self._drained = drained
        self.read_paused = False
        early = [self.queue.get_nowait() for _ in range(self.queue.qsize())]
        for event in early:
            if event["type"] == "websocket.receive":
                heard(event.get("bytes"))
            else:
                self.queue.put_nowait(event)
        if not self.read_paused:
            self.resume()

    def pause(self) -> None:
        """Read nothing for a while."""
        if not self.read_paused and not self.transport.is_closing():
            self.transport.pause_reading()
        self.read_paused = True

    def resume(self) -> None:
        """Read on."""
        self.read_paused = False
        if not self.transport.is_closing():
            self.transport.resume_reading()

    @property
    def backlog(self) -> int:
        """Bytes that the kernel did not take yet."""
        return self.transport.get_write_buffer_size()

    def write(self, frames: list[bytes]) -> bool:
        """Write binary frames in one go; whether more may follow. A closing connection drops them."""
        if not self.close_sent and not self.transport.is_closing():
            parts: list[bytes] = []
            largest = 0
            for frame in frames:
                size = len(frame)
                largest = max(largest, size)
                parts.append(head(size))
                parts.append(frame)
            if largest < _COPIED_BYTES_MAX:
                self.transport.write(b"".join(parts))
            else:
                self.transport.writelines(parts)  # many may be sent the same document: they share its bytes
        return self.writable.is_set()

    def abort(self) -> None:
        """Hang up: the peer takes nothing."""
        self.transport.abort()

    def resume_writing(self) -> None:
        """Pass it on."""
        super().resume_writing()
        if self._drained is not None:
            self._drained()

    # What uvicorn leaves undone.

    def data_received(self, data: bytes) -> None:
        """Answer an upgrade whose headers are too large: uvicorn keeps the answer, and the socket."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.handshake_complete = self.close_sent = True
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def send_receive_event_to_app(self) -> None:
        """Do not decode text: no dialect has it, and broken text would be a traceback in the log."""
        is_text = self.curr_msg_data_type == "text"
        if self._heard is None or self.close_sent:
            if is_text:
                self.frames = [b""]
            super().send_receive_event_to_app()
            return
        frames, self.frames = self.frames, []
        self._heard(None if is_text else b"".join(frames))

    async def send(self, message: ASGISendEvent) -> None:
        """Take a refused upgrade for what it is: uvicorn calls it an incomplete handshake, as an error."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and self.close_sent:
            self.handshake_complete = True


class AsgiWire:
    """The same over the ASGI interface, for any server."""

    def __init__(self, websocket: WebSocket, drained: Callable[[], None]) -> None:
        self._websocket = websocket
        self._drained = drained
        self._frames: deque[bytes] = deque()
        self._stirred = asyncio.Event()

    @property
    def backlog(self) -> int:
        """Bytes that the server did not take yet."""
        return sum(map(len, self._frames))

    def write(self, frames: list[bytes]) -> bool:
        """Take frames for `run` to send; more may follow when those are sent."""
        self._frames.extend(frames)
        self._stirred.set()
        return False

    async def run(self) -> None:
        """Send, until cancelled. Raises what the server raises where the peer is gone."""
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            while self._frames:
                await self._websocket.send_bytes(self._frames[0])
                self._frames.popleft()
            self._drained()
