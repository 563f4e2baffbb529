"""What was erased is not left on the disk, neither in the file nor in its log."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from persistence.acceptance.place import updates, write
from persistence.port import DocumentErased
from persistence.sqlite import SqliteStore
from persistence.sqlite.limits import SqliteLimits
from tests.persistence.sqlite.raw import image, raw

MARKS = (b"NAME-of-the-erased", b"AUTHOR-of-the-erased", b"UPDATE-of-the-erased", b"STATE-of-the-erased")
NAME, AUTHOR, UPDATE, STATE = MARKS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "documents.db"


def marks_on_disk(path: Path) -> set[bytes]:
    files = [path, path.with_name(f"{path.name}-wal")]
    content = b"".join(file.read_bytes() for file in files if file.exists())
    return {mark for mark in MARKS if mark in content}


async def fill(store: SqliteStore) -> None:
    """Write what is to be erased in rows of every size, among rows that stay."""
    for n in range(30):
        await write(store, f"kept {n}", b"kept" * 50)
        update = UPDATE * (1, 20, 1_000)[n % 3]
        given = await write(store, NAME.decode(), update, update, author=AUTHOR.decode())
        if n == 10:
            await store.replace(NAME.decode(), 0, base=None, positions=given, state=STATE * 500)


async def test_nothing_of_an_erased_document_is_on_the_disk_when_delete_returns(path: Path) -> None:
    async with SqliteStore(path) as store:
        await fill(store)
        assert marks_on_disk(path) == set(MARKS)
        await store.delete(NAME.decode())
        assert marks_on_disk(path) == set()
        for n in range(30):
            assert updates(await store.load(f"kept {n}")) == [b"kept" * 50]
    assert marks_on_disk(path) == set()
    async with SqliteStore(path) as store:
        with pytest.raises(DocumentErased):
            await store.load(NAME.decode())


async def test_what_a_snapshot_replaced_leaves_the_disk_with_the_document(path: Path) -> None:
    async with SqliteStore(path) as store:
        given = await write(store, NAME.decode(), UPDATE * 500, UPDATE)
        snapshot = await store.replace(NAME.decode(), 0, base=None, positions=given, state=STATE * 900)
        await store.replace(NAME.decode(), 0, base=snapshot.position, positions=[], state=STATE)
        await store.delete(NAME.decode())
        assert marks_on_disk(path) == set()


async def test_a_reader_in_the_way_delays_it_to_the_next_change(path: Path) -> None:
    async with SqliteStore(path) as store:
        await fill(store)
        with raw(path) as connection:
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM records").fetchone()
            await store.delete(NAME.decode())
            assert marks_on_disk(path)
            connection.execute("COMMIT")
        await write(store, "next", b"")
        assert marks_on_disk(path) == set()


async def test_or_to_the_end(path: Path) -> None:
    async with SqliteStore(path) as store:
        await fill(store)
        with raw(path) as connection:
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM records").fetchone()
            await store.delete(NAME.decode())
            connection.execute("COMMIT")
    assert marks_on_disk(path) == set()


async def test_after_a_crash_it_is_gone_when_the_store_opens(path: Path, tmp_path: Path) -> None:
    (tmp_path / "crashed").mkdir()
    async with SqliteStore(path) as store:
        await fill(store)
        with raw(path) as connection:
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM records").fetchone()
            await store.delete(NAME.decode())
            crashed = image(path, tmp_path / "crashed" / "documents.db")
    assert marks_on_disk(crashed)
    async with SqliteStore(crashed) as store:
        assert marks_on_disk(crashed) == set()
        with pytest.raises(DocumentErased):
            await store.load(NAME.decode())


async def test_a_large_file_keeps_its_remains_until_it_may_be_written_anew(path: Path) -> None:
    async with SqliteStore(path, SqliteLimits(scrub_bytes_max=1)) as store:
        await fill(store)
        await store.delete(NAME.decode())
        with pytest.raises(DocumentErased):
            await store.load(NAME.decode())
    assert marks_on_disk(path)  # why there is a limit to tell of
    async with SqliteStore(path) as store:
        assert marks_on_disk(path) == set()
        assert updates(await store.load("kept 1")) == [b"kept" * 50]


async def test_remains_that_cannot_be_overwritten_now_go_when_the_store_is_opened_again(path: Path) -> None:
    async with SqliteStore(path) as store:
        await fill(store)
        assert store._writer is not None
        # To refuse VACUUM its first step is as good as a disk without room for it.
        store._writer._connection.set_authorizer(_no_vacuum)
        await store.delete(NAME.decode())
        with pytest.raises(DocumentErased):
            await store.load(NAME.decode())
        await write(store, "next", b"1")
        assert updates(await store.load("next")) == [b"1"]
    assert marks_on_disk(path)
    async with SqliteStore(path):
        assert marks_on_disk(path) == set()


def _no_vacuum(action: int, *_: str | None) -> int:
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK
