"""One write transaction: the changes that wait, of any number of documents and callers, in one commit."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence, Set

from persistence.checksum import record_checksum, snapshot_checksum
from persistence.port import (
    Append,
    DocumentErased,
    RecordDamaged,
    Snapshot,
    SnapshotConflict,
    StoreUnavailable,
)
from persistence.sqlite.counter import read_counter, write_counter
from persistence.sqlite.head import Head, read_head, write_head
from persistence.sqlite.schema import document_key


class Transaction:
    """Changes between BEGIN and COMMIT. Every time in it is that of its begin.

    A change raises its `StoreError` before it writes anything: whoever is refused leaves the others whole.
    Any `sqlite3.Error` is the end of the whole transaction; the caller rolls back.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        counter = read_counter(connection)
        if counter is None:
            raise StoreUnavailable("the counter of positions is damaged: restore the file from a backup")
        self._connection = connection
        self._counter = counter
        self._now = time.time()
        self._heads: dict[str, Head] = {}
        self._changed: set[str] = set()
        self._records: list[tuple[bytes, int, float, str, bytes, bytes]] = []
        self.erased = False

    def append(self, batch: Sequence[Append]) -> list[int | DocumentErased]:
        return [self._append(item) for item in batch]

    def _append(self, item: Append) -> int | DocumentErased:
        head = self._head(item.document)
        # To a damaged head the bytes are added all the same: they are what a repair would start from, and a
        # refusal would be a lie ("erased") or would fail everybody else in the transaction.
        if not head.damaged:
            if not head.accepts(item.epoch):
                return DocumentErased(item.document)
            head.records += 1
            self._changed.add(item.document)
        position = self._counter.take_position()
        digest = record_checksum(head.name, position, self._now, item.author.encode(), item.update)
        self._records.append((head.key, position, self._now, item.author, item.update, digest))
        return position

    def replace(
        self, document: str, epoch: int, base: int | None, positions: Set[int], state: bytes
    ) -> Snapshot:
        head = self._head(document)
        if head.damaged:
            raise RecordDamaged(document, 0)
        if not head.accepts(epoch):
            raise DocumentErased(document)
        if head.snapshot != base:
            raise SnapshotConflict(document)
        self._write_records()
        if not positions <= self._stored_positions(head):
            raise SnapshotConflict(document)
        self._connection.executemany(
            "DELETE FROM records WHERE document = ? AND position = ?",
            [(head.key, position) for position in positions],
        )
        snapshot = Snapshot(self._counter.take_position(), self._now, state)
        self._connection.execute(
            "INSERT OR REPLACE INTO snapshots (document, position, time, bytes, checksum)"
            " VALUES (?, ?, ?, ?, ?)",
            (
                head.key,
                snapshot.position,
                self._now,
                state,
                snapshot_checksum(head.name, snapshot.position, self._now, state),
            ),
        )
        head.snapshot = snapshot.position
        head.records -= len(positions)
        self._changed.add(document)
        return snapshot

    def delete(self, document: str) -> None:
        head = self._head(document)
        if head.erased and not head.damaged:
            return
        self._write_records()
        key = document_key(document)
        self._connection.execute("DELETE FROM records WHERE document = ?", (key,))
        self._connection.execute("DELETE FROM snapshots WHERE document = ?", (key,))
        self._connection.execute("DELETE FROM documents WHERE key = ? OR name = ?", (key, document))
        self._heads[document] = Head(key, head.name, epoch=head.epoch + 1, erased=True)
        self._changed.add(document)
        self.erased = self._counter.remains = True

    def commit(self) -> None:
        self._write_records()
        for document in self._changed:
            write_head(self._connection, self._heads[document])
        write_counter(self._connection, self._counter)
        self._connection.execute("COMMIT")

    def _head(self, document: str) -> Head:
        head = self._heads.get(document)
        if head is None:
            head = self._heads[document] = read_head(self._connection, document)
        return head

    def _stored_positions(self, head: Head) -> set[int]:
        rows = self._connection.execute("SELECT position FROM records WHERE document = ?", (head.key,))
        return {position for (position,) in rows}

    def _write_records(self) -> None:
        self._connection.executemany(
            "INSERT INTO records (document, position, time, author, bytes, checksum)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            self._records,
        )
        self._records.clear()
