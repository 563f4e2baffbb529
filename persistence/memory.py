"""A store in the process's memory: for tests, demos and documents that may be forgotten."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from persistence.names import require_encodable
from persistence.port import (
    Append,
    DocumentErased,
    DocumentInfo,
    Record,
    Snapshot,
    SnapshotConflict,
    StoredDocument,
    StoreUnavailable,
)


@dataclass(slots=True)
class _Document:
    epoch: int = 0
    erased: bool = False
    snapshot: Snapshot | None = None
    records: dict[int, Record] = field(default_factory=dict)

    def accepts(self, epoch: int) -> bool:
        return not self.erased and epoch == self.epoch

    @property
    def empty(self) -> bool:
        return self.snapshot is None and not self.records


@dataclass(slots=True)
class Memory:
    """The place that a `MemoryStore` writes to. It outlives the store, which can so be opened again."""

    documents: dict[str, _Document] = field(default_factory=dict)
    last_position: int = 0

    def take_position(self) -> int:
        self.last_position += 1
        return self.last_position


class MemoryStore:
    """A `persistence.port.Store` that keeps everything in `memory` (its own, unless one is given)."""

    def __init__(self, memory: Memory | None = None) -> None:
        self._memory = memory if memory is not None else Memory()
        self._open = False

    async def open(self) -> None:
        self._open = True

    async def close(self) -> None:
        self._open = False

    async def append(self, batch: Sequence[Append]) -> Sequence[int | DocumentErased]:
        self._require_open()
        for item in batch:
            require_encodable(item.document, item.author)
        now = time.time()
        return [self._append(item, now) for item in batch]

    def _append(self, item: Append, now: float) -> int | DocumentErased:
        document = self._memory.documents.get(item.document, _Document())
        if not document.accepts(item.epoch):
            return DocumentErased(item.document)
        self._memory.documents[item.document] = document
        position = self._memory.take_position()
        document.records[position] = Record(position, now, item.author, item.update)
        return position

    async def load(self, document: str) -> StoredDocument:
        self._require_open()
        require_encodable(document)
        stored = self._memory.documents.get(document, _Document())
        if stored.erased:
            raise DocumentErased(document)
        return StoredDocument(document, stored.epoch, stored.snapshot, tuple(stored.records.values()))

    async def replace(
        self, document: str, epoch: int, *, base: int | None, positions: Sequence[int], state: bytes
    ) -> Snapshot:
        self._require_open()
        require_encodable(document)
        stored = self._memory.documents.get(document, _Document())
        if not stored.accepts(epoch):
            raise DocumentErased(document)
        current = stored.snapshot.position if stored.snapshot else None
        replaced = set(positions)
        if base != current or not replaced <= stored.records.keys():
            raise SnapshotConflict(document)
        self._memory.documents[document] = stored
        for position in replaced:
            del stored.records[position]
        stored.snapshot = Snapshot(self._memory.take_position(), time.time(), state)
        return stored.snapshot

    async def delete(self, document: str) -> None:
        self._require_open()
        require_encodable(document)
        stored = self._memory.documents.get(document, _Document())
        if not stored.erased:
            self._memory.documents[document] = _Document(epoch=stored.epoch + 1, erased=True)

    async def list(self, prefix: str = "") -> AsyncIterator[DocumentInfo]:
        self._require_open()
        require_encodable(prefix)
        for name in sorted(self._memory.documents):
            document = self._memory.documents[name]
            if name.startswith(prefix) and not document.empty:
                yield _info(name, document)

    def _require_open(self) -> None:
        if not self._open:
            raise StoreUnavailable("the store is not open")

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _info(name: str, document: _Document) -> DocumentInfo:
    snapshot, records = document.snapshot, document.records.values()
    times = [record.time for record in records]
    return DocumentInfo(
        name,
        snapshot_bytes=len(snapshot.state) if snapshot else 0,
        record_count=len(records),
        record_bytes=sum(len(record.update) for record in records),
        modified=max([*times, snapshot.time] if snapshot else times),
    )
