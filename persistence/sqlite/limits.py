"""Every limit of the SQLite store, with its unit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SqliteLimits:
    """Limits of one store; ValueError if they contradict each other."""

    group_rows_max: int = 4_000
    """Rows after which a transaction takes no further change: 4,000 rows are about 40 ms of writing."""

    group_bytes_max: int = 16 * 1024 * 1024
    """Bytes after which a transaction takes no further change."""

    value_bytes_max: int = 256 * 1024 * 1024
    """The longest update or state; SQLite itself ends at 10^9 bytes a row."""

    waiting_bytes_max: int = 256 * 1024 * 1024
    """What may wait for the writer; more is refused as `StoreUnavailable`. An idle writer takes anything."""

    reads_waiting_max: int = 10_000
    """How many loads and pages of `list` may wait for the reader; more are refused as `StoreUnavailable`."""

    list_page_documents: int = 64
    """Documents that `list` reads at once; loads go between two pages."""

    check_bytes_max: int = 256 * 1024 * 1024
    """The largest file that is read whole, in search of damage, when it is opened."""

    scrub_bytes_max: int = 64 * 1024 * 1024
    """The largest file that is written anew when documents were erased (6 ms per MiB, in which nothing is
    committed). A larger one needs `VACUUM` from the operator to be rid of their last remains."""

    busy_timeout_ms: int = 5_000
    """How long to wait for another process that holds the file's lock."""

    log_bytes_max: int = 64 * 1024 * 1024
    """To what size the write-ahead log is cut back after a burst."""

    def __post_init__(self) -> None:
        if self.value_bytes_max > self.waiting_bytes_max:
            raise ValueError("value_bytes_max must not exceed waiting_bytes_max")
        if min(self.group_rows_max, self.group_bytes_max, self.list_page_documents) < 1:
            raise ValueError("a group and a page hold at least one")
