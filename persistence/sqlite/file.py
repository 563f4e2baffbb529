"""The file: how it is made, how it is looked at before it is trusted, and what is said when it is not.

A file that cannot be read is evidence, or somebody else's: it is refused, and never written to or replaced.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from persistence.port import StoreUnreadable
from persistence.sqlite.counter import Counter, read_counter
from persistence.sqlite.errors import is_damage, is_passing, unavailable
from persistence.sqlite.limits import SqliteLimits
from persistence.sqlite.schema import APPLICATION_ID, SCHEMA, SCHEMA_VERSION
from persistence.sqlite.scrub import empty_log, overwrite_remains

_DAMAGED = "Restore it from a backup, or move it away to start with an empty store."
_FOREIGN = "Give another path, or move it away."


def open_file(path: Path, limits: SqliteLimits) -> tuple[sqlite3.Connection, sqlite3.Connection]:
    """Open `path`, made new if there is nothing, and return the connections for writing and for reading.

    Raises `StoreUnreadable` with the file's name and what to do, or `StoreUnavailable`.
    """
    with _explained(path):
        if not _is_there(path):
            _create(path)
        _examine(path, limits)
        with contextlib.ExitStack() as undo:
            writing = undo.enter_context(closing(_connect(path, "mode=rw", limits)))
            _prepare_writing(path, writing, limits)
            reading = undo.enter_context(closing(_connect(path, "mode=rw", limits)))
            reading.execute("PRAGMA query_only = ON")
            undo.pop_all()
        return writing, reading


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if is_passing(error):
            raise unavailable(error) from error
        if is_damage(error):
            raise StoreUnreadable(f"{path} is damaged, or no SQLite file ({error}). {_DAMAGED}") from error
        raise StoreUnreadable(
            f"{path} cannot be opened ({error}). Check the permissions of it and its folder."
        ) from error
    except UnicodeDecodeError as error:  # SQLite's message quotes a damaged definition; Python cannot read it
        raise StoreUnreadable(f"{path} is damaged (a definition in it). {_DAMAGED}") from error
    except OSError as error:
        raise StoreUnreadable(
            f"{path} cannot be opened ({error}). Check the path and its permissions."
        ) from error


def _is_there(path: Path) -> bool:
    try:
        status = path.stat()
    except FileNotFoundError:
        return False
    if not stat.S_ISREG(status.st_mode):
        raise StoreUnreadable(f"{path} is not a file. Give the path of a file.")
    if not os.access(path, os.R_OK | os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise StoreUnreadable(f"{path} may not be read and written by this user. Change its permissions.")
    if status.st_size == 0:
        raise StoreUnreadable(f"{path} is empty, which no store ever is. {_DAMAGED}")
    return True


def _create(path: Path) -> None:
    """Make a new store beside `path` and give it the name when it is whole: a crash leaves all or nothing."""
    for suffix in ("-wal", "-journal"):
        log = path.with_name(path.name + suffix)
        if log.exists():
            raise StoreUnreadable(
                f"{log} is there, but {path} is not. Put the file back, or move the log away."
            )
    if not path.parent.exists():
        path.parent.mkdir()
        _sync_folder(path.parent.parent)
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".new", dir=path.parent)
    os.close(descriptor)
    try:
        with closing(sqlite3.connect(name, isolation_level=None)) as connection:
            for statement in SCHEMA.values():
                connection.execute(statement)
            connection.execute("INSERT INTO counter VALUES (1, ?, ?, ?)", Counter().row())
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            connection.execute("PRAGMA journal_mode = WAL")
        # A link, not a rename: what somebody else put there meanwhile is not replaced.
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
        _sync_folder(path.parent)
    finally:
        Path(name).unlink()


def _sync_folder(folder: Path) -> None:
    """Make a folder's new entry survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _examine(path: Path, limits: SqliteLimits) -> None:
    """Look at a file without writing a byte to it or its log."""
    # Without locks, log or side files first: what is not ours is not even touched. (Through SQLite, because
    # closing a file of Python's drops the locks that another store in this process holds on it.)
    with closing(_connect(path, "mode=ro&immutable=1", limits)) as connection:
        try:
            _identify(path, connection)
        except sqlite3.DatabaseError as error:
            # Without its log our own file may look cut short: a crash in the middle of a checkpoint.
            if error.sqlite_errorcode != sqlite3.SQLITE_CORRUPT:
                raise
    # Read-only, because closing a connection that may write would move the log into a damaged file.
    with closing(_connect(path, "mode=ro", limits)) as connection:
        _identify(path, connection)
        _check(path, connection, limits)


def _identify(path: Path, connection: sqlite3.Connection) -> None:
    application, version = _pragma(connection, "application_id"), _pragma(connection, "user_version")
    if application != APPLICATION_ID:
        raise StoreUnreadable(f"{path} belongs to another program. {_FOREIGN}")
    if version > SCHEMA_VERSION:
        raise StoreUnreadable(
            f"{path} has schema version {version}; this program knows {SCHEMA_VERSION}. Upgrade the program."
        )
    if version < SCHEMA_VERSION:
        raise StoreUnreadable(f"{path} has the unknown schema version {version}. {_DAMAGED}")


def _check(path: Path, connection: sqlite3.Connection, limits: SqliteLimits) -> None:
    schema = dict(connection.execute("SELECT name, sql FROM sqlite_master"))
    if any(schema.get(name.encode()) != definition.encode() for name, definition in SCHEMA.items()):
        raise StoreUnreadable(
            f"{path} is damaged (its tables are not those of its schema version). {_DAMAGED}"
        )
    if read_counter(connection) is None:
        raise StoreUnreadable(f"{path} is damaged (the counter of positions). {_DAMAGED}")
    size = path.stat().st_size
    if size < _pragma(connection, "page_count") * _pragma(connection, "page_size") and not _has_log(path):
        raise StoreUnreadable(f"{path} is damaged (it was cut short). {_DAMAGED}")
    if size > limits.check_bytes_max:
        return
    # The quick check leaves out the indexes; the one by name decides what a document is.
    for check in ("quick_check(1)", "integrity_check(documents)"):
        finding = _pragma(connection, check)
        if finding != "ok":
            raise StoreUnreadable(f"{path} is damaged ({finding}). {_DAMAGED}")


def _has_log(path: Path) -> bool:
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def _connect(path: Path, parameters: str, limits: SqliteLimits) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{parameters}",
        uri=True,
        timeout=limits.busy_timeout_ms / 1000,
        isolation_level=None,
        check_same_thread=False,  # used by one thread at a time
    )
    # Damaged text must come back, to fail its checksum; decoding it would fail first.
    connection.text_factory = bytes
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    return connection


def _prepare_writing(path: Path, connection: sqlite3.Connection, limits: SqliteLimits) -> None:
    if _pragma(connection, "journal_mode = WAL") != "wal":
        raise StoreUnreadable(f"{path} lies on a file system without shared memory. Move it to a local disk.")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")  # macOS: through the disk's own cache too
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute(f"PRAGMA journal_size_limit = {limits.log_bytes_max}")
    # A crash may have come before the end of an erasure.
    overwrite_remains(connection, limits)
    empty_log(connection, limits)


def _pragma(connection: sqlite3.Connection, pragma: str) -> Any:
    (value,) = connection.execute(f"PRAGMA {pragma}").fetchone()
    return value.decode(errors="replace") if isinstance(value, bytes) else value
