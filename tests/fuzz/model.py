"""Updates in pieces that can be put together wrongly: what the mutations and the grammar write."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field

from crdt_server.protocol.lib0 import read_var_uint
from crdt_server.protocol.update import SKIP, STRING, Update, read_deletions

Ranges = dict[int, list[tuple[int, int]]]
"""Clocks per client: (first, behind the last), sorted, neighbours joined."""


def write_uint(value: int) -> bytes:
    """A varUint of any size; unlike the product's it knows no limit."""
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def write_bytes(data: bytes) -> bytes:
    return write_uint(len(data)) + data


@dataclass
class Part:
    """One client's section: its structs as raw bytes. `announced` lies about their number if set."""

    client: int
    clock: int
    structs: list[bytes]
    announced: int | None = None

    def encode(self) -> bytes:
        count = len(self.structs) if self.announced is None else self.announced
        return write_uint(count) + write_uint(self.client) + write_uint(self.clock) + b"".join(self.structs)


@dataclass
class Model:
    """An update in pieces; deletions as (client, first clock, length)."""

    parts: list[Part] = field(default_factory=list)
    deletions: list[tuple[int, int, int]] = field(default_factory=list)

    def encode(self) -> bytes:
        by_client: dict[int, list[tuple[int, int]]] = {}
        for client, clock, length in self.deletions:
            by_client.setdefault(client, []).append((clock, length))
        encoded = [write_uint(len(self.parts)), *(part.encode() for part in self.parts)]
        encoded.append(write_uint(len(by_client)))
        for client, ranges in by_client.items():
            encoded.append(write_uint(client) + write_uint(len(ranges)))
            encoded.extend(write_uint(clock) + write_uint(length) for clock, length in ranges)
        return b"".join(encoded)


def model_of(update: Update) -> Model:
    """Take a vetted update apart."""
    model = Model(deletions=[(client, start, end - start) for client, start, end in update.deletions])
    for section in update.sections:
        stops = [*section.offsets[1:], section.tail]
        structs = [update.data[a:b] for a, b in zip(section.offsets, stops, strict=True)]
        model.parts.append(Part(section.client, section.clock, structs))
    return model


def normalised(ranges: list[tuple[int, int, int]]) -> Ranges:
    """Sort and join (client, first, behind the last)."""
    joined: Ranges = {}
    for client, start, end in sorted(ranges):
        found = joined.setdefault(client, [])
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return joined


def flat(ranges: Ranges) -> list[tuple[int, int, int]]:
    return [(client, start, end) for client, pairs in ranges.items() for start, end in pairs]


def union(*all_ranges: Ranges) -> Ranges:
    return normalised([each for ranges in all_ranges for each in flat(ranges)])


def minus(ranges: Ranges, other: Ranges) -> Ranges:
    """What of `ranges` is not in `other`."""
    rest: list[tuple[int, int, int]] = []
    for client, start, end in flat(ranges):
        at = start
        for other_start, other_end in other.get(client, []):
            if other_end <= at or other_start >= end:
                continue
            if other_start > at:
                rest.append((client, at, other_start))
            at = other_end
        if at < end:
            rest.append((client, at, end))
    return normalised(rest)


def operations(update: Update) -> Ranges:
    """The operations that an update brings, without Skips."""
    return _of_kinds(update, lambda kind: kind != SKIP)


def deleted_operations(update: Update) -> Ranges:
    """What an update deletes, by its delete set or by bringing operations whose content is gone."""
    return union(normalised(update.deletions), _of_kinds(update, lambda kind: kind in (0, 1)))


def _of_kinds(update: Update, wanted: Callable[[int], bool]) -> Ranges:
    found = []
    for section in update.sections:
        ends = [*section.clocks[1:], section.end]
        for kind, start, end in zip(section.kinds, section.clocks, ends, strict=True):
            if wanted(kind):
                found.append((section.client, start, end))
    return normalised(found)


def deletions_of(encoded: bytes) -> Ranges:
    """The delete set of an update without structs."""
    count, pos = read_var_uint(encoded, 0)
    assert count == 0
    return normalised(read_deletions(encoded, pos)[0])


def is_orderly(update: Update) -> bool:
    """Whether each client's deletions are in order and apart, as every encoder writes them."""
    reached: dict[int, int] = {}
    for client, start, end in update.deletions:
        if start <= reached.get(client, -1):
            return False
        reached[client] = end
    return True


def splits_pair(update: Update, vector: dict[int, int]) -> bool:
    """Whether one of these clocks lies between the halves of a surrogate pair of the update."""
    for section in update.sections:
        clock = vector.get(section.client, 0)
        if not section.clock < clock < section.end:
            continue
        index = bisect_right(section.clocks, clock) - 1
        if section.kinds[index] != STRING or section.clocks[index] == clock:
            continue
        stop = [*section.offsets[1:], section.tail][index]
        struct = update.data[section.offsets[index] : stop]
        end = [*section.clocks[1:], section.end][index]
        # The text is at the end of its struct; before it may stand anything.
        units = struct.decode("utf-8", "replace").encode("utf-16-le")[2 * (clock - end) :]
        if 0xDC <= units[1] <= 0xDF:
            return True
    return False
