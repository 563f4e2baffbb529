"""Where a store under test is kept, and how the tests write to it."""

# ruff: noqa: S101 - these are tests, which ship with the package

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable

import pytest

from persistence.port import Append, DocumentErased, Record, Store, StoredDocument

Place = Callable[[], Store]
"""Makes a store, not opened yet. All that it makes are the same place, which can so be opened again."""


async def write(store: Store, document: str, *updates: bytes, epoch: int = 0, author: str = "") -> list[int]:
    """Append updates to one document and return their positions; fails if the document is erased."""
    results = await store.append([Append(document, epoch, author, update) for update in updates])
    return [taken(result) for result in results]


def taken(result: int | DocumentErased) -> int:
    assert not isinstance(result, DocumentErased)
    return result


def updates(stored: StoredDocument) -> list[bytes]:
    return [record.update for record in stored.records]


def positions(records: Iterable[Record]) -> list[int]:
    return [record.position for record in records]


async def names(store: Store, prefix: str = "") -> list[str]:
    return [info.name async for info in store.list(prefix)]


class Acceptance:
    """What the parts of the kit share: the fixtures."""

    @pytest.fixture
    def place(self) -> Place:
        raise NotImplementedError("say where the store is kept: see persistence.acceptance")

    @pytest.fixture
    async def store(self, place: Place) -> AsyncIterator[Store]:
        async with place() as store:
            yield store
