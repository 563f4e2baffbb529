"""What was sent against what arrived: deliveries, losses, duplicates, acknowledgements, latencies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from crdt_server.protocol.update import EMPTY_UPDATE, vet

from .dialect import Dialect

Arrivals = Sequence[tuple[int, bytes]]
"""Frames of one connection and when they came, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An edit that a client sent: which client, and when it was due and left, in nanoseconds."""

    author: int
    update: bytes
    due_ns: int
    left_ns: int


@dataclass(slots=True)
class Ledger:
    """Counts one client after the other. An edit is due once at every client but its author.

    `echoes` are edits that came back to their author, once each; more is a duplicate. `frames` are those
    that delivered something. Latencies are in milliseconds, from when an edit was due.
    """

    sent: Sequence[Sent]
    dialect: Dialect
    delivered: int = 0
    duplicated: int = 0
    echoes: int = 0
    lost: int = 0
    acknowledged: int = 0
    frames: int = 0
    propagation_ms: list[float] = field(default_factory=list)
    acknowledgement_ms: list[float] = field(default_factory=list)
    _inserts: dict[tuple[int, int], int] = field(default_factory=dict)
    _deletes: dict[tuple[int, int], int] = field(default_factory=dict)
    _read: dict[bytes, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for index, sent in enumerate(self.sent):
            update = vet(sent.update)
            # One operation stands for an edit: the last that it inserts, else the last that it deletes.
            if update.sections:
                self._inserts[update.sections[0].client, update.sections[0].end - 1] = index
            else:
                client, _, end = update.deletions[-1]
                self._deletes[client, end - 1] = index

    def count(self, client: int, arrivals: Arrivals, *, uncounted: int) -> None:
        """Count what came to a client. `uncounted` of its messages were acknowledged but are no edits."""
        own = [sent.due_ns for sent in self.sent if sent.author == client]
        seen = bytearray(len(self.sent))
        taken = acknowledged = 0
        for at_ns, frame in arrivals:
            heard = self.dialect.hear(frame)
            if heard.update is not None:
                delivered = self.delivered
                for index in self._edits_in(heard.update):
                    self._saw(index, client, at_ns, is_again=bool(seen[index]))
                    seen[index] = 1
                self.frames += self.delivered > delivered
            taken = (taken if heard.taken is None else heard.taken) + heard.taken_more
            upto = min(max(taken - uncounted, acknowledged), len(own))
            if upto > acknowledged:
                self.acknowledgement_ms += [(at_ns - due) / 1e6 for due in own[acknowledged:upto]]
                acknowledged = upto
        self.acknowledged += acknowledged
        self.lost += sum(not seen[index] for index, sent in enumerate(self.sent) if sent.author != client)

    def _saw(self, index: int, client: int, at_ns: int, *, is_again: bool) -> None:
        sent = self.sent[index]
        if is_again:
            self.duplicated += 1
        elif sent.author == client:
            self.echoes += 1
            if self.dialect.acknowledges_by_echo:
                self.acknowledged += 1
                self.acknowledgement_ms.append((at_ns - sent.due_ns) / 1e6)
        else:
            self.delivered += 1
            self.propagation_ms.append((at_ns - sent.due_ns) / 1e6)

    def _edits_in(self, payload: bytes) -> list[int]:
        """Return which edits an update brings; the same bytes go to many clients and are read once."""
        found = self._read.get(payload)
        if found is None:
            update = vet(payload)
            inserts = ((s.client, clock) for s in update.sections for clock in range(s.clock, s.end))
            deletes = ((client, clock) for client, a, b in update.deletions for clock in range(a, b))
            found = [self._inserts[key] for key in inserts if key in self._inserts]
            found += [self._deletes[key] for key in deletes if key in self._deletes]
            self._read[payload] = found
        return found


def updates_in(dialect: Dialect, arrivals: Arrivals) -> Iterable[bytes]:
    """Iterate over the updates that came, in order, but for those that change nothing."""
    for _, frame in arrivals:
        update = dialect.hear(frame).update
        if update is not None and update != EMPTY_UPDATE:
            yield update
