"""A document's head: its line in `documents`, which says what else there must be."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from persistence.checksum import checksum
from persistence.sqlite.schema import document_key


@dataclass(slots=True)
class Head:
    """What is known of a document. `damaged`: its line fails its checksum, and is never written again.

    `erased` heads are tombstones: they are stored without the name.
    """

    key: bytes
    name: bytes
    epoch: int = 0
    snapshot: int | None = None
    records: int = 0
    erased: bool = False
    damaged: bool = False

    def accepts(self, epoch: int) -> bool:
        return not self.erased and epoch == self.epoch

    def row(self) -> tuple[bytes, bytes | str, int, int | None, int, bytes]:
        name = self.key if self.erased else self.name.decode()
        return self.key, name, self.epoch, self.snapshot, self.records, self._checksum()

    def _checksum(self) -> bytes:
        name = b"erased" if self.erased else b"named " + self.name
        numbers = f"{self.epoch} {self.snapshot} {self.records}".encode()
        return checksum(b"document", self.key, name, numbers)

    def matches(self, row: tuple[object, ...]) -> bool:
        """Say whether `row`, with its text as bytes, is what this head would write."""
        key, _, *rest = self.row()
        return row == (key, self.key if self.erased else self.name, *rest)


def read_head(connection: sqlite3.Connection, document: str) -> Head:
    """Read a document's head, a fresh one if nobody wrote it yet. Damage is told by the head, not raised."""
    head = Head(document_key(document), document.encode())
    rows = connection.execute(
        "SELECT typeof(name) = 'blob', key, name, epoch, snapshot, records, checksum FROM documents"
        " WHERE key = ?1 OR name IN (?1, ?2)",
        (head.key, document),
    ).fetchall()
    if not rows:
        return head
    erased, *row = rows[0]
    _, _, epoch, snapshot, records, _ = row
    head.erased = bool(erased)
    head.epoch = epoch if isinstance(epoch, int) else 0
    head.snapshot = snapshot if isinstance(snapshot, int) else None
    head.records = records if isinstance(records, int) else 0
    head.damaged = len(rows) > 1 or not head.matches(tuple(row))
    return head


def write_head(connection: sqlite3.Connection, head: Head) -> None:
    connection.execute(
        "INSERT INTO documents (key, name, epoch, snapshot, records, checksum) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET name = excluded.name, epoch = excluded.epoch,"
        " snapshot = excluded.snapshot, records = excluded.records, checksum = excluded.checksum",
        head.row(),
    )
