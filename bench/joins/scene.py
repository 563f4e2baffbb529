"""One storm on one server: the document is written and squashed, then everybody comes at once."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

from bench.edits import TYPIST, typed
from bench.load.cost import Cost, Watched
from bench.scenarios import Storm
from bench.scenes.bystander import Bystander, looking_on
from bench.scenes.client import Client, Refused
from bench.scenes.frames import Shared
from bench.scenes.joined import greeting, joined
from bench.scenes.memory import MIB, Memory
from bench.scenes.order import Order, Tell
from bench.scenes.report import Report
from bench.scenes.rest import at_rest, squashed
from crdt_server.core.limits import DEFAULTS

from .document import write
from .judge import Everything, Judge

_NAME = "joined"
_EDITOR = TYPIST
_NEARLY = 0.9
"""Of the bytes that one joiner got: the storm is over when everybody has as many, and then it is judged."""

_POLL_S = 0.02
_QUIET_S = 0.4


async def measure(order: Order, tell: Tell) -> Report:
    """Carry the order out. Raises OSError, TimeoutError, `Refused` or `Restless`."""
    scene = _Scene(order, tell)
    await scene.prepare()
    return await scene.storm()


class _Scene:
    """One server, its document, and who comes."""

    def __init__(self, order: Order, tell: Tell) -> None:
        self._order = order
        self._tell = tell
        self._storm = Storm(**order.values["storm"])
        self._shared = Shared()
        self._dialect = order.speak(_NAME)
        self._server = Watched(order.pid)
        tell({"phase": "writing the document"})
        self._document = write(order.edits, self._storm.document_bytes)
        self._edits = typed([[(number, 0, "x")] for number in range(self._storm.edits_max)], client=_EDITOR)
        """By a client id below all authors', without knowing them: they go to the front, too."""
        self._sent: list[bytes] = []
        self._judge = Judge(self._dialect)
        is_returning = self._storm.kind == "return"
        all_, edits = self._document.everything, Everything({_EDITOR: len(self._edits)}, [])
        self._judge.want(edits if is_returning else all_)
        self._base = self._document.chapters if is_returning else []
        """What who joins has already."""
        self._hello = greeting(self._dialect, all_.vector if is_returning else {})
        self._report = Report()
        self._join_bytes = 0

    async def prepare(self) -> None:
        """Have the document written by one client, the server at rest, and one more join alone."""
        author = self._author = await joined(self._order.url, self._dialect, self._shared)
        chapters = self._document.chapters
        for number, chapter in enumerate(chapters):
            author.send(self._dialect.edit(chapter))
            self._tell({"phase": "sending the document", "done": number, "of": len(chapters)})
        is_long = self._document.size_bytes > DEFAULTS.compact_bytes_min
        await self._rest(squashes=self._order.metrics if is_long else "")
        if self._storm.kind == "return":
            for edit in self._edits:
                author.send(self._dialect.edit(edit))
            self._sent = self._edits
            await self._rest()
        await self._probe()
        await self._rest()

    async def storm(self) -> Report:
        """Let everybody come, and report."""
        url = self._dialect.url(self._order.url)
        clients = [Client(url, self._shared) for _ in range(self._storm.clients)]
        async with looking_on(self._order) as bystander:
            with Memory(self._order.pid) as memory:
                calm = time.perf_counter_ns()
                await asyncio.sleep(self._storm.calm_s)
                resting_bytes, before = memory.bytes(), self._server.cost()
                start = time.perf_counter_ns()
                async with self._typing():
                    await self._come(clients)
                    cost, end = self._server.cost() - before, time.perf_counter_ns()
                await self._quiet(clients)
            await bystander.stop()
        self._tell({"phase": "checking"})
        self._joins(clients, start)
        self._costs(cost, memory.most_bytes - resting_bytes)
        self._pauses(bystander, calm, start, end)
        self._check(clients)
        for client in (*clients, self._author):
            client.close()
        return self._report

    async def _rest(self, squashes: str = "") -> None:
        self._tell({"phase": "waiting until the server rests"})
        await at_rest(self._server, timeout_s=self._storm.timeout_s, squashes=squashes)

    async def _probe(self) -> None:
        """Join alone: how long it takes, and what one receives."""
        probe = Client(self._dialect.url(self._order.url), self._shared)
        start, end = time.perf_counter_ns(), time.monotonic() + self._storm.timeout_s
        await self._come([probe])
        while (done := self._judge.complete_at(probe.arrivals)) is None:
            if time.monotonic() > end:
                raise TimeoutError("one client alone never got everything")
            await self._quiet([probe])
        probe.close()
        self._join_bytes = self._judge.payload_bytes(probe.arrivals)
        self._report.number("one joins alone", "ms", (done - start) / 1e6)

    @contextlib.asynccontextmanager
    async def _typing(self) -> AsyncIterator[None]:
        """Let the author type meanwhile, where the storm says so."""

        async def type_() -> None:
            start = time.perf_counter()
            for number, edit in enumerate(self._edits):
                await asyncio.sleep(start + number / self._storm.edits_per_s - time.perf_counter())
                self._author.send(self._dialect.edit(edit))
                self._sent.append(edit)

        typing = asyncio.create_task(type_()) if self._storm.kind == "typing" else None
        try:
            yield
        finally:
            if typing is not None:
                typing.cancel()

    async def _come(self, clients: list[Client]) -> None:
        """Connect all at once and wait until each has about what one joiner gets, or the time is over."""

        async def come(client: Client) -> None:
            with contextlib.suppress(OSError, Refused):  # it is counted as one that has not all
                await client.open()
                for frame in self._hello:
                    client.send(frame)

        end = time.monotonic() + self._storm.timeout_s
        coming = [asyncio.create_task(come(client)) for client in clients]
        await asyncio.wait(coming, timeout=self._storm.timeout_s)
        waiting = list(clients)
        while waiting and time.monotonic() < end:
            waiting = [c for c in waiting if c.ended is None and c.bytes_read < _NEARLY * self._join_bytes]
            self._tell({"phase": "joining", "done": len(clients) - len(waiting), "of": len(clients)})
            await asyncio.sleep(_POLL_S)

    async def _quiet(self, clients: list[Client]) -> None:
        """Wait until nothing came for a while."""
        end = time.monotonic() + self._storm.timeout_s
        read, since = -1, time.monotonic()
        while (now := time.monotonic()) < end and now - since < _QUIET_S:
            if (total := sum(client.bytes_read for client in clients)) != read:
                read, since = total, now
            await asyncio.sleep(_POLL_S)

    def _joins(self, clients: list[Client], start: int) -> None:
        report = self._report
        found = [self._judge.complete_at(client.arrivals) for client in clients]
        done = [(at - start) / 1e9 for at in found if at is not None]
        report.distribution("join", "s", done)
        if len(done) == len(clients):
            report.number("last has all", "s", max(done))
        got = sum(self._judge.payload_bytes(client.arrivals) for client in clients)
        report.number("received by each", "MiB", got / len(clients) / MIB)
        report.counts |= {
            "joins": len(clients),
            "complete": len(done),
            "document_bytes": self._document.size_bytes,
            "structs": self._document.structs,
            "edits_sent": len(self._sent),
        }
        if self._order.metrics:
            report.counts["squashes"] = squashed(self._order.metrics)

    def _costs(self, cost: Cost, grown_bytes: int) -> None:
        numbers = [
            ("server cpu", "s", cost.server_s),
            ("workers' cpu", "s", cost.children_s),
            ("load client cpu", "s", cost.own_s),
            ("others' cpu", "s", cost.others_s),
            ("memory above before", "MiB", grown_bytes / MIB),
        ]
        for quantity, unit, value in numbers:
            self._report.number(quantity, unit, value)

    def _pauses(self, bystander: Bystander, calm: int, start: int, end: int) -> None:
        self._report.distribution("bystander before", "ms", bystander.latencies_ms(calm, start))
        self._report.distribution("bystander", "ms", bystander.latencies_ms(start, end))

    def _check(self, clients: list[Client]) -> None:
        """Compare what everybody holds with what was written. Who received the same is looked at once."""
        report = self._report
        if self._storm.kind == "typing":
            everything = self._document.everything
            vector = everything.vector | {_EDITOR: len(self._sent)}
            self._judge.want(Everything(vector, everything.deletions))
        lacking = sum(self._judge.complete_at(client.arrivals) is None for client in clients)
        if lacking:
            report.problems.append(f"{lacking} of {len(clients)} never got everything")
        report.digest = self._document.digest(self._sent)
        for number, client in enumerate(clients):
            got = self._judge.digest(client.arrivals, self._base)
            if got is not None and got != report.digest:
                report.problems.append(f"client {number} holds {got}; written was {report.digest}")
