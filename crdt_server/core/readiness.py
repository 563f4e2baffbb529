"""Which part of an update can be used now, which is known already, and which has to wait.

A part is ready when everything it builds on is known: the clocks before it, its origins, its parent, what
it deletes. Documents must never see a part that is not: pycrdt drops it. Honest clients do send such
updates, for example after they were offline with an edit whose predecessor never reached them; Yjs then
marks the hole with a Skip.
"""

from __future__ import annotations

from bisect import bisect_right
from heapq import heappop, heappush
from typing import Final

from crdt_server.protocol.lib0 import write_var_uint
from crdt_server.protocol.remainder import remainder
from crdt_server.protocol.update import SKIP, Section, Update, vet

from .known import DeleteSet, Known

Dependency = tuple[int, int]
"""An operation (client, clock) that is not known yet."""

_NOTHING: Final[frozenset[Dependency]] = frozenset()

Fresh = Update


class Sifted:
    """An update taken apart.

    `fresh` is what is new and ready, as an update; it is the one that was sifted where that is whole.
    `waiting` is worth another look when one of `missing` is known.
    """

    __slots__ = ("fresh", "missing", "waiting")

    def __init__(
        self, fresh: Update | None, waiting: Update | None = None, missing: frozenset[Dependency] = _NOTHING
    ) -> None:
        self.fresh = fresh
        self.waiting = waiting
        self.missing = missing


def sift(update: Update, known: Known) -> Sifted:
    """Take an update apart against what is known.

    Nearly all updates are whole: entirely new, ready and in order; they keep their bytes. Takes time linear
    in the number of structs (times the logarithm of the number of clients), whatever the update contains.
    """
    if _is_whole(update, known):
        return Sifted(update)
    reach, missing = _reach(update.sections, known.vector)
    fresh = _Parts(update.data)
    waiting = _Parts(update.data)
    for section in update.sections:
        now = known.vector.get(section.client, 0)
        ready_end = reach[section.client]
        if ready_end > now:
            fresh.take(section, _struct_at(section, now), _struct_at(section, ready_end), now)
        if ready_end < section.end:
            waiting.take(section, _struct_at(section, ready_end), section.count)
    for client, start, end in sorted(update.deletions):
        limit = max(known.vector.get(client, 0), reach.get(client, 0))
        if end > limit:
            missing.add((client, end - 1))
            waiting.delete(client, max(start, limit), end)
        if start < limit:
            for gap_start, gap_end in known.deletions.missing(client, start, min(end, limit)):
                fresh.delete(client, gap_start, gap_end)
    return Sifted(fresh.vetted(), waiting.vetted(), frozenset(missing))


def _is_whole(update: Update, known: Known) -> bool:
    vector = known.vector
    sections = update.sections
    for section in sections:
        if section.has_skip or section.clock != vector.get(section.client, 0):
            return False
        for _, client, clock in section.needs:
            if clock >= vector.get(client, 0):
                return False
    if update.deletions:
        return _deletes_what_is_there(update, known)
    return bool(sections)


def _deletes_what_is_there(update: Update, known: Known) -> bool:
    """Whether all that an update deletes is known with it, not deleted yet, and in order."""
    vector, ends = known.vector, update.clocks
    last_client = -1
    last_end = 0
    limit = 0
    for client, start, end in update.deletions:
        if client != last_client:  # all ranges of a client stand together
            last_client = client
            limit = ends.get(client, vector.get(client, 0))
        elif start <= last_end:
            return False  # pycrdt loses deletions where ranges overlap or are out of order
        last_end = end
        if end > limit or known.deletions.touches(client, start, end):
            return False
    return True


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
            hole_end = section.clocks[index + 1] if index + 1 < section.count else section.end
            if hole_end > now:
                return section.clocks[index], (section.client, hole_end - 1)
    return section.end, None


def _struct_at(section: Section, clock: int) -> int:
    """Return the index of the struct that holds `clock`, or the number of structs behind the end."""
    if clock >= section.end:
        return section.count
    return max(bisect_right(section.clocks, clock) - 1, 0)


class _Parts:
    """Structs and deletions of an update on the way to becoming one of their own."""

    __slots__ = ("_data", "_deletions", "_sections")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._sections: list[bytes] = []
        self._deletions = DeleteSet()

    def take(self, section: Section, first: int, last: int, known: int = 0) -> None:
        """Take the structs from index `first` up to, not including, `last`; leave a Skip in front.

        Of the first struct only what lies behind the clock `known`.
        """
        while first < last and section.kinds[first] == SKIP:
            first += 1
        if first == last:
            return
        has_more = last < section.count
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

    def delete(self, client: int, start: int, end: int) -> None:
        self._deletions.add(client, start, end)

    def vetted(self) -> Update | None:
        """Return them as an update; None where there are none."""
        if not self._sections and not self._deletions:
            return None
        sections = write_var_uint(len(self._sections)) + b"".join(self._sections)
        return vet(sections + self._deletions.encode())
