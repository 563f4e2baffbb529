"""`python -m bench.scenes.bystander`: two clients in a document of their own, one types, the other looks on.

It is a process of its own: what it sees late, the server was late with. Reads an order as a JSON line, says
that it is ready, types until its stdin ends, and then writes when each edit was due and how late it came, in
nanoseconds of `time.perf_counter_ns`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvloop

from bench.edits import TYPIST, typed
from bench.load.dialect import Dialect
from crdt_server.protocol.update import vet

from .client import Client
from .frames import Shared
from .joined import joined
from .order import Order

_DOCUMENT = "bystander"
_EDITS_MAX = 20_000
_SETTLE_S = 5.0
_POLL_S = 0.05


class Bystander:
    """A bystander as its parent sees it. `latencies_ms` can be asked for once it was stopped."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._seen: list[tuple[int, int]] = []

    async def stop(self) -> None:
        """End it, and learn what it saw."""
        said, _ = await self._process.communicate(b"")  # which closes its stdin
        self._seen = json.loads(said)

    def latencies_ms(self, start_ns: int, end_ns: int) -> list[float]:
        """How late those edits came that were due between two moments."""
        return [late / 1e6 for due, late in self._seen if start_ns <= due < end_ns]


@asynccontextmanager
async def looking_on(order: Order) -> AsyncIterator[Bystander]:
    """Let somebody look on; `edits_per_s` of the order's values is how often."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.scenes.bystander", stdin=pipe, stdout=pipe, limit=1 << 26
    )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(order.as_values()).encode() + b"\n")
        if await process.stdout.readline() != b"ready\n":
            raise ConnectionError("the bystander could not join")
        yield Bystander(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _look_on(order: Order) -> None:
    dialect, shared = order.speak(_DOCUMENT), Shared()
    author = await joined(order.url, dialect, shared)
    reader = await joined(order.url, dialect, shared)
    updates = typed([[(number, 0, "x")] for number in range(_EDITS_MAX)], client=TYPIST)
    period_ns = round(1e9 / order.values["bystander_hz"])
    stopped = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    print("ready", flush=True)
    start = time.perf_counter_ns()
    due: list[int] = []
    for number, update in enumerate(updates):
        due.append(start + number * period_ns)
        while (wait_ns := due[-1] - time.perf_counter_ns()) > 0:  # noqa: ASYNC110 - for time
            await asyncio.sleep(wait_ns / 1e9)
        if stopped.done():
            due.pop()
            break
        author.send(dialect.edit(update))
    end = time.monotonic() + _SETTLE_S
    while len(seen := _seen(reader, dialect, due)) < len(due) and time.monotonic() < end:  # noqa: ASYNC110
        await asyncio.sleep(_POLL_S)
    print(json.dumps(seen), flush=True)


def _seen(reader: Client, dialect: Dialect, due: list[int]) -> list[tuple[int, int]]:
    seen: list[tuple[int, int]] = []
    for at, payload in reader.arrivals:
        update = dialect.hear(bytes(payload)).update
        for section in [] if update is None else vet(update).sections:
            seen += [(due[clock], at - due[clock]) for clock in range(len(seen), section.end)]
    return seen


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_look_on(Order(**json.loads(sys.stdin.readline()))))
