"""What waits to be sent to one connection: bounded in bytes, never awaited by who fills it."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from crdt_server.core.limits import Limits
from crdt_server.protocol.close_codes import CloseCode


class Socket(Protocol):
    """The sending half of a WebSocket."""

    async def send_bytes(self, data: bytes) -> None:
        """Send one binary frame; waits while the transport is full."""
        ...

    async def close(self, code: int = ..., reason: str | None = ...) -> None:
        """Begin the closing handshake."""
        ...


class Outbox:
    """A queue of frames with a pump that empties it into a socket.

    A client that does not read fills it. Then what waits is dropped and the connection is closed with
    `SLOW_CONSUMER`: a CRDT client lacks nothing once it is back and synced. The largest frame that waits is
    not counted, so a document larger than the bound can be joined.
    """

    def __init__(self, limits: Limits, keepalive: bytes) -> None:
        self._limits = limits
        self._keepalive = keepalive
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._largest = 0
        self._stirred = asyncio.Event()
        self.closing: tuple[CloseCode, str] | None = None
        """The code and reason of the close that the server decided on."""

    @property
    def waiting_bytes(self) -> int:
        """Bytes in the queue."""
        return self._bytes

    def send(self, frame: bytes) -> None:
        """Queue a frame. After `close` it is dropped."""
        if self.closing is not None:
            return
        # The largest frame does not count: a document is what it is, and others' edits come behind it.
        if not self._frames:
            self._largest = 0
        self._largest = max(self._largest, len(frame))
        if self._bytes + len(frame) - self._largest > self._limits.outbox_bytes_max:
            self._frames.clear()
            self._bytes = 0
            self.close(CloseCode.SLOW_CONSUMER, "too much was waiting to be read")
            return
        self._frames.append(frame)
        self._bytes += len(frame)
        self._stirred.set()

    def close(self, code: CloseCode, reason: str) -> None:
        """Send what waits, then close. The first code stays."""
        if self.closing is None:
            self.closing = (code, reason)
        self._stirred.set()

    async def pump(self, socket: Socket) -> None:
        """Send until the outbox is closed, with a keepalive where nothing else is said; then close.

        Raises what the socket raises where the peer is gone, TimeoutError where a frame cannot be sent.
        """
        while True:
            await self._wait_for_frames()
            while self._frames:
                frame = self._frames.popleft()
                self._bytes -= len(frame)
                try:
                    async with asyncio.timeout(self._limits.send_timeout_s):
                        await socket.send_bytes(frame)
                except TimeoutError:
                    self.close(CloseCode.SLOW_CONSUMER, "a frame was not taken in time")
                    raise
            if self.closing is not None:
                code, reason = self.closing
                async with asyncio.timeout(self._limits.send_timeout_s):
                    await socket.close(code, reason)
                return

    async def _wait_for_frames(self) -> None:
        try:
            async with asyncio.timeout(self._limits.keepalive_s):
                await self._stirred.wait()
        except TimeoutError:
            self._frames.append(self._keepalive)
            self._bytes += len(self._keepalive)
        self._stirred.clear()
