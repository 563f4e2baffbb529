"""What a document ended as, in a few bytes: two that print the same hold the same."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import pycrdt

from crdt_server.protocol.update import decode_state_vector, encode_state_vector

from .edits import text_of


class WrongAnswer(Exception):
    """A contender is not worth timing: what it made is not the document. The message says where."""


@dataclass(frozen=True, slots=True)
class Digest:
    """SHA-256 of the text, its number of characters, SHA-256 of the state vector in order of clients."""

    text: str
    characters: int
    state_vector: str

    @classmethod
    def of(cls, text: str, vector: dict[int, int]) -> Digest:
        """Digest a text and a state vector."""
        encoded = encode_state_vector(dict(sorted(vector.items())))
        return cls(hashlib.sha256(text.encode()).hexdigest(), len(text), hashlib.sha256(encoded).hexdigest())

    @classmethod
    def of_document(cls, doc: pycrdt.Doc[pycrdt.Text]) -> Digest:
        """Digest a document."""
        return cls.of(text_of(doc), decode_state_vector(doc.get_state()))

    @classmethod
    def of_all(cls, digests: Sequence[Digest]) -> Digest:
        """Digest many documents, of which there is at least one; one stays what it is."""
        if len(digests) == 1:
            return digests[0]
        text, vector = (
            hashlib.sha256("".join(parts).encode()).hexdigest()
            for parts in ([d.text for d in digests], [d.state_vector for d in digests])
        )
        return cls(text, sum(digest.characters for digest in digests), vector)

    def __str__(self) -> str:
        return f"text {self.text[:16]}, {self.characters} characters, state vector {self.state_vector[:16]}"
