"""The file's counter: the last position that was given out, and whether erased documents left remains."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from persistence.checksum import checksum


@dataclass(slots=True)
class Counter:
    """`remains`: erased bytes may be in unused space of the file (see `scrub`)."""

    last_position: int = 0
    remains: bool = False

    def take_position(self) -> int:
        self.last_position += 1
        return self.last_position

    def row(self) -> tuple[int, int, bytes]:
        digest = checksum(b"counter", f"{self.last_position} {self.remains}".encode())
        return self.last_position, int(self.remains), digest


def read_counter(connection: sqlite3.Connection) -> Counter | None:
    """Read the counter; None if its line is damaged or missing."""
    row = connection.execute("SELECT last_position, remains, checksum FROM counter").fetchone()
    match row:
        case (int(last_position), (0 | 1) as remains, _):
            counter = Counter(last_position, bool(remains))
            return counter if counter.row() == row else None
    return None


def write_counter(connection: sqlite3.Connection, counter: Counter) -> None:
    connection.execute("UPDATE counter SET last_position = ?, remains = ?, checksum = ?", counter.row())
