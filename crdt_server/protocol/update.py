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
from typing import TYPE_CHECKING, Any, Final

from .errors import InvalidUpdate, MalformedMessage
from .lib0 import read_var_bytes, read_var_uint, write_var_uint
from .values import OBJECT, TEXT, skip_any, skip_json, skip_string, utf16_length

if TYPE_CHECKING:
    from mypy_extensions import i64

CLOCK_MAX: Final = 2**31 - 1
"""Largest clock of an operation; pycrdt keeps clocks in 32 bits."""

# Kinds of content.
GC: Final = 0
DELETED: Final = 1
BINARY: Final = 3
STRING: Final = 4
EMBED: Final = 5
FORMAT: Final = 6
TYPE: Final = 7
ANY: Final = 8
SUBDOCUMENT: Final = 9
SKIP: Final = 10

# Bits of an operation's first byte.
HAS_ORIGIN: Final = 0x80
HAS_RIGHT_ORIGIN: Final = 0x40
HAS_KEY: Final = 0x20
KIND: Final = 0x1F

_PLAIN_TYPES: Final = frozenset({0, 1, 2, 4, 6})  # array, map, text, XML fragment, XML text
_XML_ELEMENT: Final = 3
_MAY_BE_PARENT: Final = frozenset({GC, DELETED, TYPE, SKIP})

EMPTY_UPDATE: Final = b"\x00\x00"
"""The update that changes nothing."""


_NOTHING: Final[list[Any]] = []
"""Shared by the sections that have none of something; never changed."""


class Section:
    """One client's structs in an update, in order of clock, without a gap between them (Skips fill gaps).

    There are `count` of them, in bytes `start` up to `tail`; they take the clocks `clock` up to `end`.
    `needs` lists what structs build on at other clients: (own clock, other client, other clock); `parents`
    the (client, clock) of those whose parent is named.
    """

    __slots__ = (
        "_clocks",
        "_kinds",
        "_offsets",
        "client",
        "clock",
        "count",
        "end",
        "has_skip",
        "has_values",
        "kind",
        "needs",
        "parents",
        "start",
        "tail",
    )

    def __init__(self, client: i64, clock: i64, count: i64, start: i64) -> None:
        self.client: i64 = client
        self.clock: i64 = clock
        self.count: i64 = count
        self.start: i64 = start
        self.end: i64 = clock
        self.tail: i64 = start
        self.kind: i64 = 0
        """Of the last struct."""
        self.needs: list[tuple[int, int, int]] = _NOTHING
        self.parents: list[tuple[int, int]] = _NOTHING
        self.has_skip = False
        self.has_values = False
        # Nearly all sections have one struct, of which nothing has to be listed.
        self._clocks: list[int] = _NOTHING if count == 1 else []
        self._kinds: list[int] = _NOTHING if count == 1 else []
        self._offsets: list[int] = _NOTHING if count == 1 else []

    @property
    def clocks(self) -> list[int]:
        """The first clock of each struct."""
        return self._clocks or [self.clock]

    @property
    def kinds(self) -> list[int]:
        """The kind of each struct's content."""
        return self._kinds or [self.kind]

    @property
    def offsets(self) -> list[int]:
        """Where in the update each struct begins."""
        return self._offsets or [self.start]

    def list_struct(self, clock: i64, kind: i64, offset: i64) -> None:
        """Note a struct while the section is read."""
        self.kind = kind
        if self.count > 1:
            self._clocks.append(clock)
            self._kinds.append(kind)
            self._offsets.append(offset)

    def need(self, clock: i64, client: i64, other: i64) -> None:
        """Note that the struct at `clock` builds on the operation `other` of another client."""
        if not self.needs:
            self.needs = []
        self.needs.append((clock, client, other))

    def put_under(self, client: i64, clock: i64) -> None:
        """Note whom a struct is put under."""
        if not self.parents:
            self.parents = []
        self.parents.append((client, clock))


class Update:
    """A vetted update: its bytes as they came, its sections, its deletions as (client, clock, end).

    `has_values` says whether it brings JSON or "any" values, of which there is more to read than lengths,
    numbers and text.
    """

    __slots__ = ("data", "deletions", "has_values", "sections")

    def __init__(self, data: bytes, sections: list[Section], deletions: list[tuple[int, int, int]]) -> None:
        self.data = data
        self.sections = sections
        self.deletions = deletions
        self.has_values = False
        for section in sections:
            if section.has_values:
                self.has_values = True

    @property
    def clocks(self) -> dict[int, int]:
        """The next clock of every client that it brings operations of."""
        return {section.client: section.end for section in self.sections}

    @property
    def builds_on(self) -> set[int]:
        """The clients whose operations it continues, refers to or deletes."""
        clients: set[int] = set()
        for section in self.sections:
            clients.add(section.client)
            for _, client, _ in section.needs:
                clients.add(client)
        for client, _, _ in self.deletions:
            clients.add(client)
        return clients


def vet(data: bytes) -> Update:
    """Read an update strictly.

    Raises `MalformedMessage` (truncated, trailing, not the grammar) or `InvalidUpdate` (poisonous).
    Takes time and memory linear in the size of `data`, whatever it announces.
    """
    try:
        count, pos = read_var_uint(data, 0)
        sections: list[Section] = []
        if count == 1:  # nearly all
            section, pos = _read_section(data, pos)
            sections.append(section)
        elif count > 1:
            pos = _read_sections(data, pos, count, sections)
        deletions, pos = read_deletions(data, pos)
    except IndexError:
        raise MalformedMessage("an update ends too early") from None
    if pos != len(data):
        raise MalformedMessage("something follows an update")
    _check_parents(sections)
    return Update(data, sections, deletions)


def read_deletions(data: bytes, pos: i64) -> tuple[list[tuple[int, int, int]], i64]:
    """Read a delete set: (client, first clock, clock behind the last) per range, and the position behind.

    Raises `InvalidUpdate`, `MalformedMessage` or IndexError.
    """
    count, pos = read_var_uint(data, pos)
    deletions: list[tuple[int, int, int]] = []
    if count == 0:
        return deletions, pos
    seen: set[int] = set()
    for _ in range(count):
        client, pos = read_var_uint(data, pos)
        if count > 1:
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


def _read_sections(data: bytes, pos: i64, count: i64, sections: list[Section]) -> i64:
    seen: set[int] = set()
    for _ in range(count):
        section, pos = _read_section(data, pos)
        if section.client in seen:
            raise InvalidUpdate("an update names a client twice")
        seen.add(section.client)
        sections.append(section)
    return pos


def _read_section(data: bytes, pos: i64) -> tuple[Section, i64]:
    count, pos = read_var_uint(data, pos)
    client, pos = read_var_uint(data, pos)
    clock, pos = read_var_uint(data, pos)
    if count == 0:
        raise InvalidUpdate("an update names a client without operations")
    section = Section(client, clock, count, pos)
    length: i64
    for _ in range(count):
        info: i64 = data[pos]
        kind = info & KIND
        section.list_struct(clock, kind, pos)
        pos += 1
        if kind in (GC, SKIP):
            if info != kind:
                raise InvalidUpdate("a GC or Skip carries flags")
            if kind == SKIP:
                section.has_skip = True
            length, pos = read_var_uint(data, pos)
        else:
            pos = _read_position(data, pos, info, section, clock)
            length, pos = _read_content(data, pos, kind, section)
        if length == 0:
            raise InvalidUpdate("an operation has no length")
        clock += length
        if clock > CLOCK_MAX:
            raise InvalidUpdate("a clock is out of range")
    section.end = clock
    section.tail = pos
    return section, pos


def _read_position(data: bytes, pos: i64, info: i64, section: Section, clock: i64) -> i64:
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
        section.put_under(parent_client, read_var_uint(data, start)[0])
    else:
        raise MalformedMessage("a parent is neither a root nor an operation")
    if info & HAS_KEY:
        pos = skip_string(data, pos)
    return pos


def _read_dependency(data: bytes, pos: i64, section: Section, clock: i64) -> i64:
    client, pos = read_var_uint(data, pos)
    other, pos = read_var_uint(data, pos)
    if client != section.client:
        if other >= CLOCK_MAX:
            raise InvalidUpdate("a clock is out of range")
        section.need(clock, client, other)
    elif other >= clock:
        raise InvalidUpdate("an operation builds on a later one of its own client")
    return pos


def _read_content(data: bytes, pos: i64, kind: i64, section: Section) -> tuple[i64, i64]:
    """Return an item's length in clock units and the position behind its content."""
    if kind == STRING:
        size, start = read_var_uint(data, pos)
        if size == 1 and data[start] < 0x80:  # a keystroke
            return 1, start + 1
        raw, pos = read_var_bytes(data, pos)
        return utf16_length(raw), pos
    if kind == DELETED:
        return read_var_uint(data, pos)
    if kind == TYPE:
        return 1, _skip_type(data, pos)
    if kind == BINARY:
        return 1, _skip_binary(data, pos)
    section.has_values = True
    return _read_values(data, pos, kind)


def _read_values(data: bytes, pos: i64, kind: i64) -> tuple[i64, i64]:
    if kind == ANY:
        count, pos = read_var_uint(data, pos)
        if count > len(data) - pos:
            raise MalformedMessage("a length is larger than what follows")
        for _ in range(count):
            pos = skip_any(data, pos)
        return count, pos
    if kind == FORMAT:
        return 1, _skip_format(data, pos)
    if kind == EMBED:
        return 1, skip_json(data, pos)
    if kind == SUBDOCUMENT:
        return 1, _skip_subdocument(data, pos)
    raise InvalidUpdate(f"unknown kind of content: {kind}")


def _skip_binary(data: bytes, pos: i64) -> i64:
    return read_var_bytes(data, pos)[1]


def _skip_format(data: bytes, pos: i64) -> i64:
    return skip_json(data, skip_string(data, pos))


def _skip_type(data: bytes, pos: i64) -> i64:
    kind, pos = read_var_uint(data, pos)
    if kind in _PLAIN_TYPES:
        return pos
    if kind == _XML_ELEMENT:
        return skip_string(data, pos)
    raise InvalidUpdate(f"unknown shared type: {kind}")


def _skip_subdocument(data: bytes, pos: i64) -> i64:
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


def _check_parents(sections: list[Section]) -> None:
    """Refuse items inside something that is no shared type, as far as the update itself shows it."""
    for section in sections:
        if section.parents:
            break
    else:
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
