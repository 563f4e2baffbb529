"""Nothing waits without a bound, and limits do not contradict each other."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from persistence.acceptance.place import updates, write
from persistence.port import StoreUnavailable
from persistence.sqlite import SqliteStore
from persistence.sqlite.limits import SqliteLimits
from tests.persistence.sqlite.raw import write_lock


@pytest.mark.parametrize(
    "limits",
    [
        {"value_bytes_max": 2, "waiting_bytes_max": 1},
        {"group_rows_max": 0},
        {"group_bytes_max": 0},
        {"list_page_documents": 0},
    ],
)
def test_limits_that_contradict_each_other_are_refused(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"must|at least"):
        SqliteLimits(**limits)


async def test_too_much_that_waits_is_refused_and_may_be_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "documents.db"
    async with SqliteStore(path, SqliteLimits(value_bytes_max=800, waiting_bytes_max=1_000)) as store:
        with write_lock(path):
            tasks = [asyncio.ensure_future(write(store, "d", bytes(800))) for _ in range(5)]
            await asyncio.sleep(0)
        results = await asyncio.gather(*tasks, return_exceptions=True)
        refused = [result for result in results if isinstance(result, StoreUnavailable)]
        assert 3 <= len(refused) <= 4  # one is being written, at most one waits
        assert len((await store.load("d")).records) == 5 - len(refused)
        await write(store, "d", bytes(800))


async def test_an_idle_writer_takes_a_batch_of_any_size(tmp_path: Path) -> None:
    limits = SqliteLimits(value_bytes_max=100, waiting_bytes_max=100)
    async with SqliteStore(tmp_path / "documents.db", limits) as store:
        await write(store, "d", *[bytes(100)] * 10)
        assert len((await store.load("d")).records) == 10


async def test_too_many_reads_are_refused_and_may_be_tried_again(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "documents.db", SqliteLimits(reads_waiting_max=2)) as store:
        results = await asyncio.gather(*(store.load("d") for _ in range(5)), return_exceptions=True)
        assert [isinstance(result, StoreUnavailable) for result in results] == [False] * 2 + [True] * 3
        await store.load("d")


async def test_a_value_that_is_too_long_is_refused_alone(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "documents.db", SqliteLimits(value_bytes_max=10)) as store:
        given = await write(store, "d", bytes(10))
        with pytest.raises(ValueError, match="11 bytes are more than the 10"):
            await write(store, "d", b"short", bytes(11))
        with pytest.raises(ValueError, match="11 bytes are more than the 10"):
            await store.replace("d", 0, base=None, positions=given, state=bytes(11))
        assert updates(await store.load("d")) == [bytes(10)]
