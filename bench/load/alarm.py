"""A clock that wakes on the microsecond: uvloop's timers count whole milliseconds, and spin below that."""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
import time
from types import TracebackType
from typing import Final, Self

_CLOCK_MONOTONIC: Final = 1  # what `time.perf_counter_ns` reads on Linux
_ABSOLUTE: Final = 1
_OFF: Final = -1


class _Spec(ctypes.Structure):
    """`struct itimerspec`: an interval, which stays 0, and a moment."""

    _fields_ = tuple((name, ctypes.c_long) for name in ("every_s", "every_ns", "at_s", "at_ns"))


class Alarm:
    """Waits until moments of `time.perf_counter_ns`; to be used in a `with` block, by one task.

    On Linux by a timerfd; elsewhere by the loop's timers, which keep a core busy.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._rang: asyncio.Future[None] | None = None
        self._fd = _OFF
        self._spec = _Spec()

    def __enter__(self) -> Self:
        if sys.platform == "linux":
            self._libc = ctypes.CDLL(None, use_errno=True)
            self._fd = self._libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
            if self._fd < 0:
                raise OSError(ctypes.get_errno(), "timerfd_create")
            self._loop.add_reader(self._fd, self._ring)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._fd != _OFF:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)

    async def until(self, due_ns: int) -> None:
        """Return at that moment or as soon after as the loop can; at once where it is over."""
        while (wait_ns := due_ns - time.perf_counter_ns()) > 0:
            if self._fd == _OFF:
                await asyncio.sleep(wait_ns / 1e9)
                continue
            self._rang = self._loop.create_future()
            self._spec.at_s, self._spec.at_ns = divmod(due_ns, 1_000_000_000)
            self._libc.timerfd_settime(self._fd, _ABSOLUTE, ctypes.byref(self._spec), None)
            await self._rang

    def _ring(self) -> None:
        os.read(self._fd, 8)
        if self._rang is not None and not self._rang.done():
            self._rang.set_result(None)
