"""What a room knows: the next clock of every client, and which operations are deleted.

With these two a room tells what of an update is new without a document. Looking a range up costs a
binary search, however old the document is.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

from crdt_server.protocol.lib0 import write_var_uint
from crdt_server.protocol.update import Update, decode_state_vector, encode_state_vector, read_deletions

from .merge import difference, state_vector_of

Range = tuple[int, int]
"""First clock, clock behind the last."""


_FEW: Final = 16
"""Up to so many ranges are put in one by one: each moves what lies behind it, but looks at nothing else."""


class _Ranges:
    """One client's deleted clocks: where ranges start and where they end, in order."""

    __slots__ = ("ends", "starts")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []

    def pairs(self) -> list[Range]:
        return list(zip(self.starts, self.ends, strict=True))

    def add(self, start: int, end: int) -> None:
        starts, ends = self.starts, self.ends
        first = bisect_left(ends, start)  # the first range that ends at or after `start`
        if first == len(ends) or starts[first] > end:
            starts.insert(first, start)
            ends.insert(first, end)
            return
        starts[first] = min(starts[first], start)
        if end <= ends[first]:
            return
        last = bisect_right(starts, end)  # behind the last range that starts at or before `end`
        ends[first] = max(end, ends[last - 1])
        if last - first > 1:
            del starts[first + 1 : last]
            del ends[first + 1 : last]

    def add_many(self, ranges: list[Range]) -> None:
        ranges += self.pairs()
        ranges.sort()
        starts: list[int] = []
        ends: list[int] = []
        for start, end in ranges:
            if ends and start <= ends[-1]:
                ends[-1] = max(end, ends[-1])
            else:
                starts.append(start)
                ends.append(end)
        self.starts, self.ends = starts, ends


class DeleteSet:
    """Deleted clocks per client, as sorted ranges that neither touch nor overlap."""

    __slots__ = ("_clients",)

    def __init__(self, deletions: Iterable[tuple[int, int, int]] = ()) -> None:
        self._clients: dict[int, _Ranges] = {}
        self.update(deletions)

    def __bool__(self) -> bool:
        return bool(self._clients)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DeleteSet) and dict(self) == dict(other)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __iter__(self) -> Iterator[tuple[int, list[Range]]]:
        for client, ranges in self._clients.items():
            yield client, ranges.pairs()

    def spans(self) -> Iterator[tuple[int, int, int]]:
        """Iterate over (client, first clock, clock behind the last)."""
        return ((client, start, end) for client, ranges in self for start, end in ranges)

    def add(self, client: int, start: int, end: int) -> None:
        """Add the clocks from `start` up to, not including, `end`."""
        ranges = self._clients.get(client)
        if ranges is None:
            ranges = self._clients[client] = _Ranges()
        ranges.add(start, end)

    def update(self, deletions: Iterable[tuple[int, int, int]]) -> None:
        """Add many ranges; the cost does not grow with their number times the size of the set."""
        spans = list(deletions)
        if len(spans) <= _FEW:
            for client, start, end in spans:
                self.add(client, start, end)
            return
        by_client: dict[int, list[Range]] = {}
        for client, start, end in spans:
            by_client.setdefault(client, []).append((start, end))
        for client, added in by_client.items():
            if len(added) > _FEW:
                self._clients.setdefault(client, _Ranges()).add_many(added)
                continue
            for start, end in added:
                self.add(client, start, end)

    def touches(self, client: int, start: int, end: int) -> bool:
        """Whether any of the clocks from `start` up to, not including, `end` is in the set."""
        ranges = self._clients.get(client)
        if ranges is None:
            return False
        index = bisect_right(ranges.ends, start)
        return index < len(ranges.ends) and ranges.starts[index] < end

    def missing(self, client: int, start: int, end: int) -> list[Range]:
        """Return the parts of a range that are not in the set."""
        ranges = self._clients.get(client)
        if ranges is None:
            return [(start, end)]
        starts, ends = ranges.starts, ranges.ends
        gaps: list[Range] = []
        index = bisect_right(ends, start)
        while start < end:
            if index == len(starts) or starts[index] >= end:
                gaps.append((start, end))
                break
            if starts[index] > start:
                gaps.append((start, starts[index]))
            start = ends[index]
            index += 1
        return gaps

    def encode(self) -> bytes:
        """Encode as the delete set of an update; clients in falling order, as Yjs writes them."""
        parts = [write_var_uint(len(self._clients))]
        for client in sorted(self._clients, reverse=True):
            starts, ends = self._clients[client].starts, self._clients[client].ends
            parts += write_var_uint(client), write_var_uint(len(starts))
            for index, start in enumerate(starts):
                parts += write_var_uint(start), write_var_uint(ends[index] - start)
        return b"".join(parts)


class Known:
    """A state vector and a delete set that only grow. Its encoded forms are kept until it grows."""

    __slots__ = ("_encoded_vector", "deletions", "vector")

    def __init__(self, vector: dict[int, int] | None = None, deletions: DeleteSet | None = None) -> None:
        self.vector = vector if vector is not None else {}
        self.deletions = deletions if deletions is not None else DeleteSet()
        self._encoded_vector: bytes | None = None

    @classmethod
    def of_update(cls, update: bytes) -> Known:
        """What a document knows that has exactly `update`. Raises `MergeError` or `ProtocolError`."""
        encoded = state_vector_of(update)
        only_deletions = difference(update, encoded)
        deletions, _ = read_deletions(only_deletions, 1)  # behind "no structs"
        return cls(decode_state_vector(encoded), DeleteSet(deletions))

    def encoded_vector(self) -> bytes:
        """The state vector as it goes over the wire."""
        if self._encoded_vector is None:
            self._encoded_vector = encode_state_vector(self.vector)
        return self._encoded_vector

    def learn(self, update: Update) -> None:
        """Learn what an update brings that is entirely new and ready."""
        if update.sections:
            for section in update.sections:
                self.vector[section.client] = section.end
            self._encoded_vector = None
        deletions = update.deletions
        if len(deletions) > _FEW:
            self.deletions.update(deletions)
            return
        for client, start, end in deletions:
            self.deletions.add(client, start, end)

    def grow(self, clocks: dict[int, int], deletions: Iterable[tuple[int, int, int]]) -> None:
        """Learn the next clocks of some clients, and deletions."""
        if clocks:
            self.vector.update(clocks)
            self._encoded_vector = None
        self.deletions.update(deletions)


def covers(vector: dict[int, int], other: dict[int, int]) -> bool:
    """Whether `vector` is at or ahead of `other` at every client."""
    return all(vector.get(client, 0) >= clock for client, clock in other.items())
