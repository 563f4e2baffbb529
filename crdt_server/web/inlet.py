"""Frames on their way from a door to a conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from .door import Door

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
        door: Door,
    ) -> None:
        """`take` gets each frame (None: it was text), as soon as `is_ready`; `ready` waits for that."""
        self._take = take
        self._ready = ready
        self._is_ready = is_ready
        self._door = door
        self._waiting: list[bytes | None] = []
        self._worker: asyncio.Task[None] | None = None
        self._taken = 0

    def heard(self, frame: bytes | None) -> None:
        """Take a frame at once where nothing waits and the slice is not used up."""
        if self._worker is not None:
            self._waiting.append(frame)
        elif self._taken >= FRAMES_PER_SLICE or not self._is_ready():
            self._waiting.append(frame)
            self._door.pause()
            self._worker = asyncio.create_task(self._work_off(), name="inlet")
        else:
            if self._taken == 0:
                asyncio.get_running_loop().call_soon(self._next_slice)
            self._taken += 1
            self._take(frame)

    def stop(self) -> None:
        """Take nothing more of what waits."""
        if self._worker is not None:
            self._worker.cancel()

    async def _work_off(self) -> None:
        for number, frame in enumerate(self._waiting, 1):  # it may grow meanwhile
            if not self._is_ready():
                await self._ready()
            self._take(frame)
            if number % FRAMES_PER_SLICE == 0:
                await asyncio.sleep(0)
        self._waiting = []
        self._worker = None
        self._door.resume()

    def _next_slice(self) -> None:
        self._taken = 0
