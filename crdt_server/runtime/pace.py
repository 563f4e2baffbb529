"""When a room takes its next turn: at once where it is quiet, after a window where it is busy.

A turn costs what its broadcast costs, however many edits it carries. So after a turn that took `t` seconds
(its own work and the writing that it caused) the next one begins `t / flush_share_max` after it began, but
at most `flush_window_s_max`. Broadcasting takes at most that share of the loop's time, what comes meanwhile
goes out together, and a room where one person types, or few listen, never waits.

News of presence ride with edits. Where there are none, they wait by the same rule, but longer: up to
`presence_window_s_max`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from crdt_server.core.limits import Limits


class Pace:
    """The clock of one room's turns."""

    def __init__(self, limits: Limits) -> None:
        self._share = limits.flush_share_max
        self._window_s_max = limits.flush_window_s_max
        self._presence_window_s_max = limits.presence_window_s_max
        self._loop = asyncio.get_running_loop()
        self._next = 0.0
        self._presence_next = 0.0

    def next(self, turn: Callable[[], None]) -> asyncio.Handle:
        """Have the loop call `turn` when it is due."""
        wait_s = self._next - time.monotonic()
        return self._loop.call_soon(turn) if wait_s <= 0 else self._loop.call_later(wait_s, turn)

    def next_presence(self, turn: Callable[[], None], wait_s: float) -> asyncio.TimerHandle:
        """Have the loop call `turn` for presence alone, in `wait_s` or when it is due."""
        return self._loop.call_later(max(wait_s, self._presence_next - time.monotonic()), turn)

    def took(self, began: float) -> None:
        """Learn that a turn, begun at `began` in `time.monotonic`, sent something."""
        # Behind the writing: outboxes are emptied by callbacks that the turn left before this one.
        self._loop.call_soon(self._over, began)

    def _over(self, began: float) -> None:
        window_s = (time.monotonic() - began) / self._share
        self._next = began + min(window_s, self._window_s_max)
        self._presence_next = began + min(window_s, self._presence_window_s_max)
