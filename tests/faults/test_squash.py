"""kill -9 while logs are squashed into snapshots: old log or new snapshot, never neither (scenario 7)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.faults.client import Client
from tests.faults.crowd import Crowd, promises
from tests.faults.newcomer import broken_promises
from tests.faults.operator import eventually, family, metric
from tests.faults.seeds import seeds
from tests.server import ServerProcess

DOCUMENTS = 2
CLIENTS_EACH = 4
SQUASHES_MAX = 3
"""Squashes, at most, before the kill is due. One takes about as long as the pause after that may be."""

PAUSE_S_MAX = 0.1


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    store = tmp_path_factory.mktemp("store") / "documents.db"
    with ServerProcess(
        store, env={"CRDT_COMPACT_RECORDS_MIN": "50", "CRDT_COMPACT_PAUSE_S": "0.01"}
    ) as server:
        yield server
        server.assert_no_traceback()


def squashes(server: ServerProcess) -> float:
    """How many logs this process squashed."""
    return metric(server, "crdt_squashes_total", outcome="done")


async def killed(server: ServerProcess, crowd: Crowd, random: Random) -> None:
    """Let a crowd edit, kill the server when some logs were squashed, start it again."""
    async with crowd:
        due = random.randint(1, SQUASHES_MAX)
        await eventually(lambda: squashes(server), lambda count: count >= due)
        assert metric(server, "crdt_squashes_total", outcome="refused") == 0
        await asyncio.sleep(random.uniform(0, PAUSE_S_MAX))
        group = server.pid
        server.kill()
        await crowd.gone()
    await server.astart()
    await eventually(lambda: family(group), lambda left: left == 0)


@pytest.mark.parametrize("seed", seeds(4))
async def test_kill_9_around_a_squash(server: ServerProcess, seed: int) -> None:
    random = Random(seed)
    documents = [f"squash {seed}/{number}" for number in range(DOCUMENTS)]
    clients: list[Client] = []
    for first in (1, 1 + CLIENTS_EACH):  # the second crowd builds on what was left of the first one's
        crowd = Crowd(server.ws_url, documents, CLIENTS_EACH, random, first=first)
        await killed(server, crowd, random)
        clients += crowd.clients
        assert await broken_promises(server.ws_url, promises(clients)) == []


async def test_edits_during_squashes_need_no_further_edit(tmp_path: Path) -> None:
    environment = {
        "CRDT_COMPACT_RECORDS_MIN": "50",
        "CRDT_COMPACT_PAUSE_S": "0.01",
        "CRDT_ROOM_IDLE_S": "0.05",
    }
    async with ServerProcess(tmp_path / "documents.db", env=environment) as server:
        async with Crowd(server.ws_url, ["busy"], CLIENTS_EACH, Random(1)) as crowd:
            await eventually(lambda: squashes(server), lambda count: count >= 3)
            await crowd.rest()
        await eventually(lambda: metric(server, "crdt_rooms"), lambda count: count == 0)
        assert await broken_promises(server.ws_url, crowd.promises()) == []
        assert metric(server, "crdt_squashes_total", outcome="refused") == 0
        server.assert_no_traceback()
