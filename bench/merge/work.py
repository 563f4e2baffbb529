"""What is given to a contender, and what it hands back to be checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.digest import Digest
from bench.stopwatch import Stopwatch


@dataclass(frozen=True, slots=True)
class Work:
    """Updates, one per edit, for a document that has `base` already (None: nothing)."""

    base: bytes | None
    updates: list[bytes]


@dataclass(frozen=True, slots=True)
class Made:
    """What a contender made of its work.

    `streams` are sequences of updates that must each bring the base to the final document, by name;
    `vector` is the state vector that it ended with, `digest` what its own document holds, if it has one.
    """

    streams: dict[str, list[bytes]]
    vector: dict[int, int]
    digest: Digest | None = None


Contender = Callable[[Work, Stopwatch], Made]
