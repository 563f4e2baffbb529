"""kill -9 in the middle of 50 people's edits: what was acknowledged is there, once (P1)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.faults.book import Promises
from tests.faults.crowd import Crowd
from tests.faults.newcomer import broken_promises
from tests.faults.planted import planted
from tests.faults.seeds import seeds
from tests.server import ServerProcess

DOCUMENTS = 10
CLIENTS_EACH = 5
EDITS_MAX = 600
"""Acknowledged edits, at most, before the kill."""

PLANTED_TRIALS = 5
"""Kills within which a server that acknowledges too early is found out. Each finds it nearly always."""


class Trials:
    """One server process and its store. Each crash meets what the crashes before left."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.promises: dict[str, Promises] = {}

    async def run(self, seed: int) -> list[str]:
        """Let a crowd edit, kill the server, discard the crowd, start it again; the promises it broke."""
        random = Random(seed)
        documents = [f"trial {seed}/{number}" for number in range(DOCUMENTS)]
        async with Crowd(self.server.ws_url, documents, CLIENTS_EACH, random) as crowd:
            await crowd.until_acknowledged(len(crowd.clients) + random.randint(1, EDITS_MAX))
            await asyncio.sleep(random.uniform(0, 0.01))  # any moment of a commit
            self.server.kill()
            await crowd.gone()
        await self.server.astart()
        promises = crowd.promises()
        self.promises |= promises
        return await broken_promises(self.server.ws_url, promises)


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trials]:
    with ServerProcess(tmp_path_factory.mktemp("store") / "documents.db") as server:
        yield Trials(server)
        server.assert_no_traceback()


@pytest.mark.parametrize("seed", seeds(20))
async def test_what_was_acknowledged_survives_kill_9(trials: Trials, seed: int) -> None:
    assert await trials.run(seed) == []


async def test_later_crashes_take_nothing_from_earlier_documents(trials: Trials) -> None:
    assert await broken_promises(trials.server.ws_url, trials.promises) == []


async def test_these_trials_find_a_server_that_acknowledges_before_the_commit(tmp_path: Path) -> None:
    async with ServerProcess(tmp_path / "documents.db", env=planted("hasty")) as server:
        hasty = Trials(server)
        for seed in range(1, PLANTED_TRIALS + 1):
            if any(": lost: " in broken for broken in await hasty.run(seed)):
                return
    pytest.fail(f"not found in {PLANTED_TRIALS} kills")
