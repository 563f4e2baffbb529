"""Large writes take turns: handing bytes to the kernel is copying, and a thousand documents take long."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

LARGE_BYTES: Final = 64 * 1024
"""What is smaller never waits."""

_TURN_BYTES: Final = 4 * 1024 * 1024
"""Bytes that are written in one turn of the loop, some milliseconds; the first write always passes."""


class Turnstile:
    """Lets large writes of all connections pass, so many bytes in each turn of the loop."""

    def __init__(self) -> None:
        self._bytes = 0
        self._waiting: deque[tuple[int, Callable[[], None]]] = deque()

    def passes(self, size: int, write: Callable[[], None]) -> bool:
        """Whether `size` bytes may be written now; if not, `write` is called when they may."""
        if size < LARGE_BYTES:
            return True
        if self._waiting or self._bytes >= _TURN_BYTES:
            self._waiting.append((size, write))
            return False
        self._count(size)
        return True

    def _count(self, size: int) -> None:
        if self._bytes == 0:
            asyncio.get_running_loop().call_soon(self._next_turn)
        self._bytes += size

    def _next_turn(self) -> None:
        self._bytes = 0
        while self._waiting and self._bytes < _TURN_BYTES:
            size, write = self._waiting.popleft()
            self._count(size)
            write()
