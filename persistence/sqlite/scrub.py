"""Erased bytes off the disk.

`secure_delete` overwrites a deleted row where it lies. But SQLite leaves copies of rows behind: in the unused
space of pages, when it moved them to others, and in the write-ahead log.
"""

from __future__ import annotations

import sqlite3

from persistence.sqlite.counter import read_counter, write_counter
from persistence.sqlite.limits import SqliteLimits


def overwrite_remains(connection: sqlite3.Connection, limits: SqliteLimits) -> None:
    """Write the file anew, if it has remains and is small enough. Raises sqlite3.Error; then they stay."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
    counter = read_counter(connection)
    if counter is None or not counter.remains or pages * page_bytes > limits.scrub_bytes_max:
        return
    connection.execute("PRAGMA temp_store = MEMORY")  # no copy in a temporary folder
    connection.execute("VACUUM")
    connection.execute("BEGIN IMMEDIATE")
    try:
        counter = read_counter(connection)
        if counter is not None:
            counter.remains = False
            write_counter(connection, counter)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def empty_log(connection: sqlite3.Connection, limits: SqliteLimits) -> bool:
    """Move the log into the file and cut it to nothing; False if a reader still needs it. Does not wait."""
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        blocked, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.execute(f"PRAGMA busy_timeout = {limits.busy_timeout_ms}")
    return not blocked
