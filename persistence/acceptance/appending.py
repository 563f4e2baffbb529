"""What is appended is loaded."""

# ruff: noqa: S101 - these are tests, which ship with the package

from __future__ import annotations

import asyncio
import time

from persistence.acceptance.place import Acceptance, names, positions, taken, updates, write
from persistence.port import (
    Append,
    Store,
    StoredDocument,
)

NAMES = [
    "",
    " ",
    "..",
    "../../etc/passwd",
    "a/b%2fc",
    "it's; --",
    "null\0inside",
    "null\0other",
    "Pr\u00e9fecture \u2013 d\u00e9lib\u00e9r\u00e9",
    "case",
    "CASE",
    "cas%",
    "cas_",
    "cas*",
    "e\u0301",
    "\u00e9",
    "\ud7ff",
    "\ue000",
    "\uffff",
    "\U00010000",
    "\U0010ffff",
    "long" * 2_500,
]
"""Names that a file system, an SQL statement, a collation or UTF-16 would confuse."""

EVERY_BYTE = bytes(range(256))


class Appending(Acceptance):
    async def test_a_document_that_nobody_wrote_is_empty(self, store: Store) -> None:
        assert await store.load("new") == StoredDocument("new", 0, None, ())
        assert await names(store) == []

    async def test_what_was_appended_is_loaded_in_order(self, store: Store) -> None:
        begun = time.time()
        given = await store.append([Append("d", 0, "Zo\u00eb", b"one"), Append("d", 0, "", b"two")])
        stored = await store.load("d")
        assert [(r.position, r.author, r.update) for r in stored.records] == [
            (given[0], "Zo\u00eb", b"one"),
            (given[1], "", b"two"),
        ]
        assert all(begun - 1 <= record.time <= time.time() + 1 for record in stored.records)

    async def test_updates_are_opaque_bytes(self, store: Store) -> None:
        written = [b"", EVERY_BYTE, EVERY_BYTE * 20_000]
        await write(store, "d", *written)
        assert updates(await store.load("d")) == written

    async def test_an_empty_batch_writes_nothing(self, store: Store) -> None:
        assert list(await store.append([])) == []
        assert await names(store) == []

    async def test_one_batch_holds_many_documents(self, store: Store) -> None:
        batch = [Append(f"d{n % 7}", 0, "", b"%d" % n) for n in range(100)]
        given = [taken(result) for result in await store.append(batch)]
        for document in range(7):
            stored = await store.load(f"d{document}")
            assert updates(stored) == [b"%d" % n for n in range(document, 100, 7)]
            assert positions(stored.records) == given[document::7]

    async def test_positions_grow_and_are_never_given_twice(self, store: Store) -> None:
        one = await write(store, "d", b"1", b"2")
        other = await write(store, "e", b"3")
        snapshot = await store.replace("d", 0, base=None, positions=one, state=b"12")
        await store.delete("e")
        last = await write(store, "d", b"4")
        given = [*one, *other, snapshot.position, *last]
        assert given == sorted(set(given))
        assert given[0] > 0

    async def test_names_are_names_and_never_paths_patterns_or_numbers(self, store: Store) -> None:
        for name in NAMES:
            await write(store, name, name.encode())
        for name in NAMES:
            stored = await store.load(name)
            assert (stored.name, updates(stored)) == (name, [name.encode()])
        assert await names(store) == sorted(NAMES)

    async def test_text_that_utf_8_cannot_write_is_refused_alone(self, store: Store) -> None:
        half = "\ud800"
        refused = [
            store.append([Append("d", 0, "", b"1"), Append(half, 0, "", b"")]),
            store.append([Append("d", 0, half, b"2")]),
            store.load(half),
            store.replace(half, 0, base=None, positions=[], state=b""),
            store.delete(half),
        ]
        results = await asyncio.gather(*refused, write(store, "d", b"3"), return_exceptions=True)
        assert [isinstance(result, ValueError) for result in results] == [True] * len(refused) + [False]
        assert updates(await store.load("d")) == [b"3"]
