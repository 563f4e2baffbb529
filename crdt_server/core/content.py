"""A document as a room holds it: a snapshot's bytes, the records since, and ready answers for joiners.

The log has positions: `first` is that of the oldest record that is not in the snapshot, `end` the one behind
the newest. Nothing here grows with the document but what has to be sent of it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from crdt_server.protocol.messages import SyncStep2, SyncUpdate
from crdt_server.protocol.update import EMPTY_UPDATE, Update, decode_state_vector, encode_state_vector

from .known import Known, covers
from .limits import DEFAULTS, Limits
from .merge import difference, merge
from .session import Session, Shared
from .squashed import NOTHING, Squashed

Answer = Sequence[Shared[SyncUpdate | SyncStep2]]
"""What answers a state vector, in this order: Updates, then one Step2.

A large snapshot goes as it is, in an Update of its own: merging it with what came after it would cost what
it weighs. The Step2 comes last, because with it a client believes that it has everything.
"""


_NOBODY = 0
"""The author of what was loaded: sessions are numbered from 1."""

_BLOCK = 4
"""Authors of one turn get the others' records in blocks: one merge for each author, but of few updates."""


class Content:
    """Snapshot, tail, and what is known of both. Bytes in, bytes out.

    The tail are the updates since the snapshot in the order they were admitted. `tail_bytes` is their size.
    """

    def __init__(
        self,
        snapshot: bytes | Squashed | None = None,
        tail: Iterable[bytes] = (),
        *,
        known: Known | None = None,
        limits: Limits = DEFAULTS,
    ) -> None:
        """Take over what a store holds; `known` where it was found out elsewhere.

        Raises `MergeError` or `ProtocolError` where it cannot be read.
        """
        self._limits = limits
        self._take_snapshot(Squashed.of(snapshot) if isinstance(snapshot, bytes) else snapshot or NOTHING)
        self._tail = list(tail)
        self._authors = [_NOBODY] * len(self._tail)
        self.tail_bytes = sum(map(len, self._tail))
        self.first = 0
        self._full = self._snapshot.state
        self._full_end = 0
        self._merged: dict[int, tuple[Sequence[Shared[SyncUpdate]], frozenset[int]]] = {}
        self._blocks: dict[tuple[int, int], Shared[SyncUpdate]] = {}
        self._answers: _Kept[Answer] = _Kept(limits.answers_bytes_max)
        self.known = known if known is not None else Known.of_update(self.full())

    @property
    def snapshot(self) -> bytes:
        """The snapshot's bytes, or the empty update."""
        return self._snapshot.state

    @property
    def end(self) -> int:
        """The position behind the newest record."""
        return self.first + len(self._tail)

    @property
    def tail_count(self) -> int:
        """Number of updates since the snapshot."""
        return len(self._tail)

    @property
    def floor(self) -> bytes:
        """The snapshot's state vector, encoded: what everybody had who was told all up to `first`."""
        return encode_state_vector(self._snapshot.vector)

    def learn(self, fresh: Update) -> None:
        """Take what an update brings into what is known. `append` must follow with its bytes."""
        self.known.learn(fresh)

    def append(self, update: bytes, author: int = _NOBODY) -> None:
        """Put the bytes of a record behind the tail; `author` is the number of its session."""
        self._tail.append(update)
        self._authors.append(author)
        self.tail_bytes += len(update)
        self._forget_merged()
        self._answers.clear()

    def since(self, position: int, session: Session) -> Sequence[Shared[SyncUpdate]]:
        """Return the records from `position` on as Updates, nearly always one.

        Without the session's own, where it takes an echo for an acknowledgement. Merged once for all who
        are at a position and wrote nothing since.
        """
        merged = self._merged.get(position)
        if merged is None:
            merged = self._merged[position] = self._merge_since(position - self.first)
        shared, authors = merged
        if session.number not in authors:
            return shared
        if len(authors) == 1:
            return ()
        return self._since_but(position, session.number) if session.echoes else shared

    def _merge_since(self, start: int) -> tuple[Sequence[Shared[SyncUpdate]], frozenset[int]]:
        if start == len(self._tail):
            return (), frozenset()
        return (Shared(SyncUpdate(merge(self._tail[start:]))),), frozenset(self._authors[start:])

    def _since_but(self, position: int, number: int) -> list[Shared[SyncUpdate]]:
        parts: list[Shared[SyncUpdate]] = []
        for start in range(position - self.first, len(self._tail), _BLOCK):
            stop = min(start + _BLOCK, len(self._tail))
            authors = self._authors[start:stop]
            if number in authors:
                block = zip(self._tail[start:stop], authors, strict=True)
                others = [update for update, author in block if author != number]
                parts += [Shared(SyncUpdate(merge(others)))] if others else []
            else:
                parts.append(self._block(start, stop))
        return parts

    def _block(self, start: int, stop: int) -> Shared[SyncUpdate]:
        block = self._blocks.get((start, stop))
        if block is None:
            block = self._blocks[start, stop] = Shared(SyncUpdate(merge(self._tail[start:stop])))
        return block

    def _forget_merged(self) -> None:
        self._merged.clear()
        self._blocks.clear()

    def full(self) -> bytes:
        """Return the whole document as one update; merged once for all who ask. Raises `MergeError`."""
        if self._full_end < self.end:
            newest = merge(self._tail[self._full_end - self.first :])
            self._full = newest if self._full == EMPTY_UPDATE else merge([self._full, newest])
            self._full_end = self.end
        return self._full

    def answer(self, state_vector: bytes, session: Session) -> Answer | None:
        """Return what a session with `state_vector` lacks, and all deletions.

        Without its own edits where it takes an echo for an acknowledgement: it has them. Computed once per
        state vector and version. None where `base` is. Raises `ProtocolError` (not a state vector) or
        `MergeError`.
        """
        wrote = session.echoes and session.number in self._authors
        kept = None if wrote else self._answers.get(state_vector)
        if kept is not None:
            return kept
        base = self.base(state_vector)
        if base is None:
            return None
        tail = self._tail
        if wrote:
            pairs = zip(self._tail, self._authors, strict=True)
            tail = [update for update, author in pairs if author != session.number]
        answer = self._answer(state_vector, base, tail)
        if not wrote:
            self._answers.keep(state_vector, answer, sum(len(part.message.update) for part in answer))
        return answer

    def base(self, state_vector: bytes) -> Shared[SyncUpdate] | None:
        """Return what somebody with `state_vector` lacks of the snapshot, as an Update.

        None where that costs more than the loop has time for: then `Room.questions` has it computed, and
        `keep_base` takes it. Raises as `answer`.
        """
        vector = decode_state_vector(state_vector)
        if not vector:
            return self._whole
        if covers(vector, self._snapshot.vector):
            return self._deletions
        kept = self._bases.get(state_vector)
        if kept is not None:
            return kept
        if len(self._snapshot.state) >= self._limits.heavy_bytes_min:
            return None
        return self._keep_base(state_vector, difference(self._snapshot.state, state_vector))

    def keep_base(self, state_vector: bytes, base: bytes | None) -> None:
        """Take what somebody lacks of the snapshot; None: all of it, which is dear and never wrong."""
        if base is None:
            self._bases.keep(state_vector, self._whole, 0)
        else:
            self._keep_base(state_vector, base)

    def _keep_base(self, state_vector: bytes, base: bytes) -> Shared[SyncUpdate]:
        shared = Shared(SyncUpdate(base))
        self._bases.keep(state_vector, shared, len(base))
        return shared

    def _answer(self, state_vector: bytes, base: Shared[SyncUpdate], tail: Sequence[bytes]) -> Answer:
        first = base.message.update
        second = difference(merge(tail), state_vector) if tail else EMPTY_UPDATE
        if first == EMPTY_UPDATE or len(first) + len(second) < self._limits.heavy_bytes_min:
            return (Shared(SyncStep2(merge([part for part in (first, second) if part != EMPTY_UPDATE]))),)
        return base, Shared(SyncStep2(second))

    def to_squash(self, count: int) -> tuple[bytes | None, list[bytes]]:
        """Return the snapshot and the first `count` updates of the tail."""
        return None if self._snapshot is NOTHING else self.snapshot, self._tail[:count]

    def squashed(self, snapshot: Squashed, count: int) -> None:
        """Put `snapshot` in the place of the old one and the first `count` updates of the tail."""
        self.tail_bytes -= sum(map(len, self._tail[:count]))
        del self._tail[:count], self._authors[:count]
        self.first += count
        self._take_snapshot(snapshot)
        self._full, self._full_end = snapshot.state, self.first
        self.known.grow({}, snapshot.extra)
        self._forget_merged()
        self._answers.clear()

    def _take_snapshot(self, snapshot: Squashed) -> None:
        self._snapshot = snapshot
        self._whole = Shared(SyncUpdate(snapshot.state))
        self._deletions = Shared(SyncUpdate(snapshot.deletions))
        self._bases: _Kept[Shared[SyncUpdate]] = _Kept(self._limits.answers_bytes_max)


Value = TypeVar("Value")


class _Kept(Generic[Value]):
    """What was computed, by what was asked. What was asked for longest ago goes where it is too many bytes.

    The newest stays however large it is: the whole document is what most ask for.
    """

    def __init__(self, bytes_max: int) -> None:
        self._values: OrderedDict[bytes, tuple[Value, int]] = OrderedDict()
        self._bytes = 0
        self._bytes_max = bytes_max

    def get(self, asked: bytes) -> Value | None:
        kept = self._values.get(asked)
        if kept is None:
            return None
        self._values.move_to_end(asked)
        return kept[0]

    def keep(self, asked: bytes, value: Value, size: int) -> None:
        if asked in self._values:
            self._bytes -= self._values.pop(asked)[1]
        self._values[asked] = value, size + len(asked)
        self._bytes += size + len(asked)
        while self._bytes > self._bytes_max and len(self._values) > 1:
            self._bytes -= self._values.popitem(last=False)[1][1]

    def clear(self) -> None:
        self._values.clear()
        self._bytes = 0
