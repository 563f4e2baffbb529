"""Damage to what is stored is noticed, named and confined; it never makes a document shorter or empty."""

# ruff: noqa: ASYNC240 - nothing else runs on a test's loop

from __future__ import annotations

import random
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from persistence.acceptance.place import names, updates, write
from persistence.port import (
    Append,
    DocumentErased,
    RecordDamaged,
    StoredDocument,
    StoreUnreadable,
)
from persistence.sqlite import SqliteStore
from persistence.sqlite.limits import SqliteLimits
from tests.persistence.sqlite.raw import image, raw

TARGET = "target/\u00e9"
COLUMNS = {
    "documents": ["key", "name", "epoch", "snapshot", "records", "checksum"],
    "records": ["document", "position", "time", "author", "bytes", "checksum"],
    "snapshots": ["document", "position", "time", "bytes", "checksum"],
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "documents.db"


async def fill(store: SqliteStore) -> StoredDocument:
    """Write a target with a snapshot and three records, among neighbours, and a document that is erased."""
    for name in ("before", TARGET, "with snapshot", "zzz"):
        given = await write(
            store, name, *(b"%d of %s" % (n, name.encode()) for n in range(5)), author="Zo\u00eb"
        )
        if name in {TARGET, "with snapshot"}:
            await store.replace(
                name, 0, base=None, positions=given[:2], state=b"snapshot of " + name.encode()
            )
    await write(store, "erased", b"1")
    await store.delete("erased")
    return await store.load(TARGET)


def altered(value: object) -> Iterator[object]:
    """Give what a value may turn into: each bit of every third byte flipped, nothing, another type."""
    match value:
        case bytes():
            for at in range(0, len(value), 3):
                for bit in range(8):
                    yield value[:at] + bytes([value[at] ^ 1 << bit]) + value[at + 1 :]
            yield value[:-1]
            yield value + b"\0"
            yield 7
        case int():
            yield from (value ^ 1 << bit for bit in range(5, 63, 6))
            yield from (-value - 1, 0.5, b"\xff", "many")
        case float():
            yield from (value + 1e-3, -value, 7.5, b"\xff", "now")


async def assert_only_the_target_is_damaged(store: SqliteStore, position: int | None = None) -> None:
    with pytest.raises(RecordDamaged) as refusal:
        await store.load(TARGET)
    assert refusal.value.document == TARGET
    assert position in {None, refusal.value.position}
    for name in ("before", "with snapshot", "zzz"):
        stored = await store.load(name)
        written = [b"%d of %s" % (n, name.encode()) for n in range(5)]
        assert updates(stored) == (written[2:] if stored.snapshot else written)
    assert {"before", "with snapshot", "zzz"} <= set(await names(store))
    with pytest.raises(DocumentErased):
        await store.load("erased")


@contextmanager
def put_back(connection: sqlite3.Connection, table: str) -> Iterator[None]:
    """Take back what was done to a table."""
    connection.execute(f"CREATE TEMP TABLE kept AS SELECT * FROM main.{table}")
    yield
    connection.execute("BEGIN")
    connection.execute(f"DELETE FROM main.{table}")
    connection.execute(f"INSERT INTO main.{table} SELECT * FROM kept")
    connection.execute("COMMIT")
    connection.execute("DROP TABLE kept")


@pytest.mark.parametrize(("table", "column"), [(t, c) for t, columns in COLUMNS.items() for c in columns])
async def test_every_alteration_of_a_row_is_noticed(path: Path, table: str, column: str) -> None:
    async with SqliteStore(path) as store:
        target = await fill(store)
        middle = target.records[1].position
        where = {
            "documents": "name = ?1",
            "snapshots": "document = (SELECT key FROM documents WHERE name = ?1)",
            "records": f"document = (SELECT key FROM documents WHERE name = ?1) AND position = {middle}",
        }[table]
        text = column in {"name", "author"}
        with raw(path) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            (value,) = connection.execute(f"SELECT {column} FROM {table} WHERE {where}", (TARGET,)).fetchone()
            for other in altered(value):
                with put_back(connection, table):
                    connection.execute(
                        f"UPDATE {table} SET {column} = {'CAST(?2 AS TEXT)' if text else '?2'} WHERE {where}",
                        (TARGET, other),
                    )
                    by_itself = table == "records" and column not in {"document", "position"}
                    await assert_only_the_target_is_damaged(store, middle if by_itself else None)
        assert await store.load(TARGET) == target


@pytest.mark.parametrize("column", COLUMNS["documents"])
async def test_every_alteration_of_a_tombstone_is_noticed(path: Path, column: str) -> None:
    async with SqliteStore(path) as store:
        await fill(store)
        with raw(path) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            tombstone = "typeof(name) = 'blob'"
            (value,) = connection.execute(f"SELECT {column} FROM documents WHERE {tombstone}").fetchone()
            for other in altered(value if value is not None else 0):
                with put_back(connection, "documents"):
                    connection.execute(f"UPDATE documents SET {column} = ? WHERE {tombstone}", (other,))
                    with pytest.raises(RecordDamaged):
                        await store.load("erased")
        with pytest.raises(DocumentErased):
            await store.load("erased")


@pytest.mark.parametrize("table", COLUMNS)
async def test_a_missing_row_is_noticed(path: Path, table: str) -> None:
    async with SqliteStore(path) as store:
        target = await fill(store)
        owner = COLUMNS[table][0]
        with raw(path) as connection:
            rows = connection.execute(
                f"SELECT {', '.join(COLUMNS[table][:2])} FROM {table}"
                f" WHERE {owner} = (SELECT key FROM documents WHERE name = ?)",
                (TARGET,),
            ).fetchall()
            assert len(rows) == (3 if table == "records" else 1)
            for key, second in rows:
                with put_back(connection, table):
                    also = "AND position = ?" if table == "records" else "AND ? IS NOT NULL"
                    connection.execute(f"DELETE FROM {table} WHERE {owner} = ? {also}", (key, second))
                    await assert_only_the_target_is_damaged(store)
        assert await store.load(TARGET) == target


async def test_whole_bytes_in_the_wrong_place_are_noticed(path: Path) -> None:
    async with SqliteStore(path) as store:
        target = await fill(store)
        one, other = (record.position for record in target.records[:2])
        with raw(path) as connection, put_back(connection, "records"):
            connection.execute(
                "UPDATE records SET (time, author, bytes, checksum) = (SELECT time, author, bytes, checksum"
                " FROM records WHERE position = ?) WHERE position = ?",
                (one, other),
            )
            await assert_only_the_target_is_damaged(store, other)
        assert await store.load(TARGET) == target


async def test_an_error_that_is_kept_does_not_keep_the_past(path: Path) -> None:
    async with SqliteStore(path) as store:
        await fill(store)
        with raw(path) as connection:
            connection.execute("UPDATE records SET bytes = x'00'")
        with pytest.raises(RecordDamaged) as kept:
            await store.load(TARGET)
        await write(store, "new", b"1")
        assert updates(await store.load("new")) == [b"1"]
        assert kept.value.document == TARGET


async def test_a_damaged_document_is_written_to_and_never_made_good_by_it(path: Path) -> None:
    """What arrives is kept for a repair; it neither hides the damage nor hinders others."""
    async with SqliteStore(path) as store:
        await fill(store)
        with raw(path) as connection:
            connection.execute("UPDATE documents SET records = records + 1 WHERE name = ?", (TARGET,))
            before = connection.execute("SELECT count(*) FROM records").fetchone()
            batch = [Append(TARGET, 0, "", b"late"), Append("before", 0, "", b"5 of before")]
            late, _ = await store.append(batch)
            assert isinstance(late, int)
            assert connection.execute("SELECT count(*) FROM records").fetchone() == (before[0] + 2,)
        assert len(updates(await store.load("before"))) == 6
        with pytest.raises(RecordDamaged):
            await store.load(TARGET)
        with pytest.raises(RecordDamaged):
            await store.replace(TARGET, 0, base=None, positions=[late], state=b"")
    async with SqliteStore(path) as store:
        with pytest.raises(RecordDamaged):
            await store.load(TARGET)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE documents SET epoch = 'x' WHERE name = ?",
        "UPDATE documents SET key = x'00' WHERE name = ?",
        "DELETE FROM documents WHERE name = ?",
        "UPDATE snapshots SET bytes = x'00' WHERE document = (SELECT key FROM documents WHERE name = ?)",
    ],
)
async def test_a_damaged_document_can_be_erased(path: Path, damage: str) -> None:
    async with SqliteStore(path) as store:
        await fill(store)
        with raw(path) as connection:
            connection.execute(damage, (TARGET,))
        await store.delete(TARGET)
        with pytest.raises(DocumentErased):
            await store.load(TARGET)
        assert await names(store) == ["before", "with snapshot", "zzz"]
    for row in b"of " + TARGET.encode(), b"target":
        assert row not in path.read_bytes()


async def test_a_flipped_bit_anywhere_in_the_file_never_changes_a_document(
    path: Path, tmp_path: Path
) -> None:
    """Refused as a whole, or the document is named as damaged, or it is exactly as it was."""
    async with SqliteStore(path) as store:
        await fill(store)
        good = {name: await store.load(name) for name in ("before", TARGET, "with snapshot", "zzz")}
    whole, chance = path.read_bytes(), random.Random(20)
    outcomes = Counter[str]()
    for at in _occupied(whole, 200, chance):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << chance.randrange(8)]) + whole[at + 1 :])
        flipped = path.read_bytes()
        try:
            async with SqliteStore(path) as store:
                for name, stored in good.items():
                    try:
                        assert await store.load(name) == stored, f"byte {at}"
                    except RecordDamaged:
                        outcomes["damaged"] += 1
                await names(store)
        except StoreUnreadable:
            assert path.read_bytes() == flipped
            outcomes["refused"] += 1
        _remove_log(path)
    assert outcomes["damaged"] > 20
    assert outcomes["refused"] > 20


def _occupied(whole: bytes, count: int, chance: random.Random) -> list[int]:
    return chance.sample([at for at, byte in enumerate(whole) if byte], count)


def _remove_log(path: Path) -> None:
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


async def test_a_row_that_sqlite_cannot_take_apart_is_damage_to_its_document_only(path: Path) -> None:
    async with SqliteStore(path) as store:
        await fill(store)
        with raw(path) as connection:
            (key,) = connection.execute("SELECT key FROM documents WHERE name = ?", (TARGET,)).fetchone()
    whole = bytearray(path.read_bytes())
    # A row of six columns starts with the length of its header, 7; the first column is a blob of 16 bytes.
    rows = [found.start() for found in re.finditer(rb"\x07\x2c.{5}" + re.escape(key), whole, re.DOTALL)]
    assert len(rows) >= 3
    for row in rows:
        whole[row] = 0x7F
    path.write_bytes(whole)
    async with SqliteStore(
        path, SqliteLimits(check_bytes_max=0)
    ) as store:  # as if it were too large to check
        await assert_only_the_target_is_damaged(store, 0)
        assert TARGET in await names(store)
        listed = {info.name: info.record_count async for info in store.list()}
        assert listed == {"before": 5, TARGET: 0, "with snapshot": 3, "zzz": 5}


async def test_a_log_that_was_cut_anywhere_opens_up_to_its_last_whole_commit(
    path: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "crashed"
    folder.mkdir()
    async with SqliteStore(path) as store:
        await write(store, "d", b"0")
        async with SqliteStore(path):
            pass  # empties the log: what was written so far cannot be cut off
        for n in range(1, 12):
            await write(store, "d", b"%d" % n, b"%d again" % n)
        crashed = image(path, folder / "documents.db")
    main, log = crashed.read_bytes(), crashed.with_name("documents.db-wal").read_bytes()
    counts = set()
    for size in sorted({*range(0, len(log), 2_111), *range(len(log) - 30, len(log) + 1)}):
        crashed.write_bytes(main)
        crashed.with_name("documents.db-wal").write_bytes(log[:size])
        async with SqliteStore(crashed) as store:
            found = updates(await store.load("d"))
        commits = (len(found) - 1) // 2
        assert found == [b"0", *(u for n in range(1, commits + 1) for u in (b"%d" % n, b"%d again" % n))]
        counts.add(commits)
    assert counts == set(range(12))
