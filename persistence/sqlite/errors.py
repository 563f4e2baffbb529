"""SQLite's errors as ours."""

from __future__ import annotations

import sqlite3

from persistence.port import StoreUnavailable

_PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
}
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _primary_code(error: sqlite3.Error) -> int:
    # Errors of the Python module itself carry no code.
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def is_passing(error: sqlite3.Error) -> bool:
    """Say whether the same call may succeed later: locked, disk full, input/output error."""
    return _primary_code(error) in _PASSING


def is_damage(error: sqlite3.Error) -> bool:
    """Say whether SQLite found its own structures damaged."""
    return _primary_code(error) in _DAMAGE


def unavailable(error: sqlite3.Error) -> StoreUnavailable:
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    return StoreUnavailable(f"SQLite: {error} ({name})")
