"""Whether what a joiner received is everything, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bench.digest import Digest
from bench.edits import opened
from bench.load.dialect import Dialect
from bench.scenes.client import Payload
from crdt_server.core.known import DeleteSet
from crdt_server.protocol.update import EMPTY_UPDATE, Update, vet

Arrivals = Sequence[tuple[int, Payload]]

DIGESTS_MAX: Final = 20
"""Where all received something else, so many documents are built; of the others operations are counted."""


@dataclass(frozen=True, slots=True)
class Everything:
    """Operations up to these clocks, and deletions."""

    vector: dict[int, int]
    deletions: list[tuple[int, int, int]]


class Judge:
    """Reads each different payload once, however many received it."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._read: dict[int, tuple[Payload, bytes | None]] = {}
        self._vetted: dict[bytes, Update] = {}
        self._complete: dict[tuple[int, ...], int | None] = {}
        self._digests: dict[tuple[int, ...], Digest] = {}
        self._wanted = Everything({}, [])

    def want(self, everything: Everything) -> None:
        """Say what is to be there."""
        self._wanted = everything
        self._complete.clear()

    def complete_at(self, arrivals: Arrivals) -> int | None:
        """Return when the payload came with which all was there; None where something lacks."""
        updates = self._updates(arrivals)
        key = tuple(id(update) for _, update in updates)
        if key not in self._complete:
            self._complete[key] = self._completing([update for _, update in updates])
        index = self._complete[key]
        return None if index is None else updates[index][0]

    def digest(self, arrivals: Arrivals, base: Sequence[bytes]) -> Digest | None:
        """Digest the document of somebody who had `base`, always the same one, and received this.

        None where `DIGESTS_MAX` other documents were built.
        """
        updates = [update for _, update in self._updates(arrivals)]
        key = tuple(map(id, updates))
        if key not in self._digests and len(self._digests) < DIGESTS_MAX:
            self._digests[key] = Digest.of_document(opened([*base, *updates]))
        return self._digests.get(key)

    def payload_bytes(self, arrivals: Arrivals) -> int:
        """How many bytes of updates came."""
        return sum(len(update) for _, update in self._updates(arrivals))

    def _updates(self, arrivals: Arrivals) -> list[tuple[int, bytes]]:
        found = ((at, self._update_in(payload)) for at, payload in arrivals)
        return [(at, update) for at, update in found if update is not None and update != EMPTY_UPDATE]

    def _update_in(self, payload: Payload) -> bytes | None:
        if id(payload) not in self._read:
            # The payload is kept beside, so that no other one gets its id.
            self._read[id(payload)] = (payload, self._dialect.hear(bytes(payload)).update)
        return self._read[id(payload)][1]

    def _completing(self, updates: Sequence[bytes]) -> int | None:
        """Return the index of the update with which all was there."""
        inserts, deletes = DeleteSet(), DeleteSet()
        wanted = [(inserts, (client, 0, end)) for client, end in self._wanted.vector.items()]
        wanted += [(deletes, span) for span in self._wanted.deletions]
        for index, payload in enumerate(updates):
            update = self._vetted.get(payload) or self._vetted.setdefault(payload, vet(payload))
            inserts.update((section.client, section.clock, section.end) for section in update.sections)
            deletes.update(update.deletions)
            # What was missing first may be the last to come; the rest is only looked at once that is there.
            while wanted and not wanted[-1][0].missing(*wanted[-1][1]):
                wanted.pop()
            if not wanted:
                return index
        return None
