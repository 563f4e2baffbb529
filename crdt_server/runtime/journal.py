"""The append side of a store: what rooms make is written in group commits over all documents.

While one commit is on its way to the disk the next one gathers; so commits grow with the load. After a busy
one, which left others waiting, the next begins `journal_window_s` after it began: committing twice as much
costs hardly more, and a lonely edit is committed at once.

When the store fails nothing is dropped and nothing is acknowledged: the same batch is tried again until it is
in.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from crdt_server.core.limits import Limits
from persistence.port import Append, DocumentErased, Store, StoreError

from .metrics import Metrics

Outcome = int | DocumentErased
"""The position of a stored record, or why it never will be."""

RECORD_OVERHEAD_BYTES = 600
"""Memory that a waiting record takes besides its bytes, about."""

_RETRY_S_FIRST = 0.05
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Entry:
    append: Append
    done: Callable[[Outcome], None]

    @property
    def size(self) -> int:
        """Bytes of memory, about."""
        return len(self.append.update) + RECORD_OVERHEAD_BYTES


class Journal:
    """Writes records durably, in order, many at a time. Owned by an engine."""

    def __init__(self, store: Store, limits: Limits, metrics: Metrics) -> None:
        self._store = store
        self._limits = limits
        self._metrics = metrics
        self._entries: deque[_Entry] = deque()
        self._bytes = 0
        self._announced_bytes = 0
        self._arrived = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._is_empty = asyncio.Event()
        self._is_empty.set()
        self._writer: asyncio.Task[None] | None = None
        self.failure: StoreError | None = None
        """Why the store does not take records at the moment."""

    def start(self) -> None:
        """Begin to write."""
        self._writer = asyncio.create_task(self._write_forever(), name="journal")

    @property
    def trouble(self) -> str | None:
        """Why records are not written at the moment; None when they are."""
        if self._writer is not None and self._writer.done():
            return "its writer ended, see the log"
        return None if self.failure is None else str(self.failure)

    async def close(self) -> int:
        """Write what is left within `drain_timeout_s`; return the number of records that could not be."""
        try:
            async with asyncio.timeout(self._limits.drain_timeout_s):
                await self._is_empty.wait()
        except TimeoutError:
            _log.error("journal.unwritten", records=len(self._entries), bytes=self._bytes)
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        return len(self._entries)

    def append(self, append: Append, done: Callable[[Outcome], None]) -> None:
        """Queue a record. `done` is called once, when it is durable or its document was erased."""
        entry = _Entry(append, done)
        self._entries.append(entry)
        self._bytes += entry.size
        self._metrics.journal_bytes.set(self._bytes)
        self._arrived.set()
        self._is_empty.clear()
        self._look_for_room()

    def announce(self, size: int) -> None:
        """Count bytes that a room received and will append with its next turn; less than 0 when it did."""
        self._announced_bytes += size
        self._look_for_room()

    def _look_for_room(self) -> None:
        if self._bytes + self._announced_bytes > self._limits.journal_bytes_max:
            self._has_room.clear()
        else:
            self._has_room.set()

    @property
    def takes_edits(self) -> bool:
        """Whether `has_room` would not wait."""
        return self._has_room.is_set()

    async def has_room(self) -> None:
        """Wait until the journal takes more. Whoever brings edits from outside waits here first."""
        await self._has_room.wait()

    async def _write_forever(self) -> None:
        while True:
            await self._arrived.wait()
            batch = self._next_batch()
            began = time.monotonic()
            outcomes = await self._write(batch)
            for entry, outcome in zip(batch, outcomes, strict=True):
                self._entries.popleft()
                self._bytes -= entry.size
                try:
                    entry.done(outcome)
                except Exception:  # noqa: BLE001 - one document's trouble is not the others'
                    _log.exception("journal.callback_failed", document=entry.append.document)
            self._metrics.journal_bytes.set(self._bytes)
            self._look_for_room()
            if not self._entries:
                self._arrived.clear()
                self._is_empty.set()
            elif self._has_room.is_set():
                await asyncio.sleep(began + self._limits.journal_window_s - time.monotonic())

    def _next_batch(self) -> list[_Entry]:
        batch: list[_Entry] = []
        size = 0
        for entry in self._entries:
            size += entry.size
            if batch and size > self._limits.journal_batch_bytes_max:
                break
            batch.append(entry)
        return batch

    async def _write(self, batch: list[_Entry]) -> list[Outcome]:
        appends = [entry.append for entry in batch]
        pause = _RETRY_S_FIRST
        while True:
            started = time.perf_counter()
            try:
                async with asyncio.timeout(self._limits.store_timeout_s):
                    outcomes = await self._store.append(appends)
            except Exception as error:  # noqa: BLE001 - a store's defect must not end the writer: nothing is dropped
                # After a time-out the records may be in: they are written again, which changes nothing.
                if not isinstance(error, (StoreError, TimeoutError)):
                    _log.exception("store.defect")
                self.failure = error if isinstance(error, StoreError) else StoreError(_reason(error))
                self._metrics.store_errors.inc()
                _log.warning("store.append_failed", error=str(self.failure), retry_in_s=round(pause, 2))
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
                pause = min(pause * 2, self._limits.store_retry_s_max)
                continue
            if self.failure is not None:
                _log.info("store.recovered")
            self.failure = None
            self._metrics.commit_seconds.observe(time.perf_counter() - started)
            self._metrics.commit_records.observe(len(batch))
            return list(outcomes)


def _reason(error: Exception) -> str:
    return "timed out" if isinstance(error, TimeoutError) else f"{type(error).__name__}: {error}"
