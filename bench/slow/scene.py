"""One busy room on one server: first without, then beside clients that read nothing or hardly anything."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence

from bench.digest import Digest
from bench.edits import TYPIST, opened, typed
from bench.load.cost import Watched
from bench.scenarios import Slow
from bench.scenes.client import CUT, Client
from bench.scenes.frames import Shared
from bench.scenes.joined import joined
from bench.scenes.memory import MIB, Memory
from bench.scenes.order import Order, Tell
from bench.scenes.report import Report
from bench.scenes.rest import at_rest
from crdt_server.protocol.update import EMPTY_UPDATE

from .tally import Tally

_NAME = "busy"
_PASTER = TYPIST - 1
_RECEIVE_BUFFER_BYTES = 4096
_AT_ONCE = 50
_LOOKED_AT = 5
"""Of the readers, and of those that never read, so many documents are built and compared."""

_PLANNING_NS = 200_000_000
_POLL_S = 0.02
_QUIET_S = 0.5
_TELL_EVERY = 100
_SEED = 1


async def measure(order: Order, tell: Tell) -> Report:
    """Carry the order out. Raises OSError, TimeoutError, `Refused` or `Restless`."""
    scene = _Scene(order, tell)
    await scene.come()
    await scene.alone()
    await scene.beside()
    await scene.converge()
    return await scene.check()


class _Scene:
    """One server, its readers of whom some type, and those who are slow."""

    def __init__(self, order: Order, tell: Tell) -> None:
        self._order = order
        self._tell = tell
        slow = self._slow = Slow(**order.values["slow"])
        self._shared = Shared()
        self._dialect = order.speak(_NAME)
        self._server = Watched(order.pid)
        self._report = Report()
        self._tally = Tally(self._dialect, slow.writers)
        edits = [[(number, 0, "x")] for number in range(2 * slow.edits_per_writer)]
        self._edits = [typed(edits, client=TYPIST + number) for number in range(slow.writers)]
        block = "All work and no play. " * (slow.paste_bytes // 22 + 1)
        pastes = [[(0, 0, block)] for _ in range(2 * slow.pastes)]
        self._pastes = typed(pastes, client=_PASTER) if pastes else []
        self._sent: list[tuple[int | None, bytes]] = []
        """Who wrote, and the update; None is the first reader's paste, and pastes are not measured."""
        self._readers: list[Client] = []
        self._never: list[Client] = []
        self._crawling: list[Client] = []

    async def come(self) -> None:
        """Have the readers join. The first comes alone: of two at once pycrdt-websocket serves one."""
        self._tell({"phase": "joining"})
        self._readers.append(await self._joined())
        while missing := self._slow.readers - len(self._readers):
            step = min(missing, _AT_ONCE)
            self._readers += await asyncio.gather(*(self._joined() for _ in range(step)))

    async def alone(self) -> None:
        """Let them type among themselves."""
        await self._type("alone", 0)
        self._measure("propagation alone")

    async def beside(self) -> None:
        """Let the slow ones come and stop reading, and type again."""
        self._tell({"phase": "the slow ones join"})
        await at_rest(self._server, timeout_s=self._slow.settle_s)
        self._never = await self._stop_reading(self._slow.never)
        self._crawling = await self._stop_reading(self._slow.crawling)
        for client in self._crawling:
            client.read_slowly(self._slow.crawl_bits_per_s / 8)
        await at_rest(self._server, timeout_s=self._slow.settle_s)
        with Memory(self._order.pid) as memory:
            before = memory.bytes()
            await self._type("beside slow readers", 1)
            self._report.number("memory above before", "MiB", (memory.most_bytes - before) / MIB)
            self._report.number("memory, most", "MiB", memory.most_bytes / MIB)
        self._measure("propagation beside slow readers")

    async def converge(self) -> None:
        """Let the slow ones read, and see how they ended."""
        self._tell({"phase": "the slow ones read"})
        slow = [*self._never, *self._crawling]
        for client in slow:
            client.read_on()
        end = time.monotonic() + self._slow.settle_s
        await self._quiet(slow, end)
        while time.monotonic() < end and not all(map(self._is_settled, slow)):
            await self._quiet(slow, end)
        for who, clients in (("never", self._never), ("crawling", self._crawling)):
            for how, count in Counter(map(self._ending, clients)).items():
                self._report.counts[f"{who}_read_{how}"] = count

    async def check(self) -> Report:
        """Compare documents: of some readers, of the slow ones that are still there, of a newcomer."""
        self._tell({"phase": "checking"})
        report = self._report
        report.counts |= {"readers": len(self._readers), "edits": len(self._sent)}
        lost = sum(self._late(number)[1] for number in range(len(self._readers)))
        gone = sum(not client.is_open for client in self._readers)
        report.counts |= {"lost": lost, "readers_gone": gone}
        report.problems += [f"{lost} deliveries lost"] * bool(lost)
        report.problems += [f"{gone} readers lost their connection"] * bool(gone)
        if not self._dialect.is_relay:
            await self._compare()
        for client in (*self._readers, *self._never, *self._crawling):
            client.close()
        return report

    async def _compare(self) -> None:
        report = self._report
        report.digest = expected = Digest.of_document(opened(update for _, update in self._sent))
        newcomer = await self._joined()
        await self._quiet([newcomer], time.monotonic() + self._slow.settle_s)
        some = [
            (f"reader {n}", self._readers[n], self._own(n))
            for n in range(min(_LOOKED_AT, len(self._readers)))
        ]
        never = [client for client in self._never if client.is_open][:_LOOKED_AT]
        some += [("one that never read", client, []) for client in never]
        some += [("one that read slowly", client, []) for client in self._crawling if client.is_open]
        some += [("a newcomer", newcomer, [])]
        for who, client, own in some:
            heard = (self._dialect.hear(bytes(payload)).update for _, payload in client.arrivals)
            updates = [update for update in heard if update is not None and update != EMPTY_UPDATE]
            got = Digest.of_document(opened([*own, *updates]))
            if got != expected:
                report.problems.append(f"{who} holds {got}; written was {expected}")
        newcomer.close()

    async def _joined(self, receive_buffer_bytes: int | None = None) -> Client:
        return await joined(
            self._order.url, self._dialect, self._shared, receive_buffer_bytes=receive_buffer_bytes
        )

    async def _stop_reading(self, count: int) -> list[Client]:
        """Return clients that join and then do not read."""
        clients: list[Client] = []
        while len(clients) < count:
            step = min(_AT_ONCE, count - len(clients))
            clients += await asyncio.gather(*(self._joined(_RECEIVE_BUFFER_BYTES) for _ in range(step)))
        for client in clients:
            client.stop_reading()
        return clients

    async def _type(self, phase: str, half: int) -> None:
        """Send one half of the edits and pastes, each when it is due."""
        slow, dice = self._slow, random.Random(_SEED)
        start = time.perf_counter_ns() + _PLANNING_NS
        plan: list[tuple[int, int | None, bytes]] = []
        self._tally.due_ns = [[0] * len(due) for due in self._tally.due_ns]
        for writer, updates in enumerate(self._edits):
            phase_s = dice.uniform(0, 1 / slow.edits_per_s)
            mine = updates[half * slow.edits_per_writer :][: slow.edits_per_writer]
            for number, update in enumerate(mine):
                due = start + round((phase_s + number / slow.edits_per_s) * 1e9)
                self._tally.due_ns[writer].append(due)
                plan.append((due, writer, update))
        for number, update in enumerate(self._pastes[half * slow.pastes :][: slow.pastes]):
            plan.append((start + round(number / slow.pastes_per_s * 1e9), None, update))
        plan.sort(key=lambda edit: edit[0])
        before = self._server.cost()
        for number, (due, author, update) in enumerate(plan):
            while (wait_ns := due - time.perf_counter_ns()) > 0:  # noqa: ASYNC110 - for time
                await asyncio.sleep(wait_ns / 1e9)
            if number % _TELL_EVERY == 0:
                self._tell({"phase": f"typing {phase}", "done": number, "of": len(plan)})
            self._readers[author or 0].send(self._dialect.edit(update))
            self._sent.append((author, update))
        used = self._server.cost() - before
        cpu = 100 * (used.server_s + used.children_s) / used.wall_s
        self._report.number(f"cpu {phase}", "% of a core", cpu)
        await self._quiet(self._readers, time.monotonic() + slow.settle_s)

    def _measure(self, quantity: str) -> None:
        late = [value for number in range(len(self._readers)) for value in self._late(number)[0]]
        self._report.distribution(quantity, "ms", late)

    def _late(self, number: int) -> tuple[list[float], int]:
        own = number if number < self._slow.writers else None
        return self._tally.late_ms(self._readers[number].arrivals, own)

    def _own(self, number: int) -> list[bytes]:
        """What a reader wrote itself."""
        return [
            update for author, update in self._sent if author == number or (author is None and number == 0)
        ]

    def _is_settled(self, client: Client) -> bool:
        return (
            not client.is_open or self._dialect.is_relay or self._tally.late_ms(client.arrivals, None)[1] == 0
        )

    def _ending(self, client: Client) -> str:
        """How a slow client ended, as a name of a count."""
        if client.is_open:
            if self._dialect.is_relay:
                return "stayed"
            return "caught_up" if self._is_settled(client) else "never_caught_up"
        return "cut" if client.ended == CUT else f"closed_{client.ended}"

    @staticmethod
    async def _quiet(clients: Sequence[Client], end: float) -> None:
        """Wait until nothing came for a while."""
        read, since = -1, time.monotonic()
        while (now := time.monotonic()) < end and now - since < _QUIET_S:
            if (total := sum(client.bytes_read for client in clients)) != read:
                read, since = total, now
            await asyncio.sleep(_POLL_S)
