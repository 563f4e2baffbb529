"""Documents that pycrdt clients make: every shared type, undo, sub-documents, with and without GC."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from pycrdt import Array, Doc, Map, Text, UndoManager, XmlElement, XmlFragment, XmlText

from crdt_server.protocol.update import decode_state_vector
from tests.interop.content import content_in_pycrdt

from .seeds import Document

_PIECES = ("a", "word ", "é", "漢字", "😀", "👩‍👩‍👧", "e\u0301", "\n", "\x00", '"\\')
_KEYS = ("a", "b", "key", "é", "")
_ATTRIBUTES: tuple[dict[str, Any], ...] = (
    {"bold": True}, {"bold": None}, {"color": "#f00"}, {"link": {"href": "x", "n": 1.5}}, {"size": 3},
    {"list": [1, None]},
)  # fmt: skip
_SCALARS: tuple[Any, ...] = (
    None, True, False, 0, -1, 2.5, 2**31, 2**53, -(2**53) - 1, 2**63 - 1, 1e300, float("inf"), "", "é😀",
    b"", b"\x00\xff", [], {}, [1, [2]], {"a": {"b": None}}, {"__proto__": 1},
)  # fmt: skip


def pycrdt_document(rng: Random) -> Document:
    """Two or three clients edit and exchange; all have the same in the end."""
    updates: list[bytes] = []
    skip_gc = rng.random() < 0.3
    clients = [_Client(rng, index, updates, skip_gc) for index in range(rng.choice((2, 2, 3)))]
    for _ in range(rng.randint(3, 25)):
        rng.choice(clients).edit()
        if rng.random() < 0.25:
            rng.choice(clients).exchange(rng.choice(clients))
    for _ in range(3):
        for a in clients:
            for b in clients:
                a.exchange(b)
    doc = clients[0].doc
    state = doc.get_update()
    return Document(
        name="pycrdt",
        updates=updates,
        state=state,
        vector=decode_state_vector(doc.get_state()),
        content=content_in_pycrdt(state),  # not of the document itself: its numbers change when encoded
    )


class _Client:
    def __init__(self, rng: Random, index: int, updates: list[bytes], skip_gc: bool) -> None:
        self.rng = rng
        client_id = rng.choice((rng.randrange(1, 2**32), rng.randrange(2**53))) if index else 1
        self.doc: Doc[Any] = Doc(client_id=client_id, skip_gc=skip_gc)
        self.text = self.doc.get("text", type=Text)
        self.map = self.doc.get("map", type=Map)
        self.array = self.doc.get("array", type=Array)
        self.xml = self.doc.get("xml", type=XmlFragment)
        self._exchanging = False
        self.updates = updates
        self.subscription = self.doc.observe(self._hear)
        self.undo = (
            UndoManager(scopes=[self.text, self.map], capture_timeout_millis=0)
            if rng.random() < 0.5
            else None
        )

    def _hear(self, event: Any) -> None:
        if not self._exchanging:
            self.updates.append(event.update)

    def exchange(self, other: _Client) -> None:
        if other is self:
            return
        update = self.doc.get_update(other.doc.get_state())
        other._exchanging = True
        try:
            other.doc.apply_update(update)
        finally:
            other._exchanging = False

    def edit(self) -> None:
        with self.doc.transaction():
            for _ in range(self.rng.randint(1, 3)):
                self.rng.choice(_EDITS)(self)
        if self.undo is not None and self.rng.random() < 0.3:
            self.undo.undo() if self.rng.random() < 0.7 else self.undo.redo()

    def string(self) -> str:
        return "".join(self.rng.choice(_PIECES) for _ in range(self.rng.randint(0, 3)))

    def value(self, depth: int = 0) -> Any:
        roll = self.rng.random()
        if depth > 2 or roll < 0.6:
            return self.rng.choice(_SCALARS)
        makers: tuple[Callable[[], Any], ...] = (
            lambda: Text(self.string()),
            lambda: Array([self.value(depth + 1) for _ in range(self.rng.randrange(3))]),
            lambda: Map(
                {self.rng.choice(_KEYS): self.value(depth + 1) for _ in range(self.rng.randrange(3))}
            ),
            Doc,
            Array,
            Map,
        )
        return self.rng.choice(makers)()

    def edit_text(self) -> None:
        starts = _starts(str(self.text))
        if starts[-1] != len(self.text):
            return  # an embed counts, too, and str() does not show where
        at = self.rng.randrange(len(starts))
        to = min(at + self.rng.randint(1, 4), len(starts) - 1)
        roll = self.rng.random()
        if roll < 0.5 or at == to:
            self.text.insert(starts[at], self.string(), self.rng.choice((None, None, *_ATTRIBUTES)))
        elif roll < 0.7:
            self.text.format(starts[at], starts[to], self.rng.choice(_ATTRIBUTES))
        else:
            del self.text[starts[at] : starts[to]]

    def embed(self) -> None:
        if len(self.text) > 5:
            self.text.insert_embed(len(self.text), {"image": self.string(), "w": 1.5})

    def edit_map(self) -> None:
        key = self.rng.choice(_KEYS)
        if self.rng.random() < 0.3 and key in self.map:
            del self.map[key]
        else:
            self.map[key] = self.value()

    def edit_array(self) -> None:
        length = len(self.array)
        if length and self.rng.random() < 0.3:
            at = self.rng.randrange(length)
            del self.array[at : min(at + 2, length)]
        else:
            self.array.insert(self.rng.randint(0, length), self.value())

    def edit_xml(self) -> None:
        children = list(self.xml.children)
        if children and self.rng.random() < 0.5:
            child = self.rng.choice(children)
            child.attributes[self.rng.choice(("class", "id"))] = self.string()
            if isinstance(child, XmlText):
                child.insert(0, self.string())
            elif self.rng.random() < 0.7:
                child.children.append(XmlText(self.string()))
            return
        node = XmlElement(self.rng.choice(("p", "h1"))) if self.rng.random() < 0.6 else XmlText(self.string())
        self.xml.children.append(node)

    def delete_xml(self) -> None:
        if len(self.xml.children):
            del self.xml.children[0]


def _starts(text: str) -> list[int]:
    """The positions between characters, in pycrdt's unit."""
    found = [0]
    for character in text:
        found.append(found[-1] + len(character.encode()))
    return found


_EDITS: tuple[Callable[[_Client], None], ...] = (
    _Client.edit_text, _Client.edit_text, _Client.edit_text, _Client.embed, _Client.edit_map,
    _Client.edit_map, _Client.edit_array, _Client.edit_xml, _Client.edit_xml, _Client.delete_xml,
)  # fmt: skip
