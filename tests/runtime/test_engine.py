"""The engine: one load however many come, nothing unloaded before it is stored, nothing lost on the way."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from crdt_server.core.limits import Limits
from crdt_server.core.merge import MergeError
from crdt_server.core.room import Room
from crdt_server.runtime.engine import Engine
from crdt_server.runtime.errors import (
    DocumentGone,
    DocumentUnavailable,
    EngineFull,
    EngineUnavailable,
)
from crdt_server.runtime.worker import Worker
from persistence.memory import MemoryStore
from persistence.port import Append
from tests.conditions import until
from tests.runtime.stores import QUICK, SlowStore, rooms, text


async def test_a_document_is_loaded_once_however_many_come(engine: Engine, store: SlowStore) -> None:
    store.may_load.clear()
    coming = [asyncio.create_task(engine.enter("a")) for _ in range(50)]
    await until(lambda: store.loads == 1)
    store.may_load.set()
    hosts = await asyncio.gather(*coming)
    assert len(set(map(id, hosts))) == 1
    assert store.loads == 1
    for host in hosts:
        engine.leave(host)


async def test_a_failed_load_is_tried_again_by_the_next_who_comes(engine: Engine, store: SlowStore) -> None:
    store.fails = True
    results = await asyncio.gather(*(engine.enter("a") for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [DocumentUnavailable] * 3
    assert rooms(engine) == 0
    store.fails = False
    engine.leave(await engine.enter("a"))
    assert store.loads == 2


async def test_who_gives_up_during_a_load_does_not_end_it_for_others(
    engine: Engine, store: SlowStore
) -> None:
    store.may_load.clear()
    impatient, patient = (asyncio.create_task(engine.enter("a")) for _ in range(2))
    await until(lambda: store.loads == 1)
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    store.may_load.set()
    host = await patient
    assert host.holds == 1
    engine.leave(host)
    await until(lambda: rooms(engine) == 0)


async def test_a_room_nobody_waited_for_goes_again(engine: Engine, store: SlowStore) -> None:
    store.may_load.clear()
    alone = asyncio.create_task(engine.enter("a"))
    await until(lambda: store.loads == 1)
    alone.cancel()
    await asyncio.gather(alone, return_exceptions=True)
    store.may_load.set()
    await until(lambda: rooms(engine) == 0)


async def test_a_room_stays_until_all_it_received_is_stored(engine: Engine, store: SlowStore) -> None:
    store.may_write.clear()
    async with engine.open("a") as document:
        text(document).insert(0, "slow")
        await until(lambda: store.attempts)
    await asyncio.sleep(QUICK.room_idle_s * 5)
    assert rooms(engine) == 1
    store.may_write.set()
    await until(lambda: rooms(engine) == 0)
    assert len((await store.load("a")).records) == 1


async def test_who_comes_back_in_time_finds_the_room(engine: Engine, store: SlowStore) -> None:
    for _ in range(20):
        async with engine.open("a") as document:
            text(document).insert(0, "x")
    async with engine.open("a") as document:
        await document.saved()
        assert str(text(document)) == "x" * 20


async def test_a_store_that_fails_acknowledges_nothing_and_loses_nothing(
    engine: Engine, store: SlowStore
) -> None:
    store.fails = False
    async with engine.open("a") as one, engine.open("a") as two:
        store.fails = True
        text(one).insert(0, "waiting")
        await until(lambda: engine.trouble() is not None)
        assert "the disk is full" in str(engine.trouble())
        assert str(text(two)) == "waiting"
        with pytest.raises(TimeoutError):
            await one.saved(timeout_s=0.05)
        store.fails = False
        await one.saved()
        assert engine.trouble() is None


async def test_commits_gather_what_comes_while_one_is_on_its_way(engine: Engine, store: SlowStore) -> None:
    store.may_write.clear()
    async with engine.open("first") as first:
        text(first).insert(0, "x")
        await until(lambda: store.attempts == 1)
        documents = [engine.open(f"d{number}") for number in range(30)]
        opened = [await document.__aenter__() for document in documents]
        for document in opened:
            text(document).insert(0, "x")
        await asyncio.sleep(0)
        store.may_write.set()
        for document in opened:
            await document.saved()
        for manager in documents:
            await manager.__aexit__(None, None, None)
    assert store.commits == [1, 30]


async def test_a_room_is_told_once_of_all_that_a_commit_stored(
    engine: Engine, store: SlowStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told of each record, it would look at all who wait for each: the square of the writers."""
    told: list[int] = []
    committed = Room.committed

    def counted(room: Room, sequence: int) -> None:
        told.append(sequence)
        committed(room, sequence)

    monkeypatch.setattr(Room, "committed", counted)
    async with AsyncExitStack() as stack:
        documents = [await stack.enter_async_context(engine.open("a")) for _ in range(20)]
        store.may_write.clear()
        for document in documents:
            text(document).insert(0, "x")
        await until(lambda: store.attempts)
        store.may_write.set()
        for document in documents:
            await document.saved()
    assert len(told) < len(documents)
    assert told[-1] >= len(documents)


async def test_an_erased_document_is_refused_and_its_sessions_end(engine: Engine, store: SlowStore) -> None:
    async with engine.open("a") as document:
        text(document).insert(0, "secret")
        await document.saved()
        await store.delete("a")
        text(document).insert(0, "late ")
        with pytest.raises(EngineUnavailable, match="DOCUMENT_ERASED"):
            await document.saved()
    await until(lambda: rooms(engine) == 0)
    with pytest.raises(DocumentGone):
        await engine.enter("a")


async def test_damaged_bytes_are_refused_and_never_replaced(engine: Engine, store: SlowStore) -> None:
    await store.append([Append("a", (await store.load("a")).epoch, "", b"\x01\x02garbage")])
    with pytest.raises(DocumentUnavailable):
        await engine.enter("a")
    assert len((await store.load("a")).records) == 1


async def test_the_number_of_rooms_is_bounded() -> None:
    async with Engine("memory:", limits=Limits(rooms_max=2)) as engine:
        for name in "ab":
            await engine.enter(name)
        await engine.enter("a")
        with pytest.raises(EngineFull):
            await engine.enter("c")


async def test_the_number_of_sessions_in_a_room_is_bounded() -> None:
    async with (
        Engine("memory:", limits=Limits(room_sessions_max=1)) as engine,
        engine.open("a"),
    ):
        with pytest.raises(EngineFull):
            async with engine.open("a"):
                pass


async def test_closing_writes_what_is_left() -> None:
    store = SlowStore()
    engine = await Engine(store, limits=QUICK).__aenter__()
    async with engine.open("a") as document:
        text(document).insert(0, "last words")
        assert await engine.close() == 0
    assert store.commits == [1]
    assert await engine.close() == 0
    with pytest.raises(EngineFull):
        await engine.enter("b")


async def test_closing_says_what_could_not_be_written() -> None:
    store = SlowStore()
    engine = await Engine(store, limits=QUICK).__aenter__()
    async with engine.open("a") as document:
        store.fails = True
        text(document).insert(0, "never")
        assert await engine.close() == 1
        with pytest.raises(EngineUnavailable):
            await document.saved()


async def test_closing_ends_loads_that_hang() -> None:
    store = SlowStore()
    engine = await Engine(store, limits=QUICK).__aenter__()
    store.may_load.clear()
    coming = asyncio.create_task(engine.enter("a"))
    await until(lambda: store.loads)
    await engine.close()
    with pytest.raises(EngineFull):
        await coming


async def test_an_engine_that_is_not_open_says_so() -> None:
    engine = Engine("memory:")
    assert engine.trouble() == "the engine is not open"
    assert not engine.is_open
    with pytest.raises(EngineFull):
        await engine.enter("a")


async def test_a_long_log_becomes_a_snapshot(tmp_path: Path) -> None:
    limits = Limits(compact_records_min=20, compact_pause_s=0.01, room_idle_s=0.01)
    url = f"sqlite:{tmp_path}/documents.db"
    async with Engine(url, limits=limits) as engine:
        async with engine.open("a") as document:
            for number in range(50):
                text(document).insert(0, str(number % 10))
                await document.saved()
            await until(lambda: b'crdt_squashes_total{outcome="done"}' in engine.metrics.expose(), 30)
            expected = str(text(document))
        await until(lambda: rooms(engine) == 0)
        stored = await engine._store.load("a")
        assert stored.snapshot is not None
        assert len(stored.records) <= 30
    async with Engine(url, limits=limits) as engine, engine.open("a") as document:
        assert str(text(document)) == expected


@pytest.mark.parametrize("step", ["turn", "committed"])
async def test_a_room_that_fails_is_given_up_and_loaded_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """What it has in memory may have been learned and not stored: nothing of it may be acknowledged."""

    def fail(*_: object) -> None:
        raise MergeError("planted")

    async with engine.open("a") as document:
        text(document).insert(0, "kept")
        await document.saved()
        with monkeypatch.context() as planted:
            planted.setattr(Room, step, fail)
            text(document).insert(0, "not ")
            with pytest.raises(EngineUnavailable, match="DOCUMENT_UNAVAILABLE"):
                await document.saved()
        async with engine.open("a") as again:
            assert str(text(again)) in ("kept", "not kept")
            again.doc.apply_update(document.doc.get_update())
            await again.saved()
            assert str(text(again)) == "not kept"
    await until(lambda: rooms(engine) == 0)
    async with engine.open("a") as document:
        assert str(text(document)) == "not kept"


async def test_a_document_opened_and_closed_at_once_is_let_go(engine: Engine) -> None:
    for number in range(20):
        async with engine.open(f"d{number}"):
            pass
    await until(lambda: rooms(engine) == 0)


async def test_a_room_is_idle_from_the_last_leave_on() -> None:
    async with Engine("memory:", limits=Limits(room_idle_s=30)) as engine:
        engine.leave(await engine.enter("a"))
        assert len(engine._idle_timers) == 1
        host = await engine.enter("a")
        assert not engine._idle_timers
        engine.leave(host)
        assert len(engine._idle_timers) == 1


async def test_a_squash_that_fails_unexpectedly_is_not_repeated_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attempts: list[int] = []

    async def fail(_: Worker, snapshot: bytes | None, updates: list[bytes]) -> bytes:
        attempts.append(len(updates))
        raise OSError("no more threads")

    monkeypatch.setattr(Worker, "squash", fail)
    async with (
        Engine("memory:", limits=Limits(compact_records_min=5, compact_pause_s=0.01)) as engine,
        engine.open("a") as document,
    ):
        for _ in range(12):
            text(document).insert(0, "x")
            await document.saved()
        assert attempts == [5, 10]


async def test_who_is_cut_off_while_closing_does_not_cut_the_closing_off() -> None:
    store = SlowStore()
    engine = await Engine(store, limits=Limits(drain_timeout_s=5)).__aenter__()
    async with engine.open("a") as document:
        store.may_write.clear()
        text(document).insert(0, "x")
        closing = asyncio.create_task(engine.close())
        await until(lambda: store.attempts)
        closing.cancel()
        await asyncio.gather(closing, return_exceptions=True)
        store.may_write.set()
        assert await engine.close() == 0
    assert store.commits == [1]


async def test_a_store_of_ones_own_is_closed_with_the_engine() -> None:
    store = MemoryStore()
    async with Engine(store) as engine, engine.open("a") as document:
        text(document).insert(0, "x")
        await document.saved()
