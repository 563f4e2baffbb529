"""The list of documents."""

# ruff: noqa: S101 - these are tests, which ship with the package

from __future__ import annotations

import asyncio
import time

import pytest

from persistence.acceptance.place import Acceptance, names, write
from persistence.port import (
    Append,
    Store,
)


class Listing(Acceptance):
    async def test_the_list_tells_sizes_and_times(self, store: Store) -> None:
        begun = time.time()
        given = await write(store, "d", b"12345", b"678")
        await store.replace("d", 0, base=None, positions=given[:1], state=b"1234567")
        await write(store, "e", b"")
        d, e = [info async for info in store.list()]
        assert (d.name, d.snapshot_bytes, d.record_count, d.record_bytes) == ("d", 7, 1, 3)
        assert (e.name, e.snapshot_bytes, e.record_count, e.record_bytes) == ("e", 0, 1, 0)
        assert begun - 1 <= d.modified <= e.modified <= time.time() + 1

    async def test_the_list_knows_documents_whose_records_are_all_replaced(self, store: Store) -> None:
        given = await write(store, "d", b"1")
        snapshot = await store.replace("d", 0, base=None, positions=given, state=b"1")
        [info] = [info async for info in store.list()]
        assert (info.record_count, info.record_bytes, info.modified) == (0, 0, snapshot.time)

    async def test_the_list_is_whole_and_in_order_however_long_it_is(self, store: Store) -> None:
        written = {f"{n * 7919 % 1000:03}" for n in range(300)}
        await store.append([Append(name, 0, "", b"") for name in written])
        assert await names(store) == sorted(written)

    @pytest.mark.parametrize("prefix", ["", "a", "a/", "a%", "a_", "\U0010ffff", "A", "nothing", "a\0"])
    async def test_the_list_by_prefix(self, store: Store, prefix: str) -> None:
        written = ["a", "a/", "a/1", "a%", "a%2f", "ab", "A", "b", "\U0010ffff", "\U0010ffffz", "\U0010fffe"]
        written += ["a\0", "a\0b"]
        await store.append([Append(name, 0, "", b"") for name in written])
        assert await names(store, prefix) == sorted(name for name in written if name.startswith(prefix))

    async def test_the_list_goes_on_while_documents_come_and_go(self, store: Store) -> None:
        kept = [f"kept {n:03}" for n in range(200)]
        await store.append([Append(name, 0, "", b"") for name in [*kept, "gone", "soon gone"]])
        seen: list[str] = []
        async for info in store.list():
            if not seen:
                await asyncio.gather(
                    store.delete("gone"), store.delete("soon gone"), write(store, "new", b"")
                )
            seen.append(info.name)
        assert [name for name in seen if name in kept] == kept
        assert seen == sorted(set(seen))
