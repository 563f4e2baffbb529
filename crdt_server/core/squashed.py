"""A snapshot and what is to be known of it: what comes from the worker process.

It is pickled, which compiled classes are not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crdt_server.protocol.update import EMPTY_UPDATE, decode_state_vector

from .merge import difference, state_vector_of


@dataclass(frozen=True, slots=True)
class Squashed:
    """A snapshot and what is to be known of it.

    `vector` is its state vector, `deletions` an update with its delete set alone. `extra` are the deletions
    (client, clock, end) that no update of the log says: a document deletes what lost a conflict over a key.
    """

    state: bytes
    vector: dict[int, int]
    deletions: bytes
    extra: list[tuple[int, int, int]]

    @classmethod
    def of(cls, state: bytes, extra: Iterable[tuple[int, int, int]] = ()) -> Squashed:
        """Read a state. Takes time linear in its size. Raises `MergeError` or `ProtocolError`."""
        encoded = state_vector_of(state)
        return cls(state, decode_state_vector(encoded), difference(state, encoded), list(extra))


NOTHING = Squashed(EMPTY_UPDATE, {}, EMPTY_UPDATE, [])
