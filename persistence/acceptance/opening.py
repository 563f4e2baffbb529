"""What is left when a store is closed and opened again."""

# ruff: noqa: S101 - these are tests, which ship with the package

from __future__ import annotations

import asyncio

import pytest

from persistence.acceptance.place import Acceptance, Place, names, positions, updates, write
from persistence.port import (
    Append,
    DocumentErased,
    Store,
    StoreUnavailable,
)


class Opening(Acceptance):
    async def test_everything_is_there_when_the_store_is_opened_again(self, place: Place) -> None:
        async with place() as store:
            first = await write(store, "kept", b"1", b"2", b"3")
            await store.replace("kept", 0, base=None, positions=first[:2], state=b"12")
            await write(store, "erased", b"secret")
            await store.delete("erased")
            before = await store.load("kept")
            listed = [info async for info in store.list()]
        async with place() as store:
            assert await store.load("kept") == before
            assert [info async for info in store.list()] == listed
            with pytest.raises(DocumentErased):
                await store.load("erased")

    async def test_positions_go_on_when_the_store_is_opened_again(self, place: Place) -> None:
        async with place() as store:
            given = await write(store, "d", b"1", b"2")
            await store.delete("d")
        async with place() as store:
            assert (await write(store, "e", b"3"))[0] > max(given)

    async def test_a_store_can_be_opened_and_closed_again_and_again(self, place: Place) -> None:
        store = place()
        await store.close()
        for n in range(3):
            await store.open()
            await store.open()
            await write(store, "d", b"%d" % n)
            await store.close()
            await store.close()
        await store.open()
        assert updates(await store.load("d")) == [b"0", b"1", b"2"]
        await store.close()

    async def test_a_closed_store_is_unavailable(self, store: Store) -> None:
        await store.close()
        with pytest.raises(StoreUnavailable):
            await store.append([Append("d", 0, "", b"")])
        with pytest.raises(StoreUnavailable):
            await store.load("d")
        with pytest.raises(StoreUnavailable):
            await store.replace("d", 0, base=None, positions=[], state=b"")
        with pytest.raises(StoreUnavailable):
            await store.delete("d")
        with pytest.raises(StoreUnavailable):
            await names(store)

    async def test_closing_completes_the_appends_that_began(self, place: Place) -> None:
        async with place() as store:
            begun = [asyncio.ensure_future(write(store, "d", b"%d" % n)) for n in range(50)]
            await asyncio.sleep(0)  # each runs to its first suspension
        given = await asyncio.gather(*begun)
        async with place() as store:
            assert positions((await store.load("d")).records) == sorted(p for [p] in given)
