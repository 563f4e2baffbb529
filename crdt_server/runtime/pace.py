"""When a room takes its next turn: at once where it is quiet, after a window where it is busy.

A turn costs what its broadcast costs, however many edits it carries. So after a turn that took `t` seconds
(its own work and the writing that it caused) the next one begins `t / flush_share_min` after it began:
broadcasting takes that share of the loop's time, what comes meanwhile goes out together, and a room where one
person types, or few listen, never waits. Nobody waits longer than `flush_window_s_max` for that; but where a
broadcast to very many would take more than `flush_share_max` of the time, all wait for it.

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
        self._share = limits.flush_share_min
        self._share_max = limits.flush_share_max
        self._window_s_max = limits.flush_window_s_max
        self._presence_window_s_max = limits.presence_window_s_max
        self._loop = asyncio.get_running_loop()
        self._next = 0.0
        self._presence_next = 0.0

    def next(self, turn: Callable[[], None]) -> asyncio.Handle:
        """Have the loop call `turn` when it is due."""
        wait_s = self._next - time.monotonic()
        return self._loop.call_soon(turn) if wait_s <= 0 else self._loop.call_later(wait_s, turn)

    def presence_due(self, wait_s: float) -> float:
        """Return when presence alone may be told that may not be before `wait_s`, in `time.monotonic`."""
        return max(time.monotonic() + wait_s, self._presence_next)

    def took(self, began: float) -> None:
        """Learn that a turn, begun at `began` in `time.monotonic`, sent something."""
        # Behind the writing: outboxes are emptied by callbacks that the turn left before this one.
        self._loop.call_soon(self._over, began)

    def _over(self, began: float) -> None:
        took_s = time.monotonic() - began
        window_s, least_s = took_s / self._share, took_s / self._share_max
        self._next = began + max(min(window_s, self._window_s_max), least_s)
        self._presence_next = began + max(min(window_s, self._presence_window_s_max), least_s)
