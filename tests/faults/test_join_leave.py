"""First join meets last leave, again and again: one room, nothing acknowledged is lost (scenario 23)."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from random import Random

import pytest

from tests.faults.book import Book, Promises
from tests.faults.client import Client
from tests.faults.crowd import promises
from tests.faults.newcomer import broken_promises
from tests.faults.operator import eventually, metric
from tests.faults.seeds import seeds
from tests.server import ServerProcess

DOCUMENTS = ["one", "two", "three"]
VISITORS = 6
VISITS_EACH = 25
ROOM_IDLE_S = 0.05


class Visitors:
    """People who come, edit a little, and go; their books by document. Each visit is a new client."""

    def __init__(self, server: ServerProcess) -> None:
        self.books: dict[str, list[Book]] = {document: [] for document in DOCUMENTS}
        self._server = server
        self._numbers = itertools.count(1)

    async def visit(self, random: Random) -> None:
        """Come again and again; stay away now for less than a room waits, now for longer."""
        for _ in range(VISITS_EACH):
            document = random.choice(DOCUMENTS)
            client = await Client(self._server.ws_url, document, next(self._numbers)).joined()
            self.books[document].append(client.book)
            for _ in range(random.randint(0, 2)):
                await client.edit_at_random(random)
            if random.random() < 0.7:
                await client.saved()
            await client.close()
            await asyncio.sleep(random.choice((0, 0.8 * ROOM_IDLE_S, ROOM_IDLE_S, 4 * ROOM_IDLE_S)))

    def promises(self) -> dict[str, Promises]:
        """What was promised, by document."""
        return {document: Promises(books) for document, books in self.books.items()}


@pytest.mark.parametrize("seed", seeds(1))
async def test_rooms_that_come_and_go_lose_nothing(tmp_path: Path, seed: int) -> None:
    environment = {
        "CRDT_ROOM_IDLE_S": str(ROOM_IDLE_S),
        "CRDT_COMPACT_RECORDS_MIN": "10",
        "CRDT_COMPACT_PAUSE_S": "0.01",
    }
    async with ServerProcess(tmp_path / "documents.db", env=environment) as server:
        visitors, random = Visitors(server), Random(seed)
        await asyncio.gather(*(visitors.visit(Random(random.random())) for _ in range(VISITORS)))
        assert await broken_promises(server.ws_url, visitors.promises()) == []
        await eventually(lambda: metric(server, "crdt_rooms"), lambda count: count == 0)
        assert metric(server, "crdt_sessions") == 0
        assert metric(server, "crdt_loads_total", outcome="loaded") > 2 * len(DOCUMENTS)
        server.kill()
        await server.astart()
        assert await broken_promises(server.ws_url, visitors.promises()) == []
        server.assert_no_traceback()


async def test_many_who_come_at_once_load_a_document_once(tmp_path: Path) -> None:
    async with ServerProcess(tmp_path / "documents.db") as server:
        clients = [Client(server.ws_url, "wanted", number) for number in range(1, 31)]
        await asyncio.gather(*(client.joined() for client in clients))
        assert metric(server, "crdt_loads_total", outcome="loaded") == 1
        await asyncio.gather(*(client.edit_at_random(Random(client.number)) for client in clients))
        await asyncio.gather(*(client.saved() for client in clients))
        await asyncio.gather(*(client.level_with(clients[0]) for client in clients[1:]))
        await asyncio.gather(*(client.close() for client in clients))
        assert await broken_promises(server.ws_url, promises(clients)) == []
        server.assert_no_traceback()
