"""The document that is joined: chapters by many authors, typed with corrections and thus of many structs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pycrdt

from bench.digest import Digest
from bench.edits import ROOT, opened
from bench.traces import Edit
from crdt_server.protocol.lib0 import write_var_uint
from crdt_server.protocol.update import decode_state_vector, vet

from .judge import Everything

FIRST_AUTHOR: Final = 1 << 32
"""Authors count down from here: a chapter by a lower id goes to the front at once, in any implementation."""

_TRANSACTION_EDITS = 500


@dataclass(frozen=True, slots=True)
class Document:
    """One update per chapter and author, in order; what they lead to."""

    chapters: list[bytes]
    everything: Everything
    structs: int

    @property
    def size_bytes(self) -> int:
        """How large all updates are."""
        return sum(map(len, self.chapters))

    def digest(self, more: Sequence[bytes] = ()) -> Digest:
        """Digest what it is with `more` updates."""
        return Digest.of_document(opened([*self.chapters, *more]))


def write(edits: Sequence[Edit], bytes_min: int) -> Document:
    """Return a document of at least so many bytes in which every author typed `edits`."""
    first = _chapter(edits, FIRST_AUTHOR - 1)
    count = -(-bytes_min // len(first))
    update = vet(first)
    end = update.sections[0].end
    authors = [FIRST_AUTHOR - 1 - number for number in range(count)]
    return Document(
        [_by(first, author) for author in authors],
        Everything(
            dict.fromkeys(authors, end),
            [(author, start, stop) for author in authors for _, start, stop in update.deletions],
        ),
        len(update.sections[0].clocks) * count,
    )


def _chapter(edits: Sequence[Edit], author: int) -> bytes:
    doc: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc(client_id=author)
    text = doc.get(ROOT, type=pycrdt.Text)
    for start in range(0, len(edits), _TRANSACTION_EDITS):
        with doc.transaction():
            for edit in edits[start : start + _TRANSACTION_EDITS]:
                for position, deleted, inserted in edit:
                    if deleted:
                        del text[position : position + deleted]
                    if inserted:
                        text.insert(position, inserted)
    assert list(decode_state_vector(doc.get_state())) == [author]
    return doc.get_update()


def _by(chapter: bytes, author: int) -> bytes:
    """Return the same chapter by another author: nothing in it looks like an id but ids.

    Text is ASCII and clocks are short, and an id is four bytes above 127 and one below.
    """
    return chapter.replace(write_var_uint(FIRST_AUTHOR - 1), write_var_uint(author))
