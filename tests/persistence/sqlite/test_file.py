"""A new store is made whole; a file that cannot be trusted is refused with advice, and left as it is."""

# ruff: noqa: ASYNC240 - nothing else runs on a test's loop

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from persistence.acceptance.place import updates, write
from persistence.port import StoreUnreadable
from persistence.sqlite import SqliteStore
from persistence.sqlite.limits import SqliteLimits
from persistence.sqlite.schema import APPLICATION_ID, SCHEMA_VERSION
from tests.persistence.sqlite.raw import image, raw

ADVICE = (
    r"Restore it|Give another path|Upgrade the program|permissions|Give the path of a file|Put the file back"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "documents.db"


async def fill(path: Path) -> None:
    """Write a store without a free page."""
    async with SqliteStore(path) as store:
        for n in range(20):
            await write(store, f"d{n}", *(b"%d" % n * 100 for _ in range(10)))


def contents(folder: Path) -> dict[str, bytes]:
    """Everything in a folder but SQLite's index of the log, which holds nothing of its own."""
    return {
        file.name: file.read_bytes()
        for file in folder.iterdir()
        if file.is_file() and not file.name.endswith("-shm") and file.stat().st_size
    }


async def assert_refused(path: Path, *, limits: SqliteLimits | None = None) -> str:
    before = contents(path.parent)
    with pytest.raises(StoreUnreadable, match=ADVICE) as refusal:
        await SqliteStore(path, limits).open()
    assert str(path) in str(refusal.value)
    assert contents(path.parent) == before
    return str(refusal.value)


# New stores


async def test_a_new_store_is_recognisable_private_and_alone(path: Path) -> None:
    async with SqliteStore(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["documents.db"]
    with raw(path) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == (b"wal",)


async def test_the_folder_is_made_but_not_a_whole_path(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "data" / "documents.db") as store:
        await write(store, "d", b"1")
    with pytest.raises(StoreUnreadable, match="Check the path"):
        await SqliteStore(tmp_path / "a" / "typing" / "error.db").open()
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    "name", ["with space", "what?", "#1", "100%20", "\u00e9t\u00e9", "a;b=c&d", "'quoted'"]
)
async def test_any_file_name_will_do(tmp_path: Path, name: str) -> None:
    async with SqliteStore(tmp_path / name) as store:
        await write(store, "d", b"1")
    assert [file.name for file in tmp_path.iterdir()] == [name]


async def test_two_that_make_one_file_at_once_share_it(path: Path) -> None:
    stores = [SqliteStore(path) for _ in range(8)]
    await asyncio.gather(*(store.open() for store in stores))
    await asyncio.gather(*(write(store, "d", b"%d" % n) for n, store in enumerate(stores)))
    await asyncio.gather(*(store.close() for store in stores))
    async with SqliteStore(path) as store:
        assert sorted(updates(await store.load("d"))) == [b"%d" % n for n in range(8)]
    assert [file.name for file in path.parent.iterdir()] == ["documents.db"]


async def test_a_log_without_its_file_is_not_mixed_into_a_new_store(path: Path) -> None:
    for suffix in ("-wal", "-journal"):
        log = path.with_name(path.name + suffix)
        log.write_bytes(b"what is left of a store")
        await assert_refused(path)
        log.unlink()
    async with SqliteStore(path):
        pass


# Files that are refused


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 100,
        b"\0" * 50_000,
        b"hello",
        b"SQLite format 3\0",
        b"SQLite format 3\0" + b"\0" * 50_000,
        random.Random(1).randbytes(50_000),
        b"SQLite format 3\0" + random.Random(2).randbytes(50_000),
    ],
    ids=["empty", "zeros", "more zeros", "text", "magic", "magic and zeros", "noise", "magic and noise"],
)
async def test_what_is_no_store_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    await assert_refused(path)
    await assert_refused(path, limits=SqliteLimits(check_bytes_max=0))


async def test_a_truncated_store_is_refused(path: Path) -> None:
    await fill(path)
    whole = path.read_bytes()
    assert len(whole) > 40_000
    for size in [*range(0, len(whole), 4096), 1, 50, 99, 101, 5_000, len(whole) - 4_000, len(whole) - 1]:
        path.write_bytes(whole[:size])
        await assert_refused(path)


async def test_a_store_with_a_zeroed_page_is_refused(path: Path) -> None:
    await fill(path)
    whole = path.read_bytes()
    for page in range(len(whole) // 4096):
        path.write_bytes(whole[: page * 4096] + bytes(4096) + whole[(page + 1) * 4096 :])
        await assert_refused(path)


async def test_damage_is_searched_for_only_in_files_up_to_a_limit(path: Path) -> None:
    await fill(path)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size - 4096)
        file.write(bytes(4096))
    await assert_refused(path, limits=SqliteLimits(check_bytes_max=size))
    async with SqliteStore(path, SqliteLimits(check_bytes_max=size - 1)):
        pass


async def test_a_damaged_store_keeps_its_log(path: Path, tmp_path: Path) -> None:
    async with SqliteStore(path) as store:
        await write(store, "d", *(bytes(1_000) for _ in range(50)))
        (tmp_path / "crashed").mkdir()
        crashed = image(path, tmp_path / "crashed" / "documents.db")
    with crashed.open("r+b") as file:
        file.write(bytes(100))
    await assert_refused(crashed)
    assert (crashed.with_name("documents.db-wal")).stat().st_size > 50_000


@pytest.mark.parametrize("mode", ["delete", "wal"])
async def test_another_programs_database_is_refused_untouched(path: Path, mode: str) -> None:
    with raw(path) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")
        connection.execute("CREATE TABLE documents (id INTEGER)")
        connection.execute("PRAGMA application_id = 7")
    assert "another program" in await assert_refused(path)
    assert [file.name for file in path.parent.iterdir()] == ["documents.db"]


async def test_another_programs_unfinished_work_is_left_to_it(path: Path, tmp_path: Path) -> None:
    with raw(path) as connection:
        connection.execute("CREATE TABLE t (a)")
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO t VALUES (?)", [(bytes(5_000),)] * 100)
        journal = path.with_name("documents.db-journal").read_bytes()
        other = tmp_path / "crashed"
        other.mkdir()
        (other / "documents.db").write_bytes(path.read_bytes())
        (other / "documents.db-journal").write_bytes(journal)
    await assert_refused(other / "documents.db")


@pytest.mark.parametrize(
    ("version", "advice"), [(SCHEMA_VERSION + 1, "Upgrade"), (0, "unknown"), (-1, "unknown")]
)
async def test_another_schema_version_is_refused(path: Path, version: int, advice: str) -> None:
    await fill(path)
    with raw(path) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    assert advice in await assert_refused(path)


async def test_a_version_that_is_only_in_the_log_counts(path: Path, tmp_path: Path) -> None:
    (tmp_path / "crashed").mkdir()
    await fill(path)
    with raw(path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
        crashed = image(path, tmp_path / "crashed" / "documents.db")
    assert "Upgrade" in await assert_refused(crashed)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE snapshots",
        "DROP INDEX documents_by_name",
        "ALTER TABLE records RENAME COLUMN bytes TO octets",
        "DELETE FROM counter",
        "UPDATE counter SET last_position = last_position - 1",
        "UPDATE counter SET last_position = 'many'",
        "UPDATE counter SET checksum = x'00'",
    ],
)
async def test_a_store_without_its_tables_or_counter_is_refused(path: Path, statement: str) -> None:
    await fill(path)
    with raw(path) as connection:
        connection.execute(statement)
    await assert_refused(path)


async def test_what_an_operator_adds_is_no_damage(path: Path) -> None:
    await fill(path)
    with raw(path) as connection:
        connection.execute("ANALYZE")
        connection.execute("CREATE TABLE notes (note TEXT)")
    async with SqliteStore(path) as store:
        assert len(updates(await store.load("d1"))) == 10


# Places that are no files


async def test_a_folder_is_refused(path: Path) -> None:
    path.mkdir()
    assert "not a file" in await assert_refused(path)


async def test_a_pipe_is_refused_without_waiting_for_it(path: Path) -> None:
    os.mkfifo(path)
    assert "not a file" in await assert_refused(path)


async def test_a_path_through_a_file_is_refused(path: Path) -> None:
    path.write_text("a file")
    with pytest.raises(StoreUnreadable, match="permissions"):
        await SqliteStore(path / "documents.db").open()
    with pytest.raises(StoreUnreadable, match="permissions"):
        await SqliteStore(path / "data" / "documents.db").open()
    assert path.read_text() == "a file"


@contextmanager
def an_ordinary_user() -> Iterator[None]:
    """Do without the rights of the superuser, for whom permissions are no obstacle."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter and write to."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder
        folder.chmod(0o777)


@pytest.mark.parametrize(
    ("folder_mode", "file_mode"), [(0o777, 0o000), (0o777, 0o444), (0o555, 0o666), (0o000, 0o666)]
)
async def test_missing_permissions_are_told(open_folder: Path, folder_mode: int, file_mode: int) -> None:
    path = open_folder / "documents.db"
    await fill(path)
    before = path.read_bytes()
    path.chmod(file_mode)
    open_folder.chmod(folder_mode)
    with an_ordinary_user(), pytest.raises(StoreUnreadable, match="permissions") as refusal:
        await SqliteStore(path).open()
    assert str(path) in str(refusal.value)
    open_folder.chmod(0o777)
    path.chmod(0o600)
    assert path.read_bytes() == before


async def test_a_folder_that_may_not_be_written_gets_no_store(open_folder: Path) -> None:
    open_folder.chmod(0o555)
    with an_ordinary_user(), pytest.raises(StoreUnreadable, match="permissions"):
        await SqliteStore(open_folder / "documents.db").open()
    assert list(open_folder.iterdir()) == []


# After a crash


async def test_a_crash_in_the_middle_of_a_checkpoint_is_no_damage(path: Path, tmp_path: Path) -> None:
    async with SqliteStore(path) as store:
        await write(store, "d", *(b"%d" % n * 1_000 for n in range(50)))
        (tmp_path / "crashed").mkdir()
        crashed = image(path, tmp_path / "crashed" / "documents.db")
    # The checkpoint came as far as the first page, which already announces pages that are in the log only.
    with crashed.open("r+b") as file:
        file.write(_last_first_page(crashed.with_name("documents.db-wal").read_bytes()))
    with closing(sqlite3.connect(f"{crashed.as_uri()}?immutable=1", uri=True)) as without_log:
        assert _raised_by(without_log, "PRAGMA user_version") == "database disk image is malformed"
    async with SqliteStore(crashed) as store:
        assert updates(await store.load("d")) == [b"%d" % n * 1_000 for n in range(50)]


def _raised_by(connection: sqlite3.Connection, statement: str) -> str:
    with pytest.raises(sqlite3.DatabaseError) as error:
        connection.execute(statement)
    return str(error.value)


def _last_first_page(log: bytes) -> bytes:
    frames = [log[at : at + 24 + 4096] for at in range(32, len(log), 24 + 4096)]
    return [frame[24:] for frame in frames if int.from_bytes(frame[:4]) == 1][-1]
