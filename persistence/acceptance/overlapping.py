"""Calls that overlap."""

# ruff: noqa: S101 - these are tests, which ship with the package

from __future__ import annotations

import asyncio

from persistence.acceptance.place import Acceptance, positions, updates, write
from persistence.port import (
    Store,
)


class Overlapping(Acceptance):
    async def test_appends_may_overlap(self, store: Store) -> None:
        async def author(n: int) -> list[int]:
            return [
                p for turn in range(5) for p in await write(store, f"d{n % 4}", b"%d %d" % (n, turn), b"+")
            ]

        given = await asyncio.gather(*(author(n) for n in range(40)))
        everything = [p for mine in given for p in mine]
        assert len(set(everything)) == 400
        for document in range(4):
            stored = await store.load(f"d{document}")
            assert positions(stored.records) == sorted(p for mine in given[document::4] for p in mine)

    async def test_a_load_sees_whole_batches_only(self, store: Store) -> None:
        async def append() -> None:
            for _ in range(30):
                await write(store, "d", b"a", b"b", b"c")

        writing = asyncio.ensure_future(append())
        while not writing.done():
            assert len((await store.load("d")).records) % 3 == 0
            await asyncio.sleep(0)
        await writing
        assert len((await store.load("d")).records) == 90

    async def test_a_cancelled_append_is_made_whole_or_not_at_all(self, store: Store) -> None:
        for n in range(20):
            task = asyncio.ensure_future(write(store, "d", b"%d" % n, b"%d" % n))
            for _ in range(n % 5):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await write(store, "d", b"last")
        *rest, last = updates(await store.load("d"))
        assert last == b"last"
        assert rest[::2] == rest[1::2]
