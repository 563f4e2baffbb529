"""Documents of embedding programs: peers like any other, and no danger to the room."""

from __future__ import annotations

import pycrdt
import pytest

from crdt_server.protocol.messages import SyncStep1
from crdt_server.runtime.engine import Engine
from crdt_server.runtime.errors import (
    EngineUnavailable,
)
from tests.conditions import until
from tests.runtime.stores import SlowStore, rooms, text


async def test_two_programs_edit_one_document(engine: Engine) -> None:
    async with engine.open("a") as one, engine.open("a") as two:
        text(one).insert(0, "hello")
        await one.saved()
        assert str(text(two)) == "hello"
        text(two).insert(5, " world")
        await two.saved()
        assert str(text(one)) == "hello world"


async def test_what_was_saved_is_there_when_it_is_opened_again(engine: Engine, store: SlowStore) -> None:
    async with engine.open("a") as document:
        text(document).insert(0, "kept")
        await document.saved()
    await until(lambda: rooms(engine) == 0)
    async with engine.open("a") as document:
        assert str(text(document)) == "kept"
    assert store.loads == 2


async def test_a_program_whose_observer_fails_stops_nobody(engine: Engine) -> None:
    def fail(event: object) -> None:
        raise RuntimeError("a mistake in the program")

    async with engine.open("a") as one, engine.open("a") as two:
        watched = text(two)
        subscription = watched.observe(fail)
        text(one).insert(0, "x")
        await one.saved()
        watched.unobserve(subscription)
        assert str(watched) == "x"
        text(two).insert(1, "y")
        await two.saved()


async def test_a_program_whose_doc_panics_stops_nobody(engine: Engine) -> None:
    """A Rust panic is a BaseException; the poison is the program's own doing, past every check."""
    async with engine.open("a") as broken, engine.open("a") as other:
        broken._is_applying = True
        broken.doc.apply_update(bytes.fromhex("01010001000000"))
        broken._is_applying = False
        broken.deliver(SyncStep1(b"\x00"))
        text(other).insert(0, "kept")
        await other.saved()
        with pytest.raises(EngineUnavailable, match="cannot follow"):
            await broken.saved()
    async with engine.open("a") as document:
        assert str(text(document)) == "kept"


async def test_an_edit_that_is_refused_is_not_saved(engine: Engine) -> None:
    async with engine.open("a") as document, engine.open("a") as other:
        shared = document.doc.get("m", type=pycrdt.Map)
        deep: list[object] = []
        for _ in range(150):
            deep = [deep]
        with pytest.raises(ExceptionGroup):
            shared["deep"] = deep
        with pytest.raises(EngineUnavailable, match="refused"):
            await document.saved()
        text(other).insert(0, "others go on")
        await other.saved()
