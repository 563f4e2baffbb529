"""When a grant ends: its session is told a while before, and ended at the time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from crdt_server.core.session import Grant

EXPIRED = "the access has expired"

_DELAY_S_MAX = 24 * 3600.0
"""Timers are set for at most a day: the wall clock may be moved meanwhile."""


class Expiry:
    """The timers of one session's grant."""

    def __init__(self, end: Callable[[], None], *, remind: Callable[[], None], renewal_s: float) -> None:
        """`end` is called when the grant ends, `remind` half its time before, but at most `renewal_s`."""
        self._end = end
        self._remind = remind
        self._renewal_s = renewal_s
        self._expires_at: float | None = None
        self._lead_s = 0.0
        self._is_reminded = False
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, grant: Grant) -> None:
        """Go by this grant, and no longer by an earlier one."""
        self.cancel()
        self._expires_at = grant.expires_at
        self._is_reminded = False
        if grant.expires_at is not None:
            # Not at once where it is short: each answer would be a grant that asks at once.
            self._lead_s = min(self._renewal_s, (grant.expires_at - time.time()) / 2)
            self._look()

    def cancel(self) -> None:
        """Stop."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        if self._expires_at is None:
            return
        left = self._expires_at - time.time()
        if left <= 0:
            self._end()
            return
        if left <= self._lead_s and not self._is_reminded:
            self._is_reminded = True
            self._remind()
        until_next = left if self._is_reminded else left - self._lead_s
        self._timer = asyncio.get_running_loop().call_later(min(until_next, _DELAY_S_MAX), self._look)
