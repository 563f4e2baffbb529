"""What is erased is gone and stays gone."""

# ruff: noqa: S101 - these are tests, which ship with the package

from __future__ import annotations

import asyncio

import pytest

from persistence.acceptance.place import Acceptance, names, updates, write
from persistence.port import (
    Append,
    DocumentErased,
    Store,
    StoredDocument,
)


class Erasing(Acceptance):
    async def test_an_erased_document_is_gone_and_stays_gone(self, store: Store) -> None:
        given = await write(store, "d", b"1", b"2")
        snapshot = await store.replace("d", 0, base=None, positions=given[:1], state=b"1")
        await store.delete("d")
        with pytest.raises(DocumentErased) as refusal:
            await store.load("d")
        assert refusal.value.document == "d"
        assert await names(store) == []
        for epoch in (0, 1, 2):
            [late] = await store.append([Append("d", epoch, "", b"late")])
            assert isinstance(late, DocumentErased)
            with pytest.raises(DocumentErased):
                await store.replace("d", epoch, base=snapshot.position, positions=given[1:], state=b"late")
            with pytest.raises(DocumentErased):
                await store.replace("d", epoch, base=None, positions=[], state=b"late")
        with pytest.raises(DocumentErased):
            await store.load("d")
        assert await names(store) == []

    async def test_a_refused_append_does_not_hinder_its_batch(self, store: Store) -> None:
        await store.delete("erased")
        results = await store.append(
            [
                Append("d", 0, "", b"1"),
                Append("erased", 0, "", b"2"),
                Append("d", 7, "", b"3"),
                Append("d", 0, "", b"4"),
            ]
        )
        assert [isinstance(result, DocumentErased) for result in results] == [False, True, True, False]
        assert [r.document for r in results if isinstance(r, DocumentErased)] == ["erased", "d"]
        assert updates(await store.load("d")) == [b"1", b"4"]

    async def test_a_wrong_epoch_creates_nothing(self, store: Store) -> None:
        [result] = await store.append([Append("d", 1, "", b"1")])
        assert isinstance(result, DocumentErased)
        with pytest.raises(DocumentErased):
            await store.replace("d", 1, base=None, positions=[], state=b"")
        assert await store.load("d") == StoredDocument("d", 0, None, ())
        assert await names(store) == []

    async def test_deleting_twice_or_what_never_was_leaves_a_tombstone(self, store: Store) -> None:
        await store.delete("never")
        await store.delete("never")
        with pytest.raises(DocumentErased):
            await store.load("never")
        assert await names(store) == []

    async def test_erasing_one_document_leaves_its_neighbours(self, store: Store) -> None:
        for name in ("d", "d/", "d\0", "D"):
            await write(store, name, b"kept")
        await store.delete("d")
        assert await names(store) == ["D", "d\0", "d/"]
        for name in ("d/", "d\0", "D"):
            assert updates(await store.load(name)) == [b"kept"]

    async def test_an_append_that_meets_an_erasure_is_written_before_it_or_refused(
        self, store: Store
    ) -> None:
        await write(store, "d", b"1")
        late = [asyncio.ensure_future(store.append([Append("d", 0, "", b"%d" % n)])) for n in range(10)]
        await store.delete("d")
        assert all(isinstance(result, int | DocumentErased) for [result] in await asyncio.gather(*late))
        with pytest.raises(DocumentErased):
            await store.load("d")
        assert await names(store) == []
