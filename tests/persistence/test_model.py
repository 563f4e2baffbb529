"""Any sequence of calls leaves a store and a plain dictionary with the same content (Hypothesis)."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from persistence.memory import Memory, MemoryStore
from persistence.port import Append, DocumentErased, SnapshotConflict, Store
from persistence.sqlite import SqliteStore
from persistence.sqlite.limits import SqliteLimits

T = TypeVar("T")

NAMES = st.sampled_from(["", "a", "a/b", "\uffff", "\U00010000", *"bcdefgh"])
EPOCHS = st.sampled_from([0, 0, 0, 0, 1, 2])
APPENDS = st.builds(Append, NAMES, EPOCHS, st.text(max_size=3), st.binary(max_size=20))


@dataclass(frozen=True)
class Expected:
    epoch: int = 0
    erased: bool = False
    snapshot: tuple[int, bytes] | None = None
    records: dict[int, tuple[str, bytes]] = field(default_factory=dict)

    def accepts(self, epoch: int) -> bool:
        return not self.erased and epoch == self.epoch


class StoreMachine(RuleBasedStateMachine):
    """`place` makes a store each time, always in the same place."""

    def __init__(self, place: Callable[[], Store]) -> None:
        super().__init__()
        self.place = place
        self.runner = asyncio.Runner()
        self.expected: dict[str, Expected] = {}
        self.last_position = 0
        self.store = self.place()
        self.run(self.store.open())

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(call)

    def took(self, position: int) -> int:
        assert position > self.last_position
        self.last_position = position
        return position

    @rule(batch=st.lists(APPENDS, max_size=8))
    def append(self, batch: list[Append]) -> None:
        results = self.run(_append(self.store, batch))
        assert len(results) == len(batch)
        for item, result in zip(batch, results, strict=True):
            known = self.expected.get(item.document, Expected())
            if isinstance(result, DocumentErased):
                assert not known.accepts(item.epoch)
                continue
            assert known.accepts(item.epoch)
            records = known.records | {self.took(result): (item.author, item.update)}
            self.expected[item.document] = replace(known, records=records)

    @rule(name=NAMES, epoch=EPOCHS, data=st.data(), state=st.binary(max_size=20))
    def replace(self, name: str, epoch: int, data: st.DataObject, state: bytes) -> None:
        known = self.expected.get(name, Expected())
        current = known.snapshot[0] if known.snapshot else None
        base = data.draw(st.sampled_from([current, current, current, None, 1]))
        positions = data.draw(st.lists(st.sampled_from([*known.records, self.last_position])))
        call = self.store.replace(name, epoch, base=base, positions=positions, state=state)
        if not known.accepts(epoch):
            with pytest.raises(DocumentErased):
                self.run(call)
        elif base != current or not set(positions) <= known.records.keys():
            with pytest.raises(SnapshotConflict):
                self.run(call)
        else:
            snapshot = self.run(call)
            assert snapshot.state == state
            left = {position: known.records[position] for position in known.records.keys() - set(positions)}
            self.expected[name] = replace(
                known, snapshot=(self.took(snapshot.position), state), records=dict(sorted(left.items()))
            )

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        self.run(self.store.delete(name))
        known = self.expected.get(name, Expected())
        if not known.erased:
            self.expected[name] = Expected(epoch=known.epoch + 1, erased=True)

    @rule(name=NAMES)
    def load(self, name: str) -> None:
        known = self.expected.get(name, Expected())
        if known.erased:
            with pytest.raises(DocumentErased):
                self.run(self.store.load(name))
            return
        stored = self.run(self.store.load(name))
        assert (stored.name, stored.epoch) == (name, known.epoch)
        assert (stored.snapshot and (stored.snapshot.position, stored.snapshot.state)) == known.snapshot
        assert [(r.position, (r.author, r.update)) for r in stored.records] == list(known.records.items())

    @rule(prefix=st.sampled_from(["", "a", "a/", "\U00010000"]))
    def list(self, prefix: str) -> None:
        listed = self.run(_list(self.store, prefix))
        assert listed == [
            (
                name,
                len(known.snapshot[1]) if known.snapshot else 0,
                len(known.records),
                sum(len(update) for _, update in known.records.values()),
            )
            for name, known in sorted(self.expected.items())
            if not known.erased and name.startswith(prefix)
        ]

    @rule()
    def open_again(self) -> None:
        self.run(self.store.close())
        self.store = self.place()
        self.run(self.store.open())

    @invariant()
    def nothing_comes_back(self) -> None:
        for name, known in self.expected.items():
            if known.erased:
                self.load(name)

    def teardown(self) -> None:
        for name in self.expected:
            self.load(name)
        self.list("")
        self.run(self.store.close())
        self.runner.close()


async def _append(store: Store, batch: list[Append]) -> list[int | DocumentErased]:
    return [*await store.append(batch)]


async def _list(store: Store, prefix: str) -> list[tuple[str, int, int, int]]:
    return [(i.name, i.snapshot_bytes, i.record_count, i.record_bytes) async for i in store.list(prefix)]


class MemoryMachine(StoreMachine):
    def __init__(self) -> None:
        memory = Memory()
        super().__init__(lambda: MemoryStore(memory))


class SqliteMachine(StoreMachine):
    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        path, limits = Path(self.folder.name, "documents.db"), SqliteLimits(list_page_documents=2)
        super().__init__(lambda: SqliteStore(path, limits))

    def teardown(self) -> None:
        super().teardown()
        self.folder.cleanup()


TestMemory = MemoryMachine.TestCase
TestMemory.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestSqlite = SqliteMachine.TestCase
TestSqlite.settings = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
