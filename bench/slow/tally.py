"""What came of the edits: how late each was, and what never came."""

from __future__ import annotations

from collections.abc import Sequence

from bench.edits import TYPIST
from bench.load.dialect import Dialect
from bench.scenes.client import Payload
from crdt_server.protocol.update import vet


class Tally:
    """Edits of writers who each type one letter after the other, so that an edit's number is its clock.

    `due_ns` are, for every writer, the moments at which its edits were due; those that are not measured have
    none and come first.
    """

    def __init__(self, dialect: Dialect, writers: int) -> None:
        self.due_ns: list[list[int]] = [[] for _ in range(writers)]
        self._dialect = dialect
        self._read: dict[int, tuple[Payload, list[tuple[int, int, int]]]] = {}

    def late_ms(self, arrivals: Sequence[tuple[int, Payload]], own: int | None) -> tuple[list[float], int]:
        """Return how late others' edits came to a client that is the writer `own`, and how many never did."""
        due = self.due_ns
        seen = [0] * len(due)
        late: list[float] = []
        for at, payload in arrivals:
            for writer, start, end in self._edits_in(payload):
                first = seen[writer]
                if start <= first < end:
                    seen[writer] = end
                    if writer != own:
                        late += [(at - moment) / 1e6 for moment in due[writer][first:end] if moment]
        lost = sum(len(due[writer]) - seen[writer] for writer in range(len(due)) if writer != own)
        return late, lost

    def _edits_in(self, payload: Payload) -> list[tuple[int, int, int]]:
        """Return writers and their numbers of edits; what many receive is read once."""
        found = self._read.get(id(payload))
        if found is None:
            update = self._dialect.hear(bytes(payload)).update
            sections = [] if update is None else vet(update).sections
            edits = [(s.client - TYPIST, s.clock, s.end) for s in sections]
            known = [edit for edit in edits if 0 <= edit[0] < len(self.due_ns)]
            found = self._read[id(payload)] = (payload, known)
        return found[1]
