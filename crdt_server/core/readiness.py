"""Which part of an update can be used now, which is known already, and which has to wait.

A part is ready when everything it builds on is known: the clocks before it, its origins, its parent, what
it deletes. Documents must never see a part that is not: pycrdt drops it. Honest clients do send such
updates, for example after they were offline with an edit whose predecessor never reached them; Yjs then
marks the hole with a Skip.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from heapq import heappop, heappush

from crdt_server.protocol.lib0 import write_var_uint
from crdt_server.protocol.remainder import remainder
from crdt_server.protocol.update import SKIP, Section, Update, vet

from .known import DeleteSet, Known

Dependency = tuple[int, int]
"""An operation (client, clock) that is not known yet."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """What is new and ready: an update, the clocks it leads to, what it deletes, whom it builds on."""

    data: bytes
    clocks: dict[int, int]
    deletions: list[tuple[int, int, int]]
    builds_on: frozenset[int]


@dataclass(frozen=True, slots=True)
class Sifted:
    """An update taken apart. `waiting` is worth another look when one of `missing` is known."""

    fresh: Fresh | None
    waiting: Update | None
    missing: frozenset[Dependency]


def sift(update: Update, known: Known) -> Sifted:
    """Take an update apart against what is known.

    Nearly all updates are whole: entirely new, ready and in order; they keep their bytes. Takes time linear
    in the number of structs (times the logarithm of the number of clients), whatever the update contains.
    """
    if _is_whole(update, known):
        clocks = {section.client: section.end for section in update.sections}
        return Sifted(Fresh(update.data, clocks, update.deletions, _builds_on(update)), None, frozenset())
    reach, missing = _reach(update.sections, known.vector)
    fresh = _Parts(update.data)
    waiting = _Parts(update.data)
    for section in update.sections:
        now = known.vector.get(section.client, 0)
        ready_end = reach[section.client]
        if ready_end > now:
            fresh.take(section, _struct_at(section, now), _struct_at(section, ready_end), now)
        if ready_end < section.end:
            waiting.take(section, _struct_at(section, ready_end), len(section.clocks))
    for client, start, end in sorted(update.deletions):
        limit = max(known.vector.get(client, 0), reach.get(client, 0))
        if end > limit:
            missing.add((client, end - 1))
            waiting.delete(client, max(start, limit), end)
        if start < limit:
            for gap_start, gap_end in known.deletions.missing(client, start, min(end, limit)):
                fresh.delete(client, gap_start, gap_end)
    ready = fresh.as_fresh(_builds_on(update)) if fresh else None
    return Sifted(ready, vet(waiting.encode()) if waiting else None, frozenset(missing))


def _is_whole(update: Update, known: Known) -> bool:
    vector = known.vector
    ends: dict[int, int] = {}
    for section in update.sections:
        if section.has_skip or section.clock != vector.get(section.client, 0):
            return False
        for _, client, clock in section.needs:
            if clock >= vector.get(client, 0):
                return False
        ends[section.client] = section.end
    deleted: dict[int, int] = {}
    for client, start, end in update.deletions:
        if start <= deleted.get(client, -1):
            return False  # pycrdt loses deletions where ranges overlap or are out of order
        deleted[client] = end
        if end > ends.get(client, vector.get(client, 0)):
            return False
        if known.deletions.missing(client, start, end) != [(start, end)]:
            return False
    return bool(update.sections or update.deletions)


def _builds_on(update: Update) -> frozenset[int]:
    clients = {section.client for section in update.sections}
    for section in update.sections:
        clients.update(client for _, client, _ in section.needs)
    clients.update(client for client, _, _ in update.deletions)
    return frozenset(clients)


def _reach(sections: list[Section], vector: dict[int, int]) -> tuple[dict[int, int], set[Dependency]]:
    """Return up to which clock each section can be used, and what the rest lacks.

    Sections that wait for one another's operations are woken in order of the clock they wait for, so each
    dependency is looked at once.
    """
    reach = {section.client: vector.get(section.client, 0) for section in sections}
    looked_at = dict.fromkeys(reach, 0)
    holes = [_first_hole(section, reach[section.client]) for section in sections]
    missing: dict[int, Dependency] = {}
    sleepers: dict[int, list[tuple[int, int]]] = {}
    awake = list(range(len(sections)))
    while awake:
        index = awake.pop()
        section = sections[index]
        client = section.client
        end, lacks = _advance(section, reach, vector, looked_at, holes[index])
        missing.pop(client, None)
        if lacks is not None:
            missing[client] = lacks
            if lacks[0] in reach and lacks[0] != client:
                heappush(sleepers.setdefault(lacks[0], []), (lacks[1], index))
        reach[client] = max(reach[client], end)
        queue = sleepers.get(client)
        while queue and queue[0][0] < reach[client]:
            awake.append(heappop(queue)[1])
    return reach, set(missing.values())


def _advance(
    section: Section,
    reach: dict[int, int],
    vector: dict[int, int],
    looked_at: dict[int, int],
    hole: tuple[int, Dependency | None],
) -> tuple[int, Dependency | None]:
    """Return how far a section can go now and what it lacks to go on (None: nothing)."""
    client = section.client
    now = reach[client]
    if section.clock > now:
        return now, (client, section.clock - 1)
    # What is known in part builds on the same as its first operation: whoever sent that may have lied.
    first = section.clocks[_struct_at(section, now)] if now < section.end else now
    end, lacks = hole
    needs = section.needs
    index = looked_at[client]
    while index < len(needs):
        own, other, clock = needs[index]
        if own >= end:
            break
        if clock >= reach.get(other, vector.get(other, 0)) and own >= first:
            end, lacks = own, (other, clock)
            break
        index += 1
    looked_at[client] = index
    return end, lacks


def _first_hole(section: Section, now: int) -> tuple[int, Dependency | None]:
    """Return where the first hole begins that is not known, and what fills it; else the section's end."""
    if not section.has_skip:
        return section.end, None
    for index, kind in enumerate(section.kinds):
        if kind == SKIP:
            hole_end = section.clocks[index + 1] if index + 1 < len(section.clocks) else section.end
            if hole_end > now:
                return section.clocks[index], (section.client, hole_end - 1)
    return section.end, None


def _struct_at(section: Section, clock: int) -> int:
    """Return the index of the struct that holds `clock`, or the number of structs behind the end."""
    if clock >= section.end:
        return len(section.clocks)
    return max(bisect_right(section.clocks, clock) - 1, 0)


class _Parts:
    """Structs and deletions of an update on the way to becoming one of their own."""

    __slots__ = ("_clocks", "_data", "_deletions", "_sections")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._sections: list[bytes] = []
        self._deletions = DeleteSet()
        self._clocks: dict[int, int] = {}

    def __bool__(self) -> bool:
        return bool(self._sections or self._deletions)

    def take(self, section: Section, first: int, last: int, known: int = 0) -> None:
        """Take the structs from index `first` up to, not including, `last`; leave a Skip in front.

        Of the first struct only what lies behind the clock `known`.
        """
        while first < last and section.kinds[first] == SKIP:
            first += 1
        if first == last:
            return
        has_more = last < len(section.clocks)
        stop = section.offsets[last] if has_more else section.tail
        start, clock, cut = section.offsets[first], section.clocks[first], b""
        if clock < known:
            cut = remainder(self._data, section, first, known)
            start = section.offsets[first + 1] if first + 1 < len(section.offsets) else section.tail
            clock = known
        self._sections.append(
            write_var_uint(last - first)
            + write_var_uint(section.client)
            + write_var_uint(clock)
            + cut
            + self._data[start:stop]
        )
        self._clocks[section.client] = section.clocks[last] if has_more else section.end

    def delete(self, client: int, start: int, end: int) -> None:
        self._deletions.add(client, start, end)

    def encode(self) -> bytes:
        sections = write_var_uint(len(self._sections)) + b"".join(self._sections)
        return sections + self._deletions.encode()

    def as_fresh(self, builds_on: frozenset[int]) -> Fresh:
        deletions = [(client, start, end) for client, ranges in self._deletions for start, end in ranges]
        return Fresh(self.encode(), self._clocks, deletions, builds_on)
