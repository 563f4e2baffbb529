"""Updates in an order in which each is ready, made one: their parts are put one behind the other.

pycrdt's merge takes any updates in any order, and its cost grows with the square of their number. Within a
room's turn every update is new and follows what it builds on, so of each client one section continues
another, and no operation has to be decoded again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crdt_server.protocol.lib0 import write_var_uint
from crdt_server.protocol.update import EMPTY_UPDATE, Section, Update

from .known import DeleteSet
from .merge import merge

if TYPE_CHECKING:
    from mypy_extensions import i64


class _Run:
    """One client's sections, each beginning where the one before ends."""

    __slots__ = ("client", "clock", "count", "end", "parts")

    def __init__(self, client: i64, clock: i64) -> None:
        self.client: i64 = client
        self.clock: i64 = clock
        self.end: i64 = clock
        self.count: i64 = 0
        self.parts: list[bytes] = []

    def continues(self, section: Section, data: bytes) -> bool:
        """Take a section; False where it does not begin at the end."""
        if section.clock != self.end:
            return False
        self.end = section.end
        self.count += section.count
        self.parts.append(data[section.start : section.tail])
        return True


def join(updates: list[Update]) -> bytes:
    """Return one update with everything that `updates` bring, none of which repeats another.

    Where one leaves a gap it is a merge. Raises `MergeError`.
    """
    if len(updates) == 1:
        return updates[0].data
    if not updates:
        return EMPTY_UPDATE
    runs: dict[int, _Run] = {}
    run: _Run | None = None
    deletions: list[tuple[int, int, int]] = []
    for update in updates:
        for section in update.sections:
            if run is None or run.client != section.client:
                run = runs.get(section.client)
                if run is None:
                    run = runs[section.client] = _Run(section.client, section.clock)
            if not run.continues(section, update.data):
                return merge([update.data for update in updates])
        if update.deletions:
            deletions += update.deletions
    encoded = [write_var_uint(len(runs))]
    for client in sorted(runs, reverse=True):  # as Yjs writes them
        run = runs[client]
        encoded += write_var_uint(run.count), write_var_uint(client), write_var_uint(run.clock)
        encoded += run.parts
    encoded.append(DeleteSet(deletions).encode() if deletions else b"\x00")
    return b"".join(encoded)
