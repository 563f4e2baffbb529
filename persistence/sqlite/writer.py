"""The writer: one thread that owns the write connection and commits all that waits as one transaction.

While one transaction is on its way to the disk, the next changes gather; they share the next commit. A lonely
change is committed at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from persistence.port import StoreError, StoreUnavailable
from persistence.sqlite.errors import unavailable
from persistence.sqlite.limits import SqliteLimits
from persistence.sqlite.scrub import empty_log, overwrite_remains
from persistence.sqlite.transaction import Transaction

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Waiting:
    change: Callable[[Transaction], Any]
    rows: int
    size: int
    answer: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Outcome:
    result: object = None
    error: Exception | None = None


class Writer:
    """Takes changes on the event loop's thread, and answers there. `connection` belongs to it from now on."""

    def __init__(self, connection: sqlite3.Connection, limits: SqliteLimits) -> None:
        self.transactions = 0
        """Transactions committed so far."""
        self._connection = connection
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._stopped = self._loop.create_future()
        self._condition = threading.Condition()  # guards the four below
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._closing = False
        self._busy = False
        self._remains_due = False
        self._log_due = False
        # A daemon: a program that forgets to close the store can still end. Nothing unanswered was promised.
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._thread.start()

    def submit(self, change: Callable[[Transaction], T], *, rows: int, size: int) -> asyncio.Future[T]:
        """Have `change` made in the next transaction; the future resolves after its commit.

        `rows` and `size` (bytes) are what the limits of a transaction count. Cancelling the future does not
        stop the change. Raises `StoreUnavailable` if too much is waiting already.
        """
        answer: asyncio.Future[T] = self._loop.create_future()
        with self._condition:
            idle = not self._waiting and not self._busy
            if self._waiting_bytes + size > self._limits.waiting_bytes_max and not idle:
                raise StoreUnavailable(f"{self._waiting_bytes} bytes wait to be written already")
            self._waiting.append(_Waiting(change, rows, size, answer))
            self._waiting_bytes += size
            self._condition.notify()
        return answer

    def stop(self) -> asyncio.Future[None]:
        """Finish what waits, then close the connection; the future resolves when that is done."""
        with self._condition:
            self._closing = True
            self._condition.notify()
        return self._stopped

    def _run(self) -> None:
        while group := self._next_group():
            outcomes = self._commit(group)
            self._scrub()  # before it is told: what was erased is not on the disk any more
            self._tell(_settle, list(zip((waiting.answer for waiting in group), outcomes, strict=True)))
        self._scrub()
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
        self._tell(_settle, [(self._stopped, _Outcome())])

    def _next_group(self) -> list[_Waiting]:
        """Wait for changes and take as many as one transaction may hold; none when all is done."""
        group: list[_Waiting] = []
        rows = size = 0
        with self._condition:
            self._busy = False
            self._condition.wait_for(lambda: self._waiting or self._closing)
            while (
                self._waiting and rows < self._limits.group_rows_max and size < self._limits.group_bytes_max
            ):
                waiting = self._waiting.popleft()
                group.append(waiting)
                rows += waiting.rows
                size += waiting.size
            self._waiting_bytes -= size
            self._busy = bool(group)
        return group

    def _commit(self, group: list[_Waiting]) -> list[_Outcome]:
        """Make all changes of a group in one transaction, or none of them."""
        try:
            transaction = Transaction(self._connection)
            outcomes = [_make(waiting.change, transaction) for waiting in group]
            transaction.commit()
        except sqlite3.Error as error:
            self._roll_back()
            return [_Outcome(error=unavailable(error)) for _ in group]
        except Exception as error:  # noqa: BLE001 - the thread must outlive a defect, and its callers must hear of it
            self._roll_back()
            return [_Outcome(error=error) for _ in group]
        self.transactions += 1
        if transaction.erased:
            self._remains_due = self._log_due = True
        return outcomes

    def _roll_back(self) -> None:
        # SQLite does it by itself after some errors.
        if self._connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")

    def _scrub(self) -> None:
        """Take off the disk what was erased; with a later change what is in a reader's way now."""
        with contextlib.suppress(sqlite3.Error):
            if self._remains_due:
                self._remains_due = False  # tried once for each erasure, and when the store is opened
                overwrite_remains(self._connection, self._limits)
        with contextlib.suppress(sqlite3.Error):
            if self._log_due:
                self._log_due = not empty_log(self._connection, self._limits)

    def _tell(self, callback: Callable[..., None], *arguments: object) -> None:
        # A loop that was closed has nobody left to be told.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(callback, *arguments)


def _make(change: Callable[[Transaction], Any], transaction: Transaction) -> _Outcome:
    try:
        return _Outcome(result=change(transaction))
    except StoreError as error:
        return _Outcome(error=error)


def _settle(answers: list[tuple[asyncio.Future[Any], _Outcome]]) -> None:
    for answer, outcome in answers:
        if answer.done():  # cancelled
            continue
        if outcome.error is not None:
            answer.set_exception(outcome.error)
        else:
            answer.set_result(outcome.result)
