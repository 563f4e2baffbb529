"""Editing traces: keystrokes that were recorded, or generated ones of the same shape.

Recorded ones: github.com/josephg/editing-traces, the sequential files, read from a folder that the caller
names. They are ASCII, so positions are the same in bytes, characters and UTF-16 units.
"""

from __future__ import annotations

import gzip
import json
import math
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Edit = list[tuple[int, int, str]]
"""Patches, each applied to the result of the one before: position, characters deleted, text inserted."""

_SEED = 1
_TYPED_AT_ONCE = 29  # means of automerge-paper's runs of insertions and deletions
_DELETED_AT_ONCE = 2.4
_DELETIONS_A_RUN = 5.2
_LETTERS = "etaoinshrdlucmfwypvbgkjqxz    \n"


class TraceError(Exception):
    """A trace cannot be used; the message names the file and says why."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Edits that lead from an empty text to `end`. `name` says where they come from."""

    name: str
    edits: list[Edit]
    end: str

    @classmethod
    def of(cls, name: str, edits: list[Edit]) -> Trace:
        """Make a trace of edits; `end` is what they lead to, without any CRDT."""
        text = bytearray()
        for edit in edits:
            for position, deleted, inserted in edit:
                text[position : position + deleted] = inserted.encode("ascii")
        return cls(name, edits, text.decode("ascii"))

    def first(self, count: int) -> Trace:
        """Return the trace of the first `count` edits."""
        return self if count >= len(self.edits) else Trace.of(self.name, self.edits[:count])


def find(folder: Path | None, name: str, edits_max: int) -> Trace:
    """Return the first `edits_max` edits of a recorded trace, or generated ones where there is no folder.

    Raises `TraceError`.
    """
    if folder is None:
        return generate(edits_max)
    return load(folder / f"{name}.json.gz").first(edits_max)


def load(path: Path) -> Trace:
    """Read a recorded trace. Raises `TraceError`, which names the line that is no JSON or the wrong edit."""
    try:
        recorded = json.loads(gzip.decompress(path.read_bytes()))
        start, end, transactions = recorded["startContent"], recorded["endContent"], list(recorded["txns"])
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise TraceError(f"{path}: {type(error).__name__}: {error}") from error
    edits: list[Edit] = [[(0, 0, start)]] if start else []
    length = len(start)
    for number, transaction in enumerate(transactions):
        try:
            edit, length = _edit(transaction, length)
        except (ValueError, KeyError, TypeError) as error:
            raise TraceError(f"{path}: txns[{number}]: {type(error).__name__}: {error}") from error
        edits.append(edit)
    trace = Trace.of(path.name.removesuffix(".json.gz"), edits)
    if trace.end != end:
        raise TraceError(f"{path}: the edits do not lead to the recorded text")
    return trace


def _edit(transaction: dict[str, Any], length: int) -> tuple[Edit, int]:
    """Read an edit of a text that is `length` long; return it and how long the text is then."""
    if "parents" in transaction:
        raise ValueError("a trace of several authors; only sequential ones are replayed here")
    edit: Edit = []
    for number, (position, deleted, inserted) in enumerate(transaction["patches"]):
        if not (0 <= position <= position + deleted <= length and inserted.isascii()):
            raise ValueError(f"patches[{number}] is not within the {length} characters, or not ASCII")
        edit.append((position, deleted, inserted))
        length += len(inserted) - deleted
    return edit, length


def generate(count: int) -> Trace:
    """Return `count` single-character edits with automerge-paper's rhythm; always the same ones.

    Somebody types a while, corrects what was just typed, and goes on elsewhere.
    """
    return Trace.of("generated", [[patch] for patch in _keystrokes(count)])


def _keystrokes(count: int) -> Iterator[tuple[int, int, str]]:
    dice = random.Random(_SEED)
    length = cursor = 0
    while count > 0:
        typed = min(count, _run(dice, _TYPED_AT_ONCE))
        for _ in range(typed):
            yield cursor, 0, dice.choice(_LETTERS)
            cursor += 1
        length += typed
        count -= typed
        for _ in range(_run(dice, _DELETIONS_A_RUN)):
            for _ in range(min(count, cursor, _run(dice, _DELETED_AT_ONCE))):
                cursor -= 1
                length -= 1
                count -= 1
                yield cursor, 1, ""
            cursor = min(length, cursor + dice.randrange(3))
        if dice.random() < 0.5:
            cursor = dice.randrange(length + 1)


def _run(dice: random.Random, mean: float) -> int:
    """A length of 1 or more, geometrically distributed."""
    return 1 + int(dice.expovariate(-math.log(1 - 1 / mean)))
