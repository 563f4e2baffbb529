"""Snapshots take the place of records, and of nothing else."""

# ruff: noqa: S101 - these are tests, which ship with the package

from __future__ import annotations

import asyncio
import time

import pytest

from persistence.acceptance.place import Acceptance, names, positions, write
from persistence.port import (
    SnapshotConflict,
    Store,
    StoredDocument,
)


class Snapshots(Acceptance):
    async def test_a_snapshot_takes_the_place_of_exactly_its_records(self, store: Store) -> None:
        given = await write(store, "d", b"1", b"2", b"3", b"4")
        other = await write(store, "e", b"5")
        snapshot = await store.replace("d", 0, base=None, positions=[given[2], given[0]], state=b"13")
        stored = await store.load("d")
        assert stored.snapshot == snapshot
        assert snapshot.state == b"13"
        assert abs(snapshot.time - time.time()) < 60
        assert positions(stored.records) == [given[1], given[3]]
        assert positions((await store.load("e")).records) == other

    async def test_a_snapshot_replaces_the_one_it_was_built_on(self, store: Store) -> None:
        given = await write(store, "d", b"1", b"2")
        first = await store.replace("d", 0, base=None, positions=given[:1], state=b"1")
        second = await store.replace("d", 0, base=first.position, positions=given[1:], state=b"12")
        assert second.position > first.position
        assert await store.load("d") == StoredDocument("d", 0, second, ())

    async def test_a_snapshot_may_create_the_document_once(self, store: Store) -> None:
        snapshot = await store.replace("d", 0, base=None, positions=[], state=bytes(range(256)))
        with pytest.raises(SnapshotConflict):
            await store.replace("d", 0, base=None, positions=[], state=b"other")
        assert await store.load("d") == StoredDocument("d", 0, snapshot, ())
        assert await names(store) == ["d"]

    @pytest.mark.parametrize("wrong", ["base", "no base", "gone", "of another", "unheard of", "negative"])
    async def test_a_replacement_that_was_built_on_something_else_changes_nothing(
        self, store: Store, wrong: str
    ) -> None:
        given = await write(store, "d", b"1", b"2", b"3")
        foreign = await write(store, "e", b"4")
        snapshot = await store.replace("d", 0, base=None, positions=given[:1], state=b"1")
        before = await store.load("d")
        base, named = {
            "base": (snapshot.position + 1_000, given[1:]),
            "no base": (None, given[1:]),
            "gone": (snapshot.position, given),
            "of another": (snapshot.position, [given[1], *foreign]),
            "unheard of": (snapshot.position, [given[1], 2**80]),
            "negative": (snapshot.position, [-1, given[1]]),
        }[wrong]
        with pytest.raises(SnapshotConflict) as refusal:
            await store.replace("d", 0, base=base, positions=named, state=b"wrong")
        assert refusal.value.document == "d"
        assert await store.load("d") == before

    async def test_of_several_replacements_at_once_one_wins(self, store: Store) -> None:
        given = await write(store, "d", b"1", b"2")
        results = await asyncio.gather(
            *(store.replace("d", 0, base=None, positions=given, state=b"%d" % n) for n in range(10)),
            return_exceptions=True,
        )
        winners = [result for result in results if not isinstance(result, BaseException)]
        assert len(winners) == 1
        assert [type(r) for r in results if r is not winners[0]] == [SnapshotConflict] * 9
        assert await store.load("d") == StoredDocument("d", 0, winners[0], ())

    async def test_what_is_appended_while_a_snapshot_is_made_stays(self, store: Store) -> None:
        given = await write(store, "d", *(b"%d" % n for n in range(20)))
        late, snapshot = await asyncio.gather(
            write(store, "d", b"late", b"later"),
            store.replace("d", 0, base=None, positions=given, state=b"squashed"),
        )
        stored = await store.load("d")
        assert stored.snapshot == snapshot
        assert positions(stored.records) == late
