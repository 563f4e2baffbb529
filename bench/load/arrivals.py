"""What came over one connection, kept so that a million frames cost little."""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterable, Iterator
from typing import Final, Self

_SHARED_BYTES_MAX: Final = 65_536
"""Longer frames are not looked up: reading one would cost as much as receiving it."""

_shared: dict[bytes, bytes] = {}
"""The same frame goes to everybody; it is kept once, and later read once."""


class Arrivals:
    """Binary frames, and when they came, in nanoseconds of `time.perf_counter_ns`."""

    __slots__ = ("at_ns", "frames")

    def __init__(self) -> None:
        self.at_ns = array("q")
        self.frames: list[bytes] = []

    @classmethod
    def of(cls, frames: Iterable[tuple[int, bytes]]) -> Self:
        """Keep frames that came at some times."""
        found = cls()
        for at_ns, frame in frames:
            found.at_ns.append(at_ns)
            found.frames.append(frame)
        return found

    def add(self, frame: bytes) -> None:
        """Keep a frame that came now."""
        self.at_ns.append(time.perf_counter_ns())
        self.frames.append(_shared.setdefault(frame, frame) if len(frame) <= _SHARED_BYTES_MAX else frame)

    def __len__(self) -> int:
        return len(self.frames)

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        return zip(self.at_ns, self.frames, strict=True)
