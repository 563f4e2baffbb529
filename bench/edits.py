"""Traces as Yjs updates, one per edit, and the documents that they are typed into."""

from __future__ import annotations

from collections.abc import Iterable

import pycrdt

from crdt_server.core.merge import merge

from .traces import Edit

ROOT = "text"
"""Name of the shared text that is typed into."""

TYPIST = 1 << 31
"""A client id as long as the ones that real clients draw: the size of an update depends on it."""

_TRANSACTION_UPDATES = 500  # larger transactions cost the square of their size


def typed(edits: Iterable[Edit], *, client: int = TYPIST, base: bytes | None = None) -> list[bytes]:
    """Return one update per edit, typed by `client` at the end of the document `base`."""
    doc: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc(client_id=client)
    if base is not None:
        doc.apply_update(base)
    text = doc.get(ROOT, type=pycrdt.Text)
    offset = len(text)
    updates: list[bytes] = []
    subscription = doc.observe(lambda event: updates.append(event.update))
    for edit in edits:
        with doc.transaction():
            for position, deleted, inserted in edit:
                at = offset + position
                if deleted:
                    del text[at : at + deleted]
                if inserted:
                    text.insert(at, inserted)
    doc.unobserve(subscription)
    return updates


def opened(updates: Iterable[bytes]) -> pycrdt.Doc[pycrdt.Text]:
    """Return a document that took `updates` in this order."""
    doc: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc()
    rest = list(updates)
    for start in range(0, len(rest), _TRANSACTION_UPDATES):
        with doc.transaction():
            for update in rest[start : start + _TRANSACTION_UPDATES]:
                doc.apply_update(update)
    return doc


def text_of(doc: pycrdt.Doc[pycrdt.Text]) -> str:
    """Return the text that was typed into a document."""
    return str(doc.get(ROOT, type=pycrdt.Text))


def old_document(past_clients: int) -> bytes:
    """Return the squashed state of a document into which so many clients typed one character each.

    Every browser tab is a client id of its own, so a document of some years has thousands.
    """
    first: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc(client_id=TYPIST - 1)
    first.get(ROOT, type=pycrdt.Text).insert(0, "x" * past_clients)
    base = first.get_update()
    state = first.get_state()
    updates = [base]
    for client in range(1, past_clients + 1):
        doc: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc(client_id=client)
        doc.apply_update(base)
        doc.get(ROOT, type=pycrdt.Text).insert(client, "y")
        updates.append(doc.get_update(state))
    return opened([merge(updates)]).get_update()


def large_document(size: int) -> bytes:
    """Return the state of a document of about so many bytes: text, of which every other part was deleted.

    A server that keeps its document in memory has to keep all of it; one that knows what is deleted, that.
    """
    doc: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc(client_id=TYPIST - 1)
    text = doc.get(ROOT, type=pycrdt.Text)
    part = "x" * (size // _LARGE_PARTS)
    with doc.transaction():
        for _ in range(_LARGE_PARTS):
            text.insert(0, f"{part}-")
    with doc.transaction():
        for index in reversed(range(_LARGE_PARTS)):
            at = index * (len(part) + 1) + len(part)
            del text[at : at + 1]
    return doc.get_update()


_LARGE_PARTS = 1_000
