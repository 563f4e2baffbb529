"""A WebSocket under any ASGI server."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from crdt_server.protocol.close_codes import CloseCode

_GONE = (OSError, RuntimeError, WebSocketDisconnect)
"""A peer that goes while something is sent to it shows as any of these, by server and moment."""

_log = structlog.get_logger(__name__)


class AsgiDoor:
    """A door whose frames go through the application's `receive` and `send`."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._frames: deque[bytes] = deque()
        self._has_frames = asyncio.Event()
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._tasks: list[asyncio.Task[None]] = []

    def attach(
        self, heard: Callable[[bytes | None], None], drained: Callable[[], None], lost: Callable[[], None]
    ) -> None:
        """See `Door`."""
        ways = (self._read(heard), self._send(drained))
        self._tasks = [asyncio.create_task(self._go(way, lost)) for way in ways]

    @property
    def backlog(self) -> int:
        """Bytes that the server did not take yet."""
        return sum(map(len, self._frames))

    def write(self, frames: list[bytes]) -> bool:
        """Take frames to send one by one; more may follow when those are sent."""
        self._frames.extend(frames)
        self._has_frames.set()
        return False

    def pause(self) -> None:
        """See `Door`."""
        self._may_read.clear()

    def resume(self) -> None:
        """See `Door`."""
        self._may_read.set()

    async def close(self, code: CloseCode, reason: str) -> None:
        """See `Door`."""
        with suppress(*_GONE):
            await self._websocket.close(code, reason)

    def abort(self) -> None:
        """The server hangs up when the application's call ends."""

    async def detach(self) -> None:
        """See `Door`."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _go(self, way: Coroutine[None, None, None], lost: Callable[[], None]) -> None:
        try:
            await way
        except _GONE:
            pass
        except Exception:  # noqa: BLE001 - whatever it is, it ends this connection alone
            _log.exception("connection.failed")
        lost()

    async def _read(self, heard: Callable[[bytes | None], None]) -> None:
        while True:
            await self._may_read.wait()
            event = await self._websocket.receive()
            if event["type"] == "websocket.disconnect":
                return
            heard(event.get("bytes"))

    async def _send(self, drained: Callable[[], None]) -> None:
        while True:
            await self._has_frames.wait()
            self._has_frames.clear()
            while self._frames:
                await self._websocket.send_bytes(self._frames[0])
                self._frames.popleft()
            drained()
