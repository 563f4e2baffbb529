"""What waits to be sent to one connection: bounded in bytes, never awaited by who fills it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
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

    def __init__(self, limits: Limits, keepalive: Callable[[], bytes]) -> None:
        """`keepalive` returns a frame that changes nothing, for when nothing else is said."""
        self._limits = limits
        self._keepalive = keepalive
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._largest = 0
        self._stirred = asyncio.Event()
        self._has_spoken = True
        self._silence: asyncio.TimerHandle | None = None
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
        self._watch_silence()
        try:
            while self.closing is None or self._frames:
                await self._stirred.wait()
                self._stirred.clear()
                await self._send_all(socket)
        except TimeoutError:
            self.close(CloseCode.SLOW_CONSUMER, "a frame was not taken in time")
            raise
        finally:
            if self._silence is not None:
                self._silence.cancel()
        async with asyncio.timeout(self._limits.send_timeout_s):
            await socket.close(*self.closing)

    async def _send_all(self, socket: Socket) -> None:
        """Send what waits. The time of a frame is renewed when it was used up noticeably, not for each."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        async with asyncio.timeout_at(started + self._limits.send_timeout_s) as patience:
            while self._frames:
                frame = self._frames.popleft()
                self._bytes -= len(frame)
                await socket.send_bytes(frame)
                self._has_spoken = True
                now = loop.time()
                if now - started > self._limits.send_timeout_s / 4:
                    started = now
                    patience.reschedule(now + self._limits.send_timeout_s)

    def _watch_silence(self) -> None:
        """Queue a keepalive if nothing was sent since this was called last: twice in `keepalive_s`."""
        if not self._has_spoken:
            self.send(self._keepalive())
        self._has_spoken = False
        loop = asyncio.get_running_loop()
        self._silence = loop.call_later(self._limits.keepalive_s / 2, self._watch_silence)
