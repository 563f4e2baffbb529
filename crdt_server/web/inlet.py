"""Frames on their way from uvicorn's protocol to a conversation, without the ASGI queue."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from .wire import WireProtocol

FRAMES_PER_SLICE = 8
"""Frames of one connection that are taken before others have their turn."""


class Inlet:
    """Takes a slice of frames in each turn of the loop.

    What the kernel had ready may be thousands of frames: they wait here, and nothing more is read until they
    are taken.
    """

    def __init__(
        self,
        take: Callable[[bytes | None], None],
        ready: Callable[[], Awaitable[None]],
        is_ready: Callable[[], bool],
        door: WireProtocol,
    ) -> None:
        """`take` gets each frame (None: it was text), as soon as `is_ready`; `ready` waits for that."""
        self._take = take
        self._ready = ready
        self._is_ready = is_ready
        self._door = door
        self._frames: deque[bytes | None] = deque()
        self._has_frames = asyncio.Event()
        self._taken = 0
        self._loop = asyncio.get_running_loop()

    def heard(self, frame: bytes | None) -> None:
        """Take a frame at once where nothing waits and the slice is not used up."""
        if self._frames or self._taken >= FRAMES_PER_SLICE or not self._is_ready():
            self._frames.append(frame)
            self._has_frames.set()
            self._door.pause()
            return
        if self._taken == 0:
            self._loop.call_soon(self._next_slice)
        self._taken += 1
        self._take(frame)

    async def run(self) -> None:
        """Take what waits, until cancelled."""
        while True:
            await self._has_frames.wait()
            await self._ready()
            for _ in range(FRAMES_PER_SLICE):
                if not self._frames or not self._is_ready():
                    break
                self._take(self._frames.popleft())
            if not self._frames:
                self._has_frames.clear()
                self._door.resume()
            await asyncio.sleep(0)

    def _next_slice(self) -> None:
        self._taken = 0
