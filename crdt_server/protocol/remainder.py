"""What is left of a struct behind a clock that is known already.

Two updates may bring the same operations; pycrdt then cuts the later one itself, and where the cut falls
between the halves of a surrogate pair it writes text without length, which poisons the document. So an
operation that is known in part is cut here, as Yjs cuts it.
Source: Yjs 13.6, `write(encoder, offset)` of `src/structs`.
"""

from __future__ import annotations

from .lib0 import read_var_bytes, read_var_uint, write_var_bytes, write_var_uint
from .update import (
    ANY,
    DELETED,
    GC,
    HAS_KEY,
    HAS_ORIGIN,
    HAS_RIGHT_ORIGIN,
    KIND,
    SKIP,
    STRING,
    Section,
)
from .values import skip_any, skip_string


def remainder(data: bytes, section: Section, index: int, clock: int) -> bytes:
    """Return struct `index` of a section of the vetted update `data`, from `clock` on.

    `clock` lies behind the struct's first operation and before its end.
    """
    pos = section.offsets[index]
    stop = section.offsets[index + 1] if index + 1 < len(section.offsets) else section.tail
    skipped = clock - section.clocks[index]
    info = data[pos]
    kind = info & KIND
    pos += 1
    if kind in (GC, SKIP):
        return data[pos - 1 : pos] + _less(data, pos, skipped)
    right_origin = b""
    if info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN):
        if info & HAS_ORIGIN:
            pos = _skip_id(data, pos)
        if info & HAS_RIGHT_ORIGIN:
            start, pos = pos, _skip_id(data, pos)
            right_origin = data[start:pos]
    else:
        pos = _skip_parent(data, pos, info)
    origin = write_var_uint(section.client) + write_var_uint(clock - 1)
    return bytes([info | HAS_ORIGIN]) + origin + right_origin + _content(data, pos, stop, kind, skipped)


def _content(data: bytes, pos: int, stop: int, kind: int, skipped: int) -> bytes:
    if kind == DELETED:
        return _less(data, pos, skipped)
    if kind == STRING:
        raw, _ = read_var_bytes(data, pos)
        # Half a pair becomes U+FFFD, which is one unit long as the half was.
        return write_var_bytes(
            raw.decode().encode("utf-16-le")[2 * skipped :].decode("utf-16-le", "replace").encode()
        )
    if kind != ANY:
        raise ValueError(f"content of kind {kind} has length 1")
    count, pos = read_var_uint(data, pos)
    for _ in range(skipped):
        pos = skip_any(data, pos)
    return write_var_uint(count - skipped) + data[pos:stop]


def _less(data: bytes, pos: int, skipped: int) -> bytes:
    return write_var_uint(read_var_uint(data, pos)[0] - skipped)


def _skip_id(data: bytes, pos: int) -> int:
    return read_var_uint(data, read_var_uint(data, pos)[1])[1]


def _skip_parent(data: bytes, pos: int, info: int) -> int:
    is_root, pos = read_var_uint(data, pos)
    pos = skip_string(data, pos) if is_root else _skip_id(data, pos)
    return skip_string(data, pos) if info & HAS_KEY else pos
