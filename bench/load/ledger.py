"""What was sent against what arrived: deliveries, losses, duplicates, acknowledgements, latencies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crdt_server.protocol.update import EMPTY_UPDATE, vet

from .arrivals import Arrivals
from .dialect import Dialect

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_NONE: Final[Ints] = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Sent:
    """An edit that a client sent: which client, and when it was due and left, in nanoseconds."""

    author: int
    update: bytes
    due_ns: int
    left_ns: int


@dataclass(slots=True)
class Counts:
    """What came, over all clients and rooms. An edit is due once at every client but its author.

    `echoes` are edits that came back to their author, once each; more is a duplicate. `frames` are those
    that delivered something. Latencies are in milliseconds, from when an edit was due.
    """

    sent: int = 0
    expected: int = 0
    delivered: int = 0
    duplicated: int = 0
    echoes: int = 0
    lost: int = 0
    acknowledged: int = 0
    frames: int = 0
    propagation_ms: list[Floats] = field(default_factory=list)
    acknowledgement_ms: list[Floats] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Read:
    """What a frame brings: which edits, and what it acknowledges as `Heard` says."""

    edits: Ints
    taken: int | None
    taken_more: int


class Ledger:
    """Counts the clients of one room, one after the other."""

    def __init__(self, sent: Sequence[Sent], dialect: Dialect, counts: Counts | None = None) -> None:
        self.counts = Counts() if counts is None else counts
        self.counts.sent += len(sent)
        self._dialect = dialect
        self._authors = np.array([edit.author for edit in sent], dtype=np.int64)
        self._due = np.array([edit.due_ns for edit in sent], dtype=np.int64)
        self._inserts: dict[tuple[int, int], int] = {}
        self._deletes: dict[tuple[int, int], int] = {}
        self._read: dict[bytes, _Read] = {}
        self._edits: dict[bytes, Ints] = {}
        for index, edit in enumerate(sent):
            update = vet(edit.update)
            # One operation stands for an edit: the last that it inserts, else the last that it deletes.
            if update.sections:
                self._inserts[update.sections[0].client, update.sections[0].end - 1] = index
            else:
                client, _, end = update.deletions[-1]
                self._deletes[client, end - 1] = index

    def count(self, client: int, arrivals: Arrivals, *, uncounted: int) -> None:
        """Count what came to a client. `uncounted` of its messages were acknowledged but are no edits."""
        counts = self.counts
        reads = [self._reading(frame) for frame in arrivals.frames]
        at_ns = np.array(arrivals.at_ns, dtype=np.int64)
        edits = np.concatenate([_NONE, *(read.edits for read in reads)])
        frames = np.repeat(np.arange(len(reads)), [len(read.edits) for read in reads])
        seen, first = np.unique(edits, return_index=True)
        is_own = self._authors[seen] == client
        late_ms = (at_ns[frames[first]] - self._due[seen]) / 1e6
        delivered = len(seen) - int(np.count_nonzero(is_own))
        expected = int(np.count_nonzero(self._authors != client))
        counts.expected += expected
        counts.delivered += delivered
        counts.lost += expected - delivered
        counts.duplicated += len(edits) - len(seen)
        counts.echoes += len(seen) - delivered
        counts.frames += len(np.unique(frames[first[~is_own]]))
        counts.propagation_ms.append(late_ms[~is_own])
        if self._dialect.acknowledges_by_echo:
            self._acknowledge(late_ms[is_own])
        else:
            self._acknowledge(self._taken(client, at_ns, reads, uncounted))

    def _acknowledge(self, late_ms: Floats) -> None:
        self.counts.acknowledged += len(late_ms)
        self.counts.acknowledgement_ms.append(late_ms)

    def _taken(self, client: int, at_ns: Ints, reads: Sequence[_Read], uncounted: int) -> Floats:
        """Return how late each of the client's own edits was acknowledged, in order; some may not be."""
        due = self._due[self._authors == client]
        late: list[Floats] = []
        taken = acknowledged = 0
        for at, read in zip(at_ns, reads, strict=True) if len(due) else ():
            taken = (taken if read.taken is None else read.taken) + read.taken_more
            upto = min(taken - uncounted, len(due))
            if upto > acknowledged:
                late.append((at - due[acknowledged:upto]) / 1e6)
                acknowledged = upto
        return np.concatenate([np.empty(0), *late])

    def _reading(self, frame: bytes) -> _Read:
        """Read a frame; the same bytes go to many clients and are read once."""
        found = self._read.get(frame)
        if found is None:
            heard = self._dialect.hear(frame)
            edits = _NONE if heard.update is None else self._edits_in(heard.update)
            found = self._read[frame] = _Read(edits, heard.taken, heard.taken_more)
        return found

    def _edits_in(self, payload: bytes) -> Ints:
        """Return which edits an update brings; authors get the same one with another number behind it."""
        found = self._edits.get(payload)
        if found is None:
            update = vet(payload)
            inserts = ((s.client, clock) for s in update.sections for clock in range(s.clock, s.end))
            deletes = ((client, clock) for client, a, b in update.deletions for clock in range(a, b))
            edits = [self._inserts[key] for key in inserts if key in self._inserts]
            edits += [self._deletes[key] for key in deletes if key in self._deletes]
            found = self._edits[payload] = np.array(edits, dtype=np.int64)
        return found


def updates_in(dialect: Dialect, arrivals: Arrivals) -> Iterable[bytes]:
    """Iterate over the updates that came, in order, but for those that change nothing."""
    for frame in arrivals.frames:
        update = dialect.hear(frame).update
        if update is not None and update != EMPTY_UPDATE:
            yield update
