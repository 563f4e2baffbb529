"""One client's connection: frames go out at once, and come in with the time they came."""

from __future__ import annotations

import asyncio
import time
from typing import cast

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri


class Connection(asyncio.Protocol):
    """A WebSocket client without queues and tasks, which would add their own waiting to what is measured.

    `arrivals` are binary frames with the time (`time.perf_counter_ns`) at which their bytes were read.
    """

    def __init__(self, url: str) -> None:
        self.arrivals: list[tuple[int, bytes]] = []
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_lost = False
        """Whether the connection ended before `close`."""
        self._url = url
        self._websocket = ClientProtocol(parse_uri(url), max_size=None)
        self._transport: asyncio.Transport | None = None
        self._is_closing = False

    async def open(self) -> None:
        """Connect. Raises OSError, or a `websockets` error where the upgrade is refused."""
        uri = parse_uri(self._url)
        await asyncio.get_running_loop().create_connection(lambda: self, uri.host, uri.port)
        await self.opened

    def send(self, frame: bytes) -> None:
        """Send one binary frame; nothing waits, the transport keeps what the kernel does not take."""
        self._websocket.send_binary(frame)
        self._flush()

    def close(self) -> None:
        """Begin the closing handshake."""
        self._is_closing = True
        if self._transport is not None and not self._transport.is_closing():
            self._websocket.send_close()
            self._flush()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._websocket.send_request(self._websocket.connect())
        self._flush()

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter_ns()
        self._websocket.receive_data(data)
        for event in self._websocket.events_received():
            if isinstance(event, Frame):
                if event.opcode is Opcode.BINARY:
                    self.arrivals.append((now, bytes(event.data)))
            elif self._websocket.handshake_exc is None:
                self.opened.set_result(None)
            else:
                self.opened.set_exception(self._websocket.handshake_exc)
        self._flush()

    def connection_lost(self, error: Exception | None) -> None:
        self.is_lost = not self._is_closing
        if not self.opened.done():
            self.opened.set_exception(error or ConnectionResetError("the server hung up"))

    def _flush(self) -> None:
        if self._transport is None:
            return
        for data in self._websocket.data_to_send():
            if data:
                self._transport.write(data)
            else:
                self._transport.close()
