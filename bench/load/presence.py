"""Cursors that move, and how far behind each client's picture of the others is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.edits import TYPIST
from crdt_server.protocol.presence import GONE, Presence, decode_awareness, encode_awareness

from .arrivals import Arrivals
from .dialect import Dialect

_ENTRIES_MAX: Final = 1_000_000
_NEVER: Final = np.iinfo(np.int64).max

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def moved(number: int, clock: int) -> bytes:
    """Return the awareness update by which a client says where its cursor is, for the `clock`-th time."""
    place = {"client": TYPIST + number, "clock": clock}
    user = {"name": f"Person {number}", "color": "#30bced"}
    state = json.dumps({"user": user, "cursor": {"anchor": place, "head": place}}, separators=(",", ":"))
    return encode_awareness([Presence(TYPIST + number, clock, state.encode())])


@dataclass(frozen=True, slots=True)
class Moved:
    """A state that a client sent, and when it was due."""

    author: int
    clock: int
    due_ns: int


@dataclass(slots=True)
class Presences:
    """What came of the states. A server may leave out all but the newest; that one must come.

    `missing` are pairs of clients of which one never got the other's last state. `stale_ms` is for each pair
    how long, when the typing ended, a state newer than the one shown had been due; 0 where none had.
    """

    sent: int = 0
    expected: int = 0
    delivered: int = 0
    missing: int = 0
    propagation_ms: list[Floats] = field(default_factory=list)
    stale_ms: list[Floats] = field(default_factory=list)


class PresenceLedger:
    """Counts the states that came to the clients of one room, one client after the other."""

    def __init__(self, sent: list[Moved], clients: int, dialect: Dialect, totals: Presences) -> None:
        self._dialect = dialect
        self._totals = totals
        self._read: dict[bytes, tuple[Ints, Ints]] = {}
        clocks = max((move.clock for move in sent), default=0)
        self._due = np.full((clients, clocks + 1), _NEVER, dtype=np.int64)
        self._last = np.zeros(clients, dtype=np.int64)
        for move in sent:
            self._due[move.author, move.clock - 1] = move.due_ns
            self._last[move.author] = move.clock
        totals.sent += len(sent)

    def count(self, client: int, arrivals: Arrivals, end_ns: int) -> None:
        """Count what came to a client; the typing ended at `end_ns`."""
        totals = self._totals
        others = np.flatnonzero(np.arange(len(self._last)) != client)
        totals.expected += int(self._last[others].sum())
        reads = [self._states_in(frame) for frame in arrivals.frames]
        authors = np.concatenate([_NONE, *(read[0] for read in reads)])
        clocks = np.concatenate([_NONE, *(read[1] for read in reads)])
        at_ns = np.repeat(np.array(arrivals.at_ns, dtype=np.int64), [len(read[0]) for read in reads])
        _, first = np.unique(authors * self._due.shape[1] + clocks, return_index=True)
        first = first[authors[first] != client]
        totals.delivered += len(first)
        due = self._due[authors[first], clocks[first] - 1]
        totals.propagation_ms.append((at_ns[first] - due) / 1e6)
        newest = self._newest(authors, clocks)
        totals.missing += int(np.count_nonzero(newest[others] < self._last[others]))
        shown = self._newest(*(values[at_ns <= end_ns] for values in (authors, clocks)))
        missed_since = self._due[others, shown[others]]
        totals.stale_ms.append(np.maximum(end_ns - missed_since, 0) / 1e6)

    def _newest(self, authors: Ints, clocks: Ints) -> Ints:
        newest = np.zeros_like(self._last)
        np.maximum.at(newest, authors, clocks)
        return newest

    def _states_in(self, frame: bytes) -> tuple[Ints, Ints]:
        """Return whose states a frame brings, and their clocks; the same frame is read once."""
        found = self._read.get(frame)
        if found is None:
            update = self._dialect.hear(frame).awareness
            entries = [] if update is None else decode_awareness(update, entries_max=_ENTRIES_MAX)
            states = [
                (entry.client - TYPIST, entry.clock)
                for entry in entries
                if entry.state != GONE and 0 <= entry.client - TYPIST < len(self._last) and entry.clock > 0
            ]
            authors, clocks = np.array(states, dtype=np.int64).reshape(-1, 2).T
            found = self._read[frame] = (authors, clocks)
        return found


_NONE: Final[Ints] = np.empty(0, dtype=np.int64)
