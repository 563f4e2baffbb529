"""The store port: what every place that keeps documents can do, and the words it uses.

A store knows documents by name and keeps opaque bytes. For each document it holds at most one *snapshot*
(the merged state at a position) and the *records* after it (what arrived, in order). Positions are whole
numbers that grow within a store and are never used twice.

Erasing a document leaves a *tombstone*: its epoch grows, and everything that still carries the old epoch
(a late append, a late compaction) is refused inside the write transaction.

Every implementation passes `persistence.acceptance`.

Errors::

    StoreError
    ├── StoreUnreadable      the place cannot be opened or is damaged; starting must stop
    ├── StoreUnavailable     passing trouble (disk full, locked, connection lost); retry later
    ├── RecordDamaged        a stored record or snapshot fails its checksum; the document must not be served
    ├── DocumentErased       the document has a tombstone, or the epoch is not its current one
    └── SnapshotConflict     somebody else replaced the snapshot that a replacement was built on
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self


class StoreError(Exception):
    """Root of everything a store raises."""


class StoreUnreadable(StoreError):
    """The store cannot be opened, or is damaged. The message says which file and what to do."""


class StoreUnavailable(StoreError):
    """The store cannot do this now; the same call may succeed later."""


class RecordDamaged(StoreError):
    """A stored record or snapshot fails its checksum, or is gone.

    `position` is 0 where the damage is in what the store knows of the document as a whole.
    """

    def __init__(self, document: str, position: int) -> None:
        super().__init__(f"document {document!r}: what is stored at position {position} is damaged")
        self.document = document
        self.position = position


class DocumentErased(StoreError):
    """The document was erased: it has a tombstone, or the caller's epoch is an old one."""

    def __init__(self, document: str) -> None:
        super().__init__(f"document {document!r} was erased")
        self.document = document


class SnapshotConflict(StoreError):
    """The snapshot that a replacement was built on is no longer the current one. Nothing was changed."""

    def __init__(self, document: str) -> None:
        super().__init__(f"document {document!r}: another snapshot was written meanwhile")
        self.document = document


@dataclass(frozen=True, slots=True)
class Append:
    """One record to be appended: an `update` to `document`, by `author` (a label for audit, may be empty).

    `epoch` is the one that `load` returned.
    """

    document: str
    epoch: int
    author: str
    update: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """An appended update, at its position, with the time of the append in seconds since 1970 (UTC)."""

    position: int
    time: float
    author: str
    update: bytes


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A document's merged state. `position` orders it among the records and names it in `replace`."""

    position: int
    time: float
    state: bytes


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """What `load` returns. A document that nobody wrote yet has no snapshot and no records."""

    name: str
    epoch: int
    snapshot: Snapshot | None
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """One line of `list`. Sizes are in bytes; `modified` is seconds since 1970 of the last write."""

    name: str
    snapshot_bytes: int
    record_count: int
    record_bytes: int
    modified: float


class Store(Protocol):
    """Where documents are kept. All methods but `open` need an open store; calls may overlap."""

    async def open(self) -> None:
        """Make the store usable, creating its schema where it is new.

        Raises `StoreUnreadable` (damaged, of a newer schema, not a store) or `StoreUnavailable`.
        Never alters what it cannot read.
        """
        ...

    async def close(self) -> None:
        """Release everything. Idempotent; appends that already began are completed first."""
        ...

    async def append(self, batch: Sequence[Append]) -> Sequence[int | DocumentErased]:
        """Write the whole batch durably in one transaction; return when it is on disk.

        The result has one entry per element of `batch`, in order: its position, or `DocumentErased` where
        the epoch is not the document's current one (the others are written all the same). Positions of
        one document grow in the order of the batch.

        Raises `StoreUnavailable`, and then nothing of the batch was written.
        """
        ...

    async def load(self, document: str) -> StoredDocument:
        """Read a document: its snapshot and the records after it, in order of position.

        Raises `DocumentErased`, `RecordDamaged`, `StoreUnavailable`.
        """
        ...

    async def replace(
        self, document: str, epoch: int, *, base: int | None, positions: Sequence[int], state: bytes
    ) -> Snapshot:
        """Put a snapshot in the place of exactly the records at `positions`, in one transaction.

        `base` is the position of the snapshot that `state` was built on (None: there was none).
        Records that are not named stay and are still loaded after the new snapshot.

        Raises `SnapshotConflict` (`base` is not the current snapshot, or a named record is gone),
        `DocumentErased`, `RecordDamaged`, `StoreUnavailable`; nothing was changed then.
        """
        ...

    async def delete(self, document: str) -> None:
        """Erase a document's snapshot and records and leave a tombstone with the next epoch.

        Deleting what does not exist leaves a tombstone too. Idempotent. Raises `StoreUnavailable`.
        """
        ...

    def list(self, prefix: str = "") -> AsyncIterator[DocumentInfo]:
        """Iterate over documents whose name starts with `prefix`, sorted by code point; no erased ones."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
