"""An engine over a store that pauses and fails when it is told to."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from crdt_server.runtime.engine import Engine
from tests.runtime.stores import QUICK, SlowStore


@pytest.fixture
async def store() -> SlowStore:
    return SlowStore()


@pytest.fixture
async def engine(store: SlowStore) -> AsyncIterator[Engine]:
    async with Engine(store, limits=QUICK) as engine:
        yield engine
        store.may_write.set()
        store.may_load.set()
        store.fails = False
