"""Disk full, locked, input/output errors: nothing is acknowledged, nothing is lost, and it passes."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from persistence.acceptance.place import names, positions, updates, write
from persistence.port import Append, StoreUnavailable
from persistence.sqlite import SqliteStore
from persistence.sqlite.limits import SqliteLimits
from tests.persistence.sqlite.raw import raw, write_lock

IMPATIENT = SqliteLimits(busy_timeout_ms=20)


def set_pages_max(store: SqliteStore, pages: int) -> None:
    """Let the file grow to so many pages only, as if the disk were full."""
    assert store._writer is not None
    store._writer._connection.execute(f"PRAGMA max_page_count = {pages}").fetchone()


async def writer_is_busy(store: SqliteStore) -> None:
    """Wait until the writer has taken its group: what is submitted from now on shares the next one."""
    assert store._writer is not None
    while not store._writer._busy:  # noqa: ASYNC110 - it is the writer's thread that sets it
        await asyncio.sleep(0)


async def test_a_full_disk_refuses_whole_transactions_and_passes(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "documents.db") as store:
        kept = await write(store, "d", b"1")
        set_pages_max(store, 60)
        results = await asyncio.gather(
            *(write(store, "d", bytes(5_000), bytes(5_000)) for _ in range(100)), return_exceptions=True
        )
        refused = [result for result in results if isinstance(result, StoreUnavailable)]
        assert refused
        assert "SQLITE_FULL" in str(refused[0])
        kept += [p for result in results if not isinstance(result, BaseException) for p in result]
        assert positions((await store.load("d")).records) == kept

        with pytest.raises(StoreUnavailable):
            await store.replace("d", 0, base=None, positions=kept, state=bytes(500_000))
        assert positions((await store.load("d")).records) == kept

        set_pages_max(store, 1_000_000)
        kept += await write(store, "d", bytes(5_000))
        assert positions((await store.load("d")).records) == kept


async def test_everybody_in_a_failed_transaction_is_told(tmp_path: Path) -> None:
    path = tmp_path / "documents.db"
    async with SqliteStore(path, SqliteLimits(group_rows_max=1_000)) as store:
        set_pages_max(store, 60)
        with write_lock(path):
            first = asyncio.ensure_future(write(store, "first", b""))
            await writer_is_busy(store)
            tasks = [asyncio.ensure_future(write(store, f"d{n}", b"small")) for n in range(10)]
            tasks += [asyncio.ensure_future(write(store, "large", bytes(1_000_000)))]
            tasks += [asyncio.ensure_future(write(store, f"e{n}", b"small")) for n in range(10)]
            await asyncio.sleep(0)
        await first
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(result) for result in results] == [StoreUnavailable] * 21
        assert len(set(map(id, results))) == 21
        assert [info.name async for info in store.list()] == ["first"]


async def test_positions_of_a_failed_transaction_do_no_harm(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "documents.db") as store:
        before = await write(store, "d", b"1")
        set_pages_max(store, 10)
        with pytest.raises(StoreUnavailable):
            await write(store, "d", bytes(100_000))
        set_pages_max(store, 1_000_000)
        assert await write(store, "d", b"2") > before


async def test_a_lock_that_another_process_holds_is_waited_for_and_then_told(tmp_path: Path) -> None:
    path = tmp_path / "documents.db"
    async with SqliteStore(path, IMPATIENT) as store:
        with write_lock(path):
            with pytest.raises(StoreUnavailable, match="SQLITE_BUSY"):
                await write(store, "d", b"1")
            with pytest.raises(StoreUnavailable, match="SQLITE_BUSY"):
                await store.delete("d")
        await write(store, "d", b"2")
        assert updates(await store.load("d")) == [b"2"]


async def test_a_locked_file_opens_later(tmp_path: Path) -> None:
    path = tmp_path / "documents.db"
    async with SqliteStore(path) as store:
        await write(store, "d", b"1")
    with raw(path) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnavailable):
            await SqliteStore(path, IMPATIENT).open()
    async with SqliteStore(path, IMPATIENT) as store:
        assert updates(await store.load("d")) == [b"1"]


async def test_a_damaged_counter_stops_writing_and_not_reading(tmp_path: Path) -> None:
    path = tmp_path / "documents.db"
    async with SqliteStore(path) as store:
        await write(store, "d", b"1")
        with raw(path) as connection:
            connection.execute("UPDATE counter SET last_position = 0")
        with pytest.raises(StoreUnavailable, match="counter"):
            await store.append([Append("d", 0, "", b"2")])
        assert updates(await store.load("d")) == [b"1"]


def test_a_write_error_of_the_operating_system_passes(tmp_path: Path) -> None:
    child = subprocess.run(
        [sys.executable, "-m", "tests.persistence.sqlite.short_of_space", tmp_path / "documents.db"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (child.returncode, child.stdout) == (0, "refused, kept, written\n"), child.stderr


def refuse(action: int) -> Callable[..., int]:
    """Make an authorizer that lets one kind of step in a statement fail, wherever SQLite meets it."""
    return lambda met, *_: sqlite3.SQLITE_DENY if met == action else sqlite3.SQLITE_OK


async def test_an_error_in_the_middle_of_a_transaction_takes_all_of_it_back(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "documents.db") as store:
        kept = await write(store, "d", b"1")
        assert store._writer is not None
        connection = store._writer._connection
        connection.set_authorizer(refuse(sqlite3.SQLITE_DELETE))
        with pytest.raises(StoreUnavailable):
            await store.replace("d", 0, base=None, positions=kept, state=b"1")
        with pytest.raises(StoreUnavailable):
            await store.delete("d")
        assert positions((await store.load("d")).records) == kept
        connection.set_authorizer(None)
        kept += await write(store, "d", b"2")
        assert positions((await store.load("d")).records) == kept


async def test_a_read_that_fails_is_unavailable_and_no_damage(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "documents.db") as store:
        await write(store, "d", b"1")
        assert store._reader is not None
        connection = store._reader._connection
        connection.set_authorizer(refuse(sqlite3.SQLITE_READ))
        with pytest.raises(StoreUnavailable):
            await store.load("d")
        with pytest.raises(StoreUnavailable):
            await names(store)
        connection.set_authorizer(None)
        assert updates(await store.load("d")) == [b"1"]
        assert await names(store) == ["d"]
