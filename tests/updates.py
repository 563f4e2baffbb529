"""Updates by hand, and the honest kind, for tests of what reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pycrdt

from crdt_server.protocol.lib0 import write_var_bytes, write_var_string, write_var_uint

Doc = pycrdt.Doc[Any]


def struct(*parts: int | bytes | str) -> bytes:
    """Join numbers (varUint), strings (varString) and raw bytes."""
    written = []
    for part in parts:
        match part:
            case int():
                written.append(write_var_uint(part))
            case str():
                written.append(write_var_string(part))
            case bytes():
                written.append(part)
    return b"".join(written)


def item(info: int, *parts: int | bytes | str) -> bytes:
    """One struct: its info byte, then its parts."""
    return bytes([info]) + struct(*parts)


def section(client: int, clock: int, *structs: bytes, count: int | None = None) -> bytes:
    """One client's structs."""
    return struct(len(structs) if count is None else count, client, clock) + b"".join(structs)


def update(*sections: bytes, deletes: bytes = b"\x00") -> bytes:
    """An update of sections and a delete set."""
    return write_var_uint(len(sections)) + b"".join(sections) + deletes


def deletes(ranges: dict[int, list[tuple[int, int]]]) -> bytes:
    """A delete set: client to (clock, length)."""
    parts = [write_var_uint(len(ranges))]
    for client, spans in ranges.items():
        parts.append(struct(client, len(spans), *(number for span in spans for number in span)))
    return b"".join(parts)


def text_struct(text: str, *, root: str = "t") -> bytes:
    """An item at the start of a root text."""
    return item(0x04, 1, root, text)


def after(client: int, clock: int, text: str) -> bytes:
    """A text item with a left origin."""
    return item(0x84, client, clock, text)


def insert(client: int, clock: int, text: str) -> bytes:
    """An update: one client writes `text` behind its own last character, or first in the root."""
    item = text_struct(text) if clock == 0 else after(client, clock - 1, text)
    return update(section(client, clock, item))


def delete(client: int, clock: int, length: int = 1) -> bytes:
    """An update that only deletes."""
    return update(deletes=deletes({client: [(clock, length)]}))


def frame_update(data: bytes) -> bytes:
    """A y-websocket Update frame."""
    return b"\x00\x02" + write_var_bytes(data)


class Author:
    """A pycrdt Doc that hands out the updates it makes."""

    def __init__(self, client: int) -> None:
        self.doc: Doc = pycrdt.Doc(client_id=client)
        self.text: pycrdt.Text = self.doc.get("t", type=pycrdt.Text)
        self._made: list[bytes] = []
        self._applying = False
        self._subscription = self.doc.observe(self._observe)

    def _observe(self, event: pycrdt.TransactionEvent) -> None:
        if not self._applying:
            self._made.append(event.update)

    def take(self) -> list[bytes]:
        """Return what was made since the last call."""
        made, self._made = self._made, []
        return made

    def type(self, text: str, at: int | None = None) -> bytes:
        """Insert text (ASCII); return the update."""
        self.text.insert(len(self.text) if at is None else at, text)
        return self.take()[-1]

    def erase(self, start: int, stop: int) -> bytes:
        """Delete a range; return the update."""
        del self.text[start:stop]
        return self.take()[-1]

    def hear(self, updates: Iterable[bytes]) -> None:
        """Apply others' updates."""
        self._applying = True
        try:
            for data in updates:
                self.doc.apply_update(data)
        finally:
            self._applying = False


def text_of(*updates: bytes) -> str:
    """The root text `t` of a document that has these updates, in order."""
    author = Author(1)
    author.hear(updates)
    return str(author.text)


def prefixes(data: bytes) -> Iterator[bytes]:
    """Every proper prefix."""
    return (data[:end] for end in range(len(data)))
