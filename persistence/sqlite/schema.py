"""The tables, and what says in the file's header that they are ours."""

from __future__ import annotations

from persistence.checksum import checksum

APPLICATION_ID = int.from_bytes(b"CRDS")
"""`PRAGMA application_id` of our files."""

SCHEMA_VERSION = 1
"""`PRAGMA user_version` of our files. A file with a higher one is refused."""

# A record or snapshot belongs to a document by `key`, a digest of the name: rows that lost their line in
# `documents` are still found under it, and what is erased loses its name too. A line in `documents` is found
# by either of two columns, so that a document with one of them damaged is not taken for a new one.
# `records` is clustered by document, so that a load reads neighbours.
SCHEMA = {
    "counter": """\
CREATE TABLE counter (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    last_position INTEGER NOT NULL,
    remains INTEGER NOT NULL,        -- 1: VACUUM is due, documents were erased
    checksum BLOB NOT NULL
)""",
    "documents": """\
CREATE TABLE documents (
    key BLOB PRIMARY KEY,
    name TEXT NOT NULL,              -- of an erased document the key again, as a blob
    epoch INTEGER NOT NULL,
    snapshot INTEGER,                -- position of the snapshot, NULL: none
    records INTEGER NOT NULL,        -- how many there are: a missing one is noticed
    checksum BLOB NOT NULL
) WITHOUT ROWID""",
    "documents_by_name": "CREATE UNIQUE INDEX documents_by_name ON documents (name)",
    "records": """\
CREATE TABLE records (
    document BLOB NOT NULL,
    position INTEGER NOT NULL,
    time REAL NOT NULL,
    author TEXT NOT NULL,
    bytes BLOB NOT NULL,
    checksum BLOB NOT NULL,
    PRIMARY KEY (document, position)
) WITHOUT ROWID""",
    "snapshots": """\
CREATE TABLE snapshots (
    document BLOB PRIMARY KEY,
    position INTEGER NOT NULL,
    time REAL NOT NULL,
    bytes BLOB NOT NULL,
    checksum BLOB NOT NULL
)""",
}
"""What a file holds: name and definition, as SQLite gives them back."""


def document_key(name: str) -> bytes:
    """Digest a document's name into the key of its rows (16 bytes)."""
    return checksum(b"name", name.encode())
