"""The store's file, behind its back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection of our own to the file, which sees and may change everything."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as connection:
        connection.text_factory = bytes
        yield connection


@contextmanager
def write_lock(path: Path) -> Iterator[sqlite3.Connection]:
    """Hold the file's write lock, as another process would."""
    with raw(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        finally:
            connection.execute("ROLLBACK")


def image(path: Path, copy: Path) -> Path:
    """Copy the file and its log as they are now: what a crash at this moment would leave."""
    for suffix in ("", "-wal"):
        source = path.with_name(path.name + suffix)
        if source.exists():
            copy.with_name(copy.name + suffix).write_bytes(source.read_bytes())
    return copy
