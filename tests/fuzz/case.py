"""One fuzz case while it runs: what it counts, where it stands, what it found."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random


class Finding(Exception):
    """A promise does not hold for `inputs`."""

    def __init__(self, what: str, inputs: Sequence[bytes] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.inputs = list(inputs)


class Case:
    """Counts and the present place, which is on disk so that it survives a crash of the process."""

    def __init__(self, current: Path, *, with_documents: bool = True) -> None:
        self.with_documents = with_documents
        self.counts: Counter[str] = Counter()
        self.samples: dict[str, list[bytes]] = {}
        self._file = os.open(current, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        self.number = 0
        self.kind = ""
        self.rng = Random(0)
        self.inputs: list[bytes] = []

    def start(self, seed: int, number: int, kind: str) -> None:
        self.number, self.kind, self.inputs = number, kind, []
        self.rng = Random(f"{seed}/{number}/{kind}")
        self.counts[f"cases {kind}"] += 1

    def phase(self, name: str, inputs: Sequence[bytes] | None = None) -> None:
        """Say what comes next, with the inputs that a crash or hang will be attributed to."""
        if inputs is not None:
            self.inputs = list(inputs)
        place = {
            "number": self.number,
            "kind": self.kind,
            "phase": name,
            "inputs": [each.hex() for each in self.inputs],
        }
        encoded = json.dumps(place).encode() + b"\n"
        os.pwrite(self._file, encoded, 0)

    def count(self, name: str, by: int = 1) -> None:
        self.counts[name] += by

    def sample(self, name: str, data: bytes, at_most: int = 200) -> None:
        """Keep some inputs for other programs to look at."""
        kept = self.samples.setdefault(name, [])
        if len(kept) < at_most:
            kept.append(data)
        elif self.rng.random() < 0.05:
            kept[self.rng.randrange(at_most)] = data

    def expect(self, holds: bool, what: str, *inputs: bytes) -> None:
        """Raise `Finding` unless `holds`."""
        if not holds:
            raise Finding(what, inputs or self.inputs)


def is_panic(error: BaseException) -> bool:
    """A Rust panic arrives as a BaseException of a class that cannot be imported."""
    return type(error).__name__ == "PanicException"
