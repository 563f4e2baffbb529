"""A document as a room holds it: a snapshot's bytes, the records since, and ready answers for joiners."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from itertools import islice

from crdt_server.protocol.update import EMPTY_UPDATE, decode_state_vector

from .known import Known, covers
from .merge import difference, merge
from .readiness import Fresh


class Content:
    """Snapshot, tail, and what is known of both. Bytes in, bytes out.

    The tail are the updates since the snapshot in the order they were admitted. `tail_bytes` is their size.
    """

    def __init__(
        self,
        snapshot: bytes | None = None,
        tail: Iterable[bytes] = (),
        *,
        answers_bytes_max: int = 8 * 1024 * 1024,
    ) -> None:
        """Take over what a store holds. Raises `MergeError` or `ProtocolError` where it cannot be read."""
        self._snapshot = snapshot
        self._tail: deque[bytes] = deque(tail)
        self.tail_bytes = sum(map(len, self._tail))
        self._full = snapshot if snapshot is not None else EMPTY_UPDATE
        self._full_is_behind = len(self._tail)
        self._snapshot_vector = Known.of_update(self._full).vector
        self._answers: OrderedDict[bytes, bytes] = OrderedDict()
        self._answers_bytes = 0
        self._answers_bytes_max = answers_bytes_max
        self.known = Known.of_update(self.full())

    @property
    def tail_count(self) -> int:
        """Number of updates since the snapshot."""
        return len(self._tail)

    def learn(self, fresh: Fresh) -> None:
        """Take what an update brings into what is known. `append` must follow with its bytes."""
        self.known.grow(fresh.clocks, fresh.deletions)

    def append(self, update: bytes) -> None:
        """Put the bytes of a record behind the tail."""
        self._tail.append(update)
        self.tail_bytes += len(update)
        self._full_is_behind += 1
        self._drop_answers()

    def full(self) -> bytes:
        """Return the whole document as one update; merged once for all who ask. Raises `MergeError`."""
        if self._full_is_behind:
            newest = list(islice(reversed(self._tail), self._full_is_behind))
            self._full = merge([self._full, merge(newest[::-1])])
            self._full_is_behind = 0
        return self._full

    def answer(self, state_vector: bytes) -> bytes:
        """Return what somebody with `state_vector` lacks, and all deletions.

        Computed once per state vector and version. Raises `ProtocolError` (not a state vector) or
        `MergeError`.
        """
        kept = self._answers.get(state_vector)
        if kept is None:
            kept = self._difference(state_vector, decode_state_vector(state_vector))
            self._keep_answer(state_vector, kept)
        return kept

    def _keep_answer(self, state_vector: bytes, answer: bytes) -> None:
        if answer is self._full:
            return  # kept anyway
        self._answers[state_vector] = answer
        self._answers_bytes += len(state_vector) + len(answer)
        while self._answers_bytes > self._answers_bytes_max:
            asked, dropped = self._answers.popitem(last=False)
            self._answers_bytes -= len(asked) + len(dropped)

    def _drop_answers(self) -> None:
        self._answers.clear()
        self._answers_bytes = 0

    def _difference(self, state_vector: bytes, vector: dict[int, int]) -> bytes:
        if not vector:
            return self.full()
        deletions = b"\x00" + self.known.deletions.encode()
        if covers(vector, self.known.vector):
            return deletions
        if covers(vector, self._snapshot_vector):
            # Who has the snapshot's operations gets the tail: joining costs that, not the document.
            return merge([deletions, difference(merge(self._tail), state_vector)])
        return difference(self.full(), state_vector)

    def to_squash(self, count: int) -> tuple[bytes | None, list[bytes]]:
        """Return the snapshot and the first `count` updates of the tail."""
        return self._snapshot, list(islice(self._tail, count))

    def squashed(self, snapshot: bytes, count: int) -> None:
        """Put `snapshot` in the place of the old one and the first `count` updates of the tail."""
        for _ in range(count):
            self.tail_bytes -= len(self._tail.popleft())
        self._snapshot = self._full = snapshot
        self._full_is_behind = len(self._tail)
        in_snapshot = Known.of_update(snapshot)
        self._snapshot_vector = in_snapshot.vector
        # A document deletes what lost a conflict over a map key; no update says so, the snapshot does.
        self.known.grow({}, in_snapshot.deletions.spans())
        self._drop_answers()
