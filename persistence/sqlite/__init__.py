"""Documents in one SQLite file: write-ahead log, full fsync, one writer that commits for all."""

from persistence.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
