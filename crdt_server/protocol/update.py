"""The structural check of updates (format v1), and what a room must know of one.

pycrdt accepts some updates that poison a document for good: zero lengths, a client twice, clocks that
overflow, origins that come after what they are the origin of. None of them is written by an honest client.
`vet` reads every byte of an update and refuses those; what it returns says which operations the update
brings, which it builds on and what it deletes, so that a room never needs a document to decide.

Grammar (source: Yjs 13.6, `src/utils/encoding.js` and `src/structs`)::

    update   := varUint clients, clients * section, deletes
    section  := varUint structs, varUint client, varUint clock, structs * struct
    struct   := info, varUint length                                   GC (0), Skip (10)
              | info, [origin id], [right origin id], [parent], content     the others
    parent   := only without origins: 1 root name | 0 id, then a key where info has bit 5
    deletes  := varUint clients, clients * (varUint client, varUint ranges, ranges * (clock, length))
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

from .errors import InvalidUpdate, MalformedMessage
from .lib0 import read_var_bytes, read_var_uint, write_var_uint
from .values import OBJECT, TEXT, skip_any, skip_json, skip_string, utf16_length

CLOCK_MAX: Final = 2**31 - 1
"""Largest clock of an operation; pycrdt keeps clocks in 32 bits."""

GC, DELETED, BINARY, STRING, EMBED, FORMAT, TYPE, ANY, SUBDOCUMENT, SKIP = 0, 1, 3, 4, 5, 6, 7, 8, 9, 10
HAS_ORIGIN, HAS_RIGHT_ORIGIN, HAS_KEY, KIND = 0x80, 0x40, 0x20, 0x1F
_PLAIN_TYPES = frozenset({0, 1, 2, 4, 6})  # array, map, text, XML fragment, XML text
_XML_ELEMENT = 3
_NO_CONTENT = frozenset({GC, SKIP})
_MAY_BE_PARENT = frozenset({GC, DELETED, TYPE, SKIP})

EMPTY_UPDATE: Final = b"\x00\x00"
"""The update that changes nothing."""


@dataclass(slots=True)
class Section:
    """One client's structs in an update, in order of clock, without a gap between them (Skips fill gaps).

    `clocks`, `kinds` and `offsets` have one entry per struct; struct i takes clocks `clocks[i]` up to
    `clocks[i + 1]` (`end` for the last) and bytes `offsets[i]` up to `offsets[i + 1]` (`tail`).
    `needs` lists what structs build on at other clients: (own clock, other client, other clock).
    """

    client: int
    clock: int
    clocks: list[int]
    kinds: list[int]
    offsets: list[int]
    needs: list[tuple[int, int, int]] = field(default_factory=list)
    parents: list[tuple[int, int]] = field(default_factory=list)
    end: int = 0
    tail: int = 0
    has_skip: bool = False


@dataclass(slots=True)
class Update:
    """A vetted update: its bytes as they came, its sections, its deletions as (client, clock, end)."""

    data: bytes
    sections: list[Section]
    deletions: list[tuple[int, int, int]]


def vet(data: bytes) -> Update:
    """Read an update strictly.

    Raises `MalformedMessage` (truncated, trailing, not the grammar) or `InvalidUpdate` (poisonous).
    Takes time and memory linear in the size of `data`, whatever it announces.
    """
    try:
        count, pos = read_var_uint(data, 0)
        sections: list[Section] = []
        seen: set[int] = set()
        for _ in range(count):
            section, pos = _read_section(data, pos)
            if section.client in seen:
                raise InvalidUpdate("an update names a client twice")
            seen.add(section.client)
            sections.append(section)
        deletions, pos = read_deletions(data, pos)
    except IndexError:
        raise MalformedMessage("an update ends too early") from None
    if pos != len(data):
        raise MalformedMessage("something follows an update")
    _check_parents(sections)
    return Update(data, sections, deletions)


def read_deletions(data: bytes, pos: int) -> tuple[list[tuple[int, int, int]], int]:
    """Read a delete set: (client, first clock, clock behind the last) per range, and the position behind.

    Raises `InvalidUpdate`, `MalformedMessage` or IndexError.
    """
    count, pos = read_var_uint(data, pos)
    deletions: list[tuple[int, int, int]] = []
    seen: set[int] = set()
    for _ in range(count):
        client, pos = read_var_uint(data, pos)
        if client in seen:
            raise InvalidUpdate("a delete set names a client twice")
        seen.add(client)
        ranges, pos = read_var_uint(data, pos)
        if ranges == 0:
            raise InvalidUpdate("a delete set names a client without a range")
        for _ in range(ranges):
            clock, pos = read_var_uint(data, pos)
            length, pos = read_var_uint(data, pos)
            if length == 0 or clock + length > CLOCK_MAX:
                raise InvalidUpdate("a deletion is empty or out of range")
            deletions.append((client, clock, clock + length))
    return deletions, pos


def _read_section(data: bytes, pos: int) -> tuple[Section, int]:
    count, pos = read_var_uint(data, pos)
    client, pos = read_var_uint(data, pos)
    clock, pos = read_var_uint(data, pos)
    if count == 0:
        raise InvalidUpdate("an update names a client without operations")
    section = Section(client, clock, [], [], [])
    clocks, kinds, offsets = section.clocks, section.kinds, section.offsets
    for _ in range(count):
        info = data[pos]
        kind = info & KIND
        clocks.append(clock)
        kinds.append(kind)
        offsets.append(pos)
        pos += 1
        if kind in _NO_CONTENT:
            if info != kind:
                raise InvalidUpdate("a GC or Skip carries flags")
            section.has_skip |= kind == SKIP
            length, pos = read_var_uint(data, pos)
        else:
            pos = _read_position(data, pos, info, section, clock)
            length, pos = _read_content(data, pos, kind)
        if length == 0:
            raise InvalidUpdate("an operation has no length")
        clock += length
        if clock > CLOCK_MAX:
            raise InvalidUpdate("a clock is out of range")
    section.end = clock
    section.tail = pos
    return section, pos


def _read_position(data: bytes, pos: int, info: int, section: Section, clock: int) -> int:
    """Read where an item stands: after and before which operations, or under which parent."""
    if info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN):
        if info & HAS_ORIGIN:
            pos = _read_dependency(data, pos, section, clock)
        if info & HAS_RIGHT_ORIGIN:
            pos = _read_dependency(data, pos, section, clock)
        return pos
    is_root, pos = read_var_uint(data, pos)
    if is_root == 1:
        pos = skip_string(data, pos)
    elif is_root == 0:
        start = pos
        pos = _read_dependency(data, pos, section, clock)
        parent_client, start = read_var_uint(data, start)
        section.parents.append((parent_client, read_var_uint(data, start)[0]))
    else:
        raise MalformedMessage("a parent is neither a root nor an operation")
    if info & HAS_KEY:
        pos = skip_string(data, pos)
    return pos


def _read_dependency(data: bytes, pos: int, section: Section, clock: int) -> int:
    client, pos = read_var_uint(data, pos)
    other, pos = read_var_uint(data, pos)
    if client != section.client:
        if other >= CLOCK_MAX:
            raise InvalidUpdate("a clock is out of range")
        section.needs.append((clock, client, other))
    elif other >= clock:
        raise InvalidUpdate("an operation builds on a later one of its own client")
    return pos


def _read_content(data: bytes, pos: int, kind: int) -> tuple[int, int]:
    """Return an item's length in clock units and the position behind its content."""
    if kind == STRING:
        raw, pos = read_var_bytes(data, pos)
        return utf16_length(raw), pos
    if kind == DELETED:
        return read_var_uint(data, pos)
    if kind == ANY:
        count, pos = read_var_uint(data, pos)
        if count > len(data) - pos:
            raise MalformedMessage("a length is larger than what follows")
        for _ in range(count):
            pos = skip_any(data, pos)
        return count, pos
    reader = _SINGLE_CONTENTS.get(kind)
    if reader is None:
        raise InvalidUpdate(f"unknown kind of content: {kind}")
    return 1, reader(data, pos)


def _skip_binary(data: bytes, pos: int) -> int:
    return read_var_bytes(data, pos)[1]


def _skip_format(data: bytes, pos: int) -> int:
    return skip_json(data, skip_string(data, pos))


def _skip_type(data: bytes, pos: int) -> int:
    kind, pos = read_var_uint(data, pos)
    if kind in _PLAIN_TYPES:
        return pos
    if kind == _XML_ELEMENT:
        return skip_string(data, pos)
    raise InvalidUpdate(f"unknown shared type: {kind}")


def _skip_subdocument(data: bytes, pos: int) -> int:
    pos = skip_string(data, pos)
    if data[pos] != OBJECT:
        raise InvalidUpdate("a sub-document's options are no object")
    count, pos = read_var_uint(data, pos + 1)
    for _ in range(count):
        start, pos = pos, skip_string(data, pos)
        name = data[start + 1 : pos]
        # Yjs hands them to `new Doc`: with a guid that is no text no client could encode the document again.
        if name == b"gcFilter" or (name == b"guid" and data[pos] != TEXT):
            raise InvalidUpdate("a sub-document's options break Yjs")
        pos = skip_any(data, pos, depth=1)
    return pos


_SINGLE_CONTENTS = {
    BINARY: _skip_binary,
    EMBED: skip_json,
    FORMAT: _skip_format,
    TYPE: _skip_type,
    SUBDOCUMENT: _skip_subdocument,
}


def _check_parents(sections: list[Section]) -> None:
    """Refuse items inside something that is no shared type, as far as the update itself shows it."""
    if not any(section.parents for section in sections):
        return
    by_client = {section.client: section for section in sections}
    for section in sections:
        for client, clock in section.parents:
            home = by_client.get(client)
            if home is None or not home.clock <= clock < home.end:
                continue
            if home.kinds[bisect_right(home.clocks, clock) - 1] not in _MAY_BE_PARENT:
                raise InvalidUpdate("an operation's parent is no shared type")


def decode_state_vector(data: bytes) -> dict[int, int]:
    """Read a state vector: the next clock of every client.

    Raises `MalformedMessage` (truncated, trailing, more clients announced than bytes follow) or
    `InvalidUpdate` (a client twice, a clock out of range).
    """
    try:
        count, pos = read_var_uint(data, 0)
        if count * 2 > len(data) - pos:
            raise MalformedMessage("a state vector announces more clients than bytes follow")
        vector: dict[int, int] = {}
        for _ in range(count):
            client, pos = read_var_uint(data, pos)
            clock, pos = read_var_uint(data, pos)
            if client in vector or clock > CLOCK_MAX:
                raise InvalidUpdate("a state vector names a client twice, or a clock out of range")
            vector[client] = clock
    except IndexError:
        raise MalformedMessage("a state vector ends too early") from None
    if pos != len(data):
        raise MalformedMessage("something follows a state vector")
    return vector


def encode_state_vector(vector: dict[int, int]) -> bytes:
    """Encode the next clock of every client; clients at clock 0 are left out, as Yjs does."""
    parts = [write_var_uint(client) + write_var_uint(clock) for client, clock in vector.items() if clock]
    return write_var_uint(len(parts)) + b"".join(parts)
