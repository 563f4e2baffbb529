"""The store fails for a while: nothing is acknowledged, nothing is lost, readiness says so (P7)."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from crdt_server.cli import EXIT_UNWRITTEN
from tests.faults.book import Operation, Promises
from tests.faults.broken_disk import Breaking, full, locked
from tests.faults.client import Client
from tests.faults.newcomer import broken_promises, found
from tests.faults.noise import NOISE_BYTES, make_noise
from tests.faults.operator import eventually, metric, ready
from tests.server import ServerProcess

DOCUMENT = "kept"
FASTER = {
    "CRDT_STORE_RETRY_S_MAX": "0.2",
    "CRDT_ROOM_IDLE_S": "0.05",
    "CRDT_DRAIN_TIMEOUT_S": "2",
}
FULL = "disk I/O error"
"""What SQLite says of a file that must not grow."""

LOCKED_S = 0.5
"""How long the store stays locked when all clients of a stopping server are gone already."""

JOURNAL_BYTES = 1024 * 1024
SOCKET_READ_BYTES = 256 * 1024
"""What the server takes from a connection at once, before it looks whether there is room for more."""

SMALL_JOURNAL = {
    "CRDT_JOURNAL_BYTES_MAX": str(JOURNAL_BYTES),
    "CRDT_JOURNAL_BATCH_BYTES_MAX": str(JOURNAL_BYTES // 4),
    "CRDT_MESSAGE_BYTES_MAX": str(JOURNAL_BYTES // 4),
}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "documents.db"


@pytest.fixture
async def server(store: Path) -> AsyncIterator[ServerProcess]:
    async with ServerProcess(store, env=FASTER) as server:
        yield server
        server.assert_no_traceback()


async def stop_taking(server: ServerProcess, client: Client, reason: str) -> None:
    """Write, with a disk that is broken, until the server knows it."""
    await make_noise(client, 4, wait=False)
    status, body = await eventually(lambda: ready(server), lambda found: found[0] != 200)
    assert status == 503
    assert reason in body


async def edit(client: Client) -> str:
    """Insert a token without waiting for its acknowledgement; return it."""
    tokens: list[str] = []

    def change() -> list[Operation]:
        inserted = client.tokens.insert(client.number, Random(1))
        tokens.append(inserted.token)
        return [inserted]

    await client.edit(change)
    return tokens[0]


@pytest.mark.parametrize(("breaking", "reason"), [(locked, "locked"), (full, FULL)])
async def test_nothing_is_acknowledged_and_all_is_written_later(
    server: ServerProcess, store: Path, breaking: Breaking, reason: str
) -> None:
    ann, bob = [await Client(server.ws_url, DOCUMENT, number).joined() for number in (1, 2)]
    before = await edit(ann)
    await ann.saved()
    with breaking(server, store):
        await stop_taking(server, ann, reason)
        await ann.ask()
        acknowledged = ann.book.acknowledged
        during = await edit(ann)
        await bob.until(lambda: during in bob.tokens.found())
        assert set(await found(server.ws_url, DOCUMENT)) == {before, during}
        assert await found(server.ws_url, "another") == []
        assert ready(server)[0] == 503
        await ann.ask()
        assert ann.book.acknowledged == acknowledged
    await ann.saved()
    await eventually(lambda: ready(server)[0], lambda status: status == 200)
    server.kill()
    await server.astart()
    assert await broken_promises(server.ws_url, {DOCUMENT: Promises([ann.book, bob.book])}) == []


async def test_what_a_client_left_behind_is_written_when_the_store_is_back(
    server: ServerProcess, store: Path
) -> None:
    ann = await Client(server.ws_url, DOCUMENT, 1).joined()
    await ann.saved()
    with full(server, store):
        await stop_taking(server, ann, FULL)
        token = await edit(ann)
        await ann.close()
        assert await found(server.ws_url, "left later") == []
        await eventually(lambda: metric(server, "crdt_rooms"), lambda count: count == 1)
        assert await found(server.ws_url, DOCUMENT) == [token]
    await eventually(lambda: metric(server, "crdt_rooms"), lambda count: count == 0)
    assert ready(server)[0] == 200
    server.kill()
    await server.astart()
    assert await found(server.ws_url, DOCUMENT) == [token]


async def test_killed_while_the_store_fails(server: ServerProcess, store: Path) -> None:
    ann = await Client(server.ws_url, DOCUMENT, 1).joined()
    await edit(ann)
    await ann.saved()
    with full(server, store):
        await stop_taking(server, ann, FULL)
        await edit(ann)
        server.kill()
        await ann.closed()
    await server.astart()
    assert await broken_promises(server.ws_url, {DOCUMENT: Promises([ann.book])}) == []


async def test_stopped_while_the_store_fails(server: ServerProcess, store: Path) -> None:
    ann = await Client(server.ws_url, DOCUMENT, 1).joined()
    await edit(ann)
    await ann.saved()
    with full(server, store):
        await stop_taking(server, ann, FULL)
        await edit(ann)
        assert await server.aterminate(10) == EXIT_UNWRITTEN
        assert "could not be stored" in server.log
        await ann.closed()
    await server.astart()
    assert await broken_promises(server.ws_url, {DOCUMENT: Promises([ann.book])}) == []


async def test_what_waits_for_a_locked_store_is_written_before_the_server_stops(
    server: ServerProcess, store: Path
) -> None:
    ann, bob = [await Client(server.ws_url, DOCUMENT, number).joined() for number in (1, 2)]
    with locked(server, store):
        token = await edit(ann)
        await bob.until(lambda: token in bob.tokens.found())
        os.kill(server.pid, signal.SIGTERM)
        await ann.closed()
        await bob.closed()
        await asyncio.sleep(LOCKED_S)
    assert await asyncio.to_thread(server.wait, 10) == 0, server.tail()
    await server.astart()
    assert await found(server.ws_url, DOCUMENT) == [token]


async def test_what_waits_for_the_store_is_bounded(tmp_path: Path) -> None:
    store = tmp_path / "documents.db"
    async with ServerProcess(store, env={**FASTER, **SMALL_JOURNAL}) as server:
        ann = await Client(server.ws_url, DOCUMENT, 1).joined()
        with full(server, store):
            noise = asyncio.create_task(make_noise(ann, 4 * JOURNAL_BYTES // NOISE_BYTES, wait=False))
            waiting = await eventually(
                lambda: metric(server, "crdt_journal_bytes"), lambda size: size > JOURNAL_BYTES
            )
            assert waiting < JOURNAL_BYTES + SOCKET_READ_BYTES + NOISE_BYTES
        await noise
        await ann.saved()
        assert await broken_promises(server.ws_url, {DOCUMENT: Promises([ann.book])}) == []
        server.assert_no_traceback()
