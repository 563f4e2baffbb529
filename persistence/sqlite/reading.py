"""What is read from the tables: each call in one short read transaction, documents checked byte by byte."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from persistence.checksum import record_checksum, snapshot_checksum
from persistence.port import (
    DocumentErased,
    DocumentInfo,
    Record,
    RecordDamaged,
    Snapshot,
    StoredDocument,
)
from persistence.sqlite.errors import is_damage
from persistence.sqlite.head import Head, read_head

Line = tuple[bytes, DocumentInfo]
"""A document's stored name, to continue a list after it, and what is known of it."""


# Names are bytes on this side. SQLite sorts every blob behind every text: there are the erased.
_FROM = "SELECT key, name FROM documents WHERE name >= CAST(? AS TEXT) AND name < x'' ORDER BY name LIMIT ?"
_AFTER = "SELECT key, name FROM documents WHERE name > CAST(? AS TEXT) AND name < x'' ORDER BY name LIMIT ?"


@contextmanager
def _one_view(connection: sqlite3.Connection) -> Iterator[None]:
    """Let all statements see the same commit."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def read_document(connection: sqlite3.Connection, document: str) -> StoredDocument:
    """Read a document. Raises `DocumentErased`, `RecordDamaged`, sqlite3.Error."""
    try:
        with _one_view(connection):
            head = read_head(connection, document)
            if head.damaged:
                raise RecordDamaged(document, 0)
            if head.erased:
                raise DocumentErased(document)
            snapshot = _read_snapshot(connection, document, head)
            records = _read_records(connection, document, head)
    except sqlite3.Error as error:
        if is_damage(error):
            raise RecordDamaged(document, 0) from error
        raise
    return StoredDocument(document, head.epoch, snapshot, records)


def _read_snapshot(connection: sqlite3.Connection, document: str, head: Head) -> Snapshot | None:
    row = connection.execute(
        "SELECT position, time, bytes, checksum FROM snapshots WHERE document = ?", (head.key,)
    ).fetchone()
    if row is None and head.snapshot is None:
        return None
    match row:
        case (int(position), float(time), bytes(state), digest) if position == head.snapshot:
            if digest == snapshot_checksum(head.name, position, time, state):
                return Snapshot(position, time, state)
    raise RecordDamaged(document, head.snapshot or 0)


def _read_records(connection: sqlite3.Connection, document: str, head: Head) -> tuple[Record, ...]:
    # All of them before the first is judged: a cursor kept alive by an exception would hold the transaction
    # open, and later loads would see the past.
    rows = connection.execute(
        "SELECT position, time, author, bytes, checksum FROM records WHERE document = ? ORDER BY position",
        (head.key,),
    ).fetchall()
    records = tuple(_checked_record(document, head.name, row) for row in rows)
    if len(records) != head.records:
        raise RecordDamaged(document, 0)
    return records


def _checked_record(document: str, name: bytes, row: tuple[Any, ...]) -> Record:
    position, time, author, update, digest = row
    match position, time, author, update:
        case int(), float(), bytes(), bytes():
            if digest == record_checksum(name, position, time, author, update):
                return Record(position, time, author.decode(), update)
    raise RecordDamaged(document, position if isinstance(position, int) else 0)


def read_page(connection: sqlite3.Connection, start: bytes, after: bytes | None, count: int) -> list[Line]:
    """Read up to `count` documents in order of name: from `start` on or, if given, those beyond `after`.

    A list is an overview: nothing in it is checked, and damage to one document does not hide the others; what
    cannot be read at all counts as nothing.
    """
    query, bound = (_FROM, start) if after is None else (_AFTER, after)
    with _one_view(connection):
        rows = connection.execute(query, (bound, count)).fetchall()
        return [(name, _read_info(connection, key, name)) for key, name in rows]


def _read_info(connection: sqlite3.Connection, key: bytes, name: bytes) -> DocumentInfo:
    try:
        return _measure(connection, key, name)
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return DocumentInfo(name.decode(errors="replace"), 0, 0, 0, 0.0)
        raise


def _measure(connection: sqlite3.Connection, key: bytes, name: bytes) -> DocumentInfo:
    record_count, record_bytes, last_record = connection.execute(
        "SELECT count(*), coalesce(sum(length(bytes)), 0), CAST(coalesce(max(time), 0) AS REAL)"
        " FROM records WHERE document = ?",
        (key,),
    ).fetchone()
    snapshot_bytes, snapshot_time = connection.execute(
        "SELECT length(bytes), CAST(time AS REAL) FROM snapshots WHERE document = ?", (key,)
    ).fetchone() or (0, 0.0)
    return DocumentInfo(
        name.decode(errors="replace"),
        snapshot_bytes=snapshot_bytes,
        record_count=record_count,
        record_bytes=record_bytes,
        modified=max(last_record, snapshot_time),
    )
