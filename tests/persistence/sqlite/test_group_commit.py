"""One writer commits for everybody who waits, and nobody else waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from persistence.acceptance.place import positions, updates, write
from persistence.port import Append, StoreUnavailable
from persistence.sqlite import SqliteStore
from persistence.sqlite.limits import SqliteLimits
from tests.persistence.sqlite.raw import raw, write_lock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "documents.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    async with SqliteStore(path) as store:
        yield store


async def test_concurrent_appends_share_transactions(store: SqliteStore) -> None:
    given = await asyncio.gather(*(write(store, f"d{n % 50}", b"%d" % n) for n in range(1_000)))
    assert len({position for [position] in given}) == 1_000
    assert store.transactions < 50


async def test_every_kind_of_change_shares_them(store: SqliteStore, path: Path) -> None:
    given = await write(store, "d", b"1")
    before = store.transactions
    with write_lock(path):
        first = asyncio.ensure_future(write(store, "first", b""))
        rest = [
            asyncio.ensure_future(write(store, "e", b"2")),
            asyncio.ensure_future(store.replace("d", 0, base=None, positions=given, state=b"1")),
            asyncio.ensure_future(store.delete("gone")),
        ]
        await asyncio.sleep(0)  # all are waiting now, the first perhaps in a transaction of its own
    await asyncio.gather(first, *rest)
    assert store.transactions - before <= 2


async def test_a_lonely_append_does_not_wait_for_company(store: SqliteStore) -> None:
    for n in range(10):
        await write(store, "d", b"%d" % n)
    assert store.transactions == 10


@pytest.mark.parametrize(
    "limits", [SqliteLimits(group_rows_max=10), SqliteLimits(group_bytes_max=1_000)], ids=["rows", "bytes"]
)
async def test_a_transaction_is_bounded(path: Path, limits: SqliteLimits) -> None:
    async with SqliteStore(path, limits) as store:
        await asyncio.gather(*(write(store, "d", bytes(100)) for _ in range(200)))
        assert 20 <= store.transactions < 100


async def test_a_batch_is_never_split(path: Path) -> None:
    async with SqliteStore(path, SqliteLimits(group_rows_max=10, group_bytes_max=100)) as store:
        await write(store, "d", *(bytes(100) for _ in range(100)))
        assert store.transactions == 1


async def test_a_load_does_not_wait_behind_a_commit(store: SqliteStore, path: Path) -> None:
    await write(store, "d", b"1")
    with write_lock(path):
        behind = asyncio.ensure_future(write(store, "d", b"2"))
        assert updates(await store.load("d")) == [b"1"]
        assert [info.name async for info in store.list()] == ["d"]
        assert not behind.done()
    await behind
    assert updates(await store.load("d")) == [b"1", b"2"]


async def test_closing_waits_for_the_lock_too(store: SqliteStore, path: Path) -> None:
    with write_lock(path):
        begun = asyncio.ensure_future(write(store, "d", b"1"))
        await asyncio.sleep(0)
        closing = asyncio.ensure_future(store.close())
        await asyncio.sleep(0)
        with pytest.raises(StoreUnavailable):
            await store.append([Append("d", 0, "", b"late")])
    await closing
    assert begun.done()
    await store.open()
    assert positions((await store.load("d")).records) == await begun


async def test_a_cancelled_caller_disturbs_nobody_in_its_transaction(store: SqliteStore, path: Path) -> None:
    with write_lock(path):
        tasks = [asyncio.ensure_future(write(store, "d", b"%d" % n)) for n in range(20)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(result, asyncio.CancelledError) for result in results] == [True, False] * 10
    stored = await store.load("d")
    kept = {record.position: record.update for record in stored.records}
    for n, result in enumerate(results):
        if not isinstance(result, BaseException):
            assert kept[result[0]] == b"%d" % n


async def test_a_defect_in_one_change_is_told_and_does_not_stop_the_writer(store: SqliteStore) -> None:
    writer = store._writer
    assert writer is not None
    with pytest.raises(ZeroDivisionError):
        await writer.submit(lambda _: 1 // 0, rows=1, size=0)
    await write(store, "d", b"1")
    assert updates(await store.load("d")) == [b"1"]


async def test_commits_are_synced_to_the_disk_and_reads_cannot_write(store: SqliteStore) -> None:
    assert store._writer is not None
    assert store._reader is not None
    pragma = store._writer._connection.execute
    assert pragma("PRAGMA journal_mode").fetchone() == (b"wal",)
    assert pragma("PRAGMA synchronous").fetchone() == (2,)
    assert pragma("PRAGMA secure_delete").fetchone() == (1,)
    assert store._reader._connection.execute("PRAGMA query_only").fetchone() == (1,)


async def test_two_stores_on_one_file_see_each_other(store: SqliteStore, path: Path) -> None:
    async with SqliteStore(path) as other:
        given = await asyncio.gather(
            *(write(one, "d", b"%d" % n) for n in range(20) for one in (store, other))
        )
        expected = sorted(position for [position] in given)
        assert expected == sorted(set(expected))
        for one in (store, other):
            assert positions((await one.load("d")).records) == expected


async def test_no_statement_reads_a_whole_table(store: SqliteStore, path: Path) -> None:
    assert store._writer is not None
    assert store._reader is not None
    statements: set[str] = set()
    for connection in (store._writer._connection, store._reader._connection):
        connection.set_trace_callback(statements.add)
    given = await write(store, "d", b"1", b"2")
    await store.replace("d", 0, base=None, positions=given, state=b"12")
    assert [info.name async for info in store.list("d")] == ["d"]
    await store.load("d")
    await store.delete("d")
    read = [s for s in statements if s.startswith(("SELECT", "UPDATE", "DELETE")) and "counter" not in s]
    assert len(read) >= 10
    with raw(path) as connection:
        for statement in read:
            plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
            assert not [step for *_, step in plan if step.startswith(b"SCAN")], statement
