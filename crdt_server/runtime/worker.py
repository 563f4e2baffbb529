"""The worker process: work on pycrdt Docs, where a crash is an answer and not an outage.

pebble runs it: a pool that kills a process that takes too long and replaces one that died.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

from crdt_server.core.limits import Limits
from crdt_server.core.merge import MergeError, difference
from crdt_server.core.squashed import Squashed
from crdt_server.protocol.errors import ProtocolError

from .parcel import pack
from .squash import SquashRefused, Survey, prepare, squash_parcels, survey_parcels

_TASKS_PER_PROCESS = 200
"""A process is replaced after this many tasks: Docs leak a little."""

_STOP_TIMEOUT_S = 5.0

P = ParamSpec("P")
T = TypeVar("T")


class Worker:
    """One worker process, started when it is first needed."""

    def __init__(self, limits: Limits, *, niceness: int = 0) -> None:
        """`niceness` is how much less than the server's its work is worth to the scheduler (0 to 19)."""
        self._limits = limits
        self._niceness = niceness
        self._pool: ProcessPool | None = None
        self._is_closed = False
        self._scheduling = asyncio.Lock()

    async def squash(self, snapshot: bytes | None, updates: Sequence[bytes]) -> Squashed:
        """Return the verified squashed state of a snapshot and the updates after it. Raises as `_run`."""
        return await self._run(squash_parcels, snapshot, await pack(updates))

    async def survey(self, snapshot: bytes | None, updates: Sequence[bytes]) -> Survey:
        """Return what is to be known of a log.

        Raises as `_run`, and `MergeError` or `ProtocolError` where the log cannot be read.
        """
        return await self._run(survey_parcels, snapshot, await pack(updates))

    async def difference(self, snapshot: bytes, state_vector: bytes) -> bytes:
        """Return what `state_vector` lacks of a snapshot. Raises as `_run`, and `MergeError`."""
        return await self._run(difference, snapshot, state_vector)

    async def _run(self, work: Callable[P, T], *args: P.args, **_: P.kwargs) -> T:
        """Have something done in the process.

        Raises `SquashRefused`, also where the process died or was killed for taking too long.
        """
        if self._is_closed:
            raise SquashRefused("the worker is closed")
        # Scheduling may start a process, which takes some milliseconds: not on the loop.
        async with self._scheduling:
            future: Future[T] = await asyncio.to_thread(self._schedule, work, args)
        try:
            return await asyncio.wrap_future(future)
        except TimeoutError as error:
            raise SquashRefused(f"not done within {self._limits.worker_timeout_s} s") from error
        except ProcessExpired as error:
            raise SquashRefused(f"the worker process died with code {error.exitcode}") from error
        except (SquashRefused, MergeError, ProtocolError):
            raise
        except Exception as error:
            raise SquashRefused(f"the worker does not work: {type(error).__name__}: {error}") from error

    def _schedule(self, work: Callable[..., T], args: tuple[object, ...]) -> Future[T]:
        if self._pool is None or not self._pool.active:  # a pool that failed does not come back
            self._pool = ProcessPool(
                max_workers=1,
                max_tasks=_TASKS_PER_PROCESS,
                initializer=prepare,
                initargs=(self._niceness,),
                context=multiprocessing.get_context("spawn"),
            )
        scheduled: Future[T] = self._pool.schedule(work, args, timeout=self._limits.worker_timeout_s)
        return scheduled

    async def close(self) -> None:
        """Stop at once: a squash that is cut off leaves the log as it was."""
        self._is_closed = True
        async with self._scheduling:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]  # pebble leaves it without types
            await asyncio.to_thread(pool.join, _STOP_TIMEOUT_S)
