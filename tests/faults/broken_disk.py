"""Two honest ways to make a running server's SQLite file fail, and to heal it again."""

from __future__ import annotations

import contextlib
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from tests.server import ServerProcess

SPARE_BYTES = 64 * 1024
"""How much a full disk still takes. The server's log file needs some of it too."""

Breaking = Callable[[ServerProcess, Path], AbstractContextManager[None]]


@contextlib.contextmanager
def locked(server: ServerProcess, store: Path) -> Iterator[None]:
    """Hold the file's write lock, as a backup program or a second server may."""
    with contextlib.closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")


@contextlib.contextmanager
def full(server: ServerProcess, store: Path) -> Iterator[None]:
    """Let no file of the server's process grow by more than SPARE_BYTES, until we leave."""
    pid = server.pid
    largest = max(file.stat().st_size for file in store.parent.iterdir())
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest + SPARE_BYTES, hard))
    yield
    with contextlib.suppress(ProcessLookupError):  # it may have ended
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
