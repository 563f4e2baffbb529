"""A damaged store is refused, or the damaged document in it; nothing is replaced by something empty (P8)."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from websockets.exceptions import InvalidStatus

from crdt_server.cli import EXIT_START_FAILED
from tests.faults.client import Client
from tests.faults.newcomer import found
from tests.faults.noise import make_noise
from tests.faults.operator import metric
from tests.server import ServerProcess


def garbage(file: Path) -> None:
    file.write_bytes(Random(1).randbytes(file.stat().st_size))


def cut_in_half(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def cut_to_nothing(file: Path) -> None:
    file.write_bytes(b"")


def header_only(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:100])


def zeros_in_the_middle(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096 : len(content) // 2] = bytes(len(content) // 2 - 4096)
    file.write_bytes(content)


def somebody_elses(file: Path) -> None:
    file.unlink()
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")


DAMAGES = (garbage, cut_in_half, cut_to_nothing, header_only, zeros_in_the_middle, somebody_elses)


async def edited(server: ServerProcess, document: str, number: int) -> str:
    """Insert one token into a document, wait until it is stored, leave; return the token."""
    client = await Client(server.ws_url, document, number).joined()
    await client.edit(lambda: [client.tokens.insert(number, Random(number))])
    await client.saved()
    await client.close()
    return client.book.operations[0][1].token


def flip(file: Path, needle: str) -> None:
    """Flip one bit of the only place in a file where `needle` stands, or stood before."""
    content = bytearray(file.read_bytes())
    whole, flipped = needle.encode(), needle[:-1].encode() + bytes([needle.encode()[-1] ^ 1])
    assert content.count(whole) + content.count(flipped) == 1
    place = max(content.find(whole), content.find(flipped)) + len(whole) - 1
    content[place] ^= 1
    file.write_bytes(content)


def refuse(server: ServerProcess, store: Path) -> None:
    """Assert that the server does not start, and says which file it is and what to do."""
    server.spawn()
    assert server.wait() == EXIT_START_FAILED
    message = server.log.splitlines()[-1]
    assert str(store) in message
    assert "move it away" in message
    server.assert_no_traceback()


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A store's file after an orderly stop."""
    store = tmp_path_factory.mktemp("healthy") / "documents.db"

    async def write(server: ServerProcess) -> None:
        client = await Client(server.ws_url, "kept", 1).joined()
        await make_noise(client, 4)
        await client.close()

    with ServerProcess(store) as server:
        asyncio.run(write(server))
        assert server.terminate() == 0
    return store.read_bytes()


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__.replace("_", " "))
def test_a_damaged_file_stops_the_start(
    tmp_path: Path, healthy: bytes, damage: Callable[[Path], None]
) -> None:
    store = tmp_path / "documents.db"
    store.write_bytes(healthy)
    damage(store)
    damaged = store.read_bytes()
    with contextlib.ExitStack() as stack:
        server = ServerProcess(store)
        stack.push(server)
        refuse(server, store)
    assert store.read_bytes() == damaged


async def test_the_log_beside_a_damaged_file_is_kept_for_its_repair(tmp_path: Path) -> None:
    store, log = tmp_path / "documents.db", tmp_path / "documents.db-wal"
    async with ServerProcess(store) as server:
        token = await edited(server, "kept", 1)
        server.kill()
        whole, written = store.read_bytes(), log.read_bytes()
        assert token.encode() in written
        garbage(store)
        refuse(server, store)
        assert log.read_bytes() == written
        store.write_bytes(whole)
        await server.astart()
        assert await found(server.ws_url, "kept") == [token]


async def test_a_flipped_bit_makes_one_document_unavailable_and_changes_nothing(tmp_path: Path) -> None:
    store = tmp_path / "documents.db"
    async with ServerProcess(store) as server:
        damaged, whole = await edited(server, "damaged", 1), await edited(server, "whole", 2)
        assert await server.aterminate() == 0
        flip(store, damaged)
        await server.astart()
        for failures in (1, 2):  # the second time is no different
            with pytest.raises(InvalidStatus) as refusal:
                await Client(server.ws_url, "damaged", 3).open()
            assert refusal.value.response.status_code == 503
            assert metric(server, "crdt_loads_total", outcome="failed") == failures
        assert await found(server.ws_url, "whole") == [whole]
        later = await edited(server, "whole", 4)
        assert await server.aterminate() == 0
        flip(store, damaged)
        await server.astart()
        assert await found(server.ws_url, "damaged") == [damaged]
        assert set(await found(server.ws_url, "whole")) == {whole, later}
        server.assert_no_traceback()
