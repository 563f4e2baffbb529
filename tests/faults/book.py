"""What clients did and what was acknowledged of it; from that, what must be found later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Operation:
    """A token was inserted, or deleted. A token's name is used once."""

    token: str
    is_insertion: bool


@dataclass(slots=True)
class Book:
    """One connection: how many Step2 and Update messages it sent, how many of them are acknowledged."""

    sent: int = 0
    acknowledged: int = 0
    operations: list[tuple[int, Operation]] = field(default_factory=list)
    """With the number of the message that carries them."""

    def note(self, operations: Iterable[Operation]) -> None:
        """Write down what the next message carries."""
        self.operations += [(self.sent + 1, operation) for operation in operations]


class Promises:
    """What the acknowledgements in the books of one document's clients promise."""

    def __init__(self, books: Iterable[Book]) -> None:
        inserted: set[str] = set()
        touched: set[str] = set()
        deleted: set[str] = set()
        self.possible: set[str] = set()
        """All tokens that were ever inserted: nothing else may be found."""
        for book in books:
            for number, operation in book.operations:
                is_acknowledged = number <= book.acknowledged
                if operation.is_insertion:
                    self.possible.add(operation.token)
                    if is_acknowledged:
                        inserted.add(operation.token)
                else:
                    touched.add(operation.token)
                    if is_acknowledged:
                        deleted.add(operation.token)
        self.present = inserted - touched
        """Inserted, acknowledged, and nobody tried to delete them."""
        self.absent = deleted
        """Deleted, and that is acknowledged."""

    def broken_by(self, found: Iterable[str]) -> list[str]:
        """Say which promises do not hold where `found` are a document's tokens; an empty list: all hold."""
        counts = Counter(found)
        return [
            *(f"lost: {token}" for token in sorted(self.present - counts.keys())),
            *(f"back from deletion: {token}" for token in sorted(self.absent & counts.keys())),
            *(f"found {count} times: {token}" for token, count in sorted(counts.items()) if count > 1),
            *(f"never written: {token}" for token in sorted(counts.keys() - self.possible)),
        ]
