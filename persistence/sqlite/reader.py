"""The reader: one thread with a connection of its own, so that a load never waits behind a commit."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Concatenate, ParamSpec, TypeVar

from persistence.port import StoreUnavailable
from persistence.sqlite.errors import unavailable
from persistence.sqlite.limits import SqliteLimits

P = ParamSpec("P")
T = TypeVar("T")


class Reader:
    """Runs reads one after the other. `connection` belongs to it from now on."""

    def __init__(self, connection: sqlite3.Connection, limits: SqliteLimits) -> None:
        self._connection = connection
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-reader")
        self._waiting = 0

    async def read(
        self, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call `function` with the connection. Raises what it raises; sqlite3.Error as `StoreUnavailable`."""
        if self._waiting >= self._limits.reads_waiting_max:
            raise StoreUnavailable(f"{self._waiting} reads wait already")
        self._waiting += 1
        try:
            return await self._loop.run_in_executor(
                self._thread, lambda: function(self._connection, *args, **kwargs)
            )
        except sqlite3.Error as error:
            raise unavailable(error) from error
        finally:
            self._waiting -= 1

    def stop(self) -> asyncio.Future[None]:
        """Finish the reads that wait, then close the connection; the future resolves when that is done."""
        stopped = self._loop.run_in_executor(self._thread, self._close)
        self._thread.shutdown(wait=False)
        return stopped

    def _close(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
