"""What waits to be sent to one connection: bounded in bytes, never awaited by who fills it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from crdt_server.core.limits import Limits
from crdt_server.protocol.close_codes import CloseCode

from .turnstile import Turnstile


class Wire(Protocol):
    """The side of a WebSocket that faces the network."""

    @property
    def backlog(self) -> int:
        """Bytes that it took and that did not reach the peer yet, as far as it knows."""
        ...

    def write(self, frames: list[bytes]) -> bool:
        """Take binary frames; whether more may follow. If not, the outbox hears of it by `drained`."""
        ...


class Outbox:
    """A queue of frames, emptied into a wire once in each turn of the loop.

    A client that does not read is given no news while `takes_more` says no, and what it missed once it has
    read. What it asked for is queued all the same: where that is too much, it is dropped and the connection
    closed with `SLOW_CONSUMER`; a CRDT client lacks nothing once it is back and synced. The largest frame
    that waits is not counted, so a document larger than the bound can be joined.
    """

    def __init__(
        self,
        limits: Limits,
        turnstile: Turnstile,
        keepalive: Callable[[], bytes],
        resume: Callable[[], None],
    ) -> None:
        """`keepalive` returns a frame that changes nothing, for when nothing else is said.

        `resume` is called when it takes more again, after `takes_more` said no. All outboxes of a loop share
        a `turnstile`.
        """
        self._limits = limits
        self._turnstile = turnstile
        self._keepalive = keepalive
        self._resume = resume
        self._owes = False
        self._loop = asyncio.get_running_loop()
        self._wire: Wire | None = None
        self._frames: list[bytes] = []
        self._bytes = 0
        self._largest = 0
        self._written = 0
        self._is_flushing = False
        self._is_blocked = True
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._has_spoken = True
        self._silence: asyncio.TimerHandle | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._done: asyncio.Future[None] = self._loop.create_future()
        self.closing: tuple[CloseCode, str] | None = None
        """The code and reason of the close that the server decided on."""
        self.gave_up = False
        """Whether the peer takes nothing, not even a close."""

    def takes_more(self) -> bool:
        """Whether news may be queued: nothing is left of earlier turns, and not much of this one."""
        if self._is_blocked or self._bytes > self._limits.outbox_soft_bytes_max:
            self._owes = True
            return False
        return True

    @property
    def waiting_bytes(self) -> int:
        """Bytes in the queue."""
        return self._bytes

    @property
    def is_full(self) -> bool:
        """Whether so much waits that its peer should be asked for nothing more."""
        return self._bytes > self._limits.outbox_bytes_max // 2

    async def has_room(self) -> None:
        """Wait until it is not full, or closed."""
        while self.is_full and not self._done.done():
            self._has_room.clear()
            await self._has_room.wait()

    def open(self, wire: Wire) -> None:
        """Begin to send, with a keepalive where nothing else is said."""
        self._wire = wire
        self._watch()
        self.drained()

    def send(self, frame: bytes) -> None:
        """Queue a frame. After `close` it is dropped."""
        if self.closing is not None:
            return
        # The largest frame does not count: a document is what it is, and others' edits come behind it.
        size = len(frame)
        self._largest = max(self._largest, size)
        self._bytes += size
        if self._bytes - self._largest > self._limits.outbox_bytes_max:
            self._drop()
            self.close(CloseCode.SLOW_CONSUMER, "too much was waiting to be read")
            return
        self._frames.append(frame)
        if not self._is_flushing and not self._is_blocked:
            self._is_flushing = True
            self._loop.call_soon(self._flush)

    def close(self, code: CloseCode, reason: str) -> None:
        """Send what waits, then be `done`. The first code stays."""
        if self.closing is None:
            self.closing = (code, reason)
        if not self._is_blocked and not self._is_flushing:
            self._finish()

    async def done(self) -> None:
        """Wait until it is closed and all is handed over, or could not be in time."""
        await self._done

    def stop(self) -> None:
        """The connection is gone: drop what waits, end the timers."""
        self._drop()
        self._is_blocked = True
        for timer in (self._silence, self._patience):
            if timer is not None:
                timer.cancel()
        self._finish()

    def drained(self) -> None:
        """Learn that the wire takes more."""
        self._is_blocked = False
        self._flush()

    def _flush(self) -> None:
        is_open = self._wire is not None and not self._is_blocked
        if is_open and not self._turnstile.passes(self._bytes, self._write):
            self._is_flushing = True
        else:
            self._write()

    def _write(self) -> None:
        self._is_flushing = False
        if self._wire is None or self._is_blocked:
            return
        if self._frames:
            frames = self._frames
            self._written += self._bytes
            self._drop()
            self._has_spoken = True
            if not self._wire.write(frames):
                self._is_blocked = True
                self._be_patient(self._wire)
                return
        if self.closing is not None:
            self._finish()
        elif self._owes:
            self._owes = False
            self._resume()

    def _drop(self) -> None:
        self._frames = []
        self._bytes = self._largest = 0
        self._has_room.set()

    def _finish(self) -> None:
        if not self._done.done():
            self._done.set_result(None)

    def _be_patient(self, wire: Wire) -> None:
        if self._patience is None:
            reached = self._written - wire.backlog
            self._patience = self._loop.call_later(
                self._limits.send_timeout_s, self._lose_patience, wire, reached
            )

    def _lose_patience(self, wire: Wire, reached_before: int) -> None:
        """Give up where nothing at all reached the peer since: who reads slowly may go on."""
        self._patience = None
        backlog = wire.backlog
        if backlog == 0 and not self._is_blocked:
            return
        if self._written - backlog > reached_before:
            self._be_patient(wire)
            return
        self._drop()
        self.gave_up = True
        self.close(CloseCode.SLOW_CONSUMER, "nothing was read in time")
        self._finish()

    def _watch(self) -> None:
        """Twice in `keepalive_s`: queue a keepalive if nothing was sent since, look who does not read."""
        if self._wire is not None and self._wire.backlog:
            self._be_patient(self._wire)
        if not self._has_spoken:
            self.send(self._keepalive())
        self._has_spoken = False
        self._silence = self._loop.call_later(self._limits.keepalive_s / 2, self._watch)
