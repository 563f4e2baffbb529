"""The process that runs cases: `python -m tests.fuzz.child FOLDER SHIFT SEED FIRST_NUMBER SECONDS`.

It may crash or hang; its parent reads `current` in the folder to know on what. It prints JSON lines:
{"counts": ...} now and then, {"finding": ...} at once, {"samples": ...} at the end.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .case import Case, Finding, is_panic
from .convergence import check_pycrdt_clients, check_yjs_clients
from .presences import check_presences
from .readers import check_readers
from .seeds import Seeds, load_seeds
from .sequences import check_grammar, check_mutated, check_values

MEMORY_BYTES = 3 * 1024**3
Check = Callable[[Case, Seeds], None]
_MUTATED, _GRAMMAR, _VALUES = ("mutated", check_mutated), ("grammar", check_grammar), ("values", check_values)
_READERS, _PRESENCES = ("readers", check_readers), ("presences", check_presences)
SHIFTS: dict[str, tuple[tuple[str, Check], ...]] = {
    "stateless": (_MUTATED, _GRAMMAR, _READERS, _MUTATED, _GRAMMAR, _VALUES, _READERS, _VALUES, _PRESENCES),
    "documents": (_MUTATED, _GRAMMAR, _MUTATED, _GRAMMAR, _VALUES),
    "honest": (("yjs clients", check_yjs_clients), ("pycrdt clients", check_pycrdt_clients)),
}
"""What case number n of a shift is: entry n modulo their number."""
_REPORT_S = 0.5


def run_case(case: Case, seeds: Seeds, shift: str, seed: int, number: int) -> dict[str, Any] | None:
    """Run one case; return what it found."""
    kind, check = SHIFTS[shift][number % len(SHIFTS[shift])]
    case.start(seed, number, kind)
    try:
        check(case, seeds)
    except Finding as finding:
        return _found(case, finding.what, finding.inputs, "")
    except BaseException as error:
        if not isinstance(error, Exception) and not is_panic(error):
            raise
        what = f"{type(error).__name__}: {error}"
        return _found(case, what, case.inputs, "".join(traceback.format_tb(error.__traceback__)[-4:]))
    return None


def _found(case: Case, what: str, inputs: list[bytes], trace: str) -> dict[str, Any]:
    return {
        "number": case.number,
        "kind": case.kind,
        "what": what,
        "inputs": [each.hex() for each in inputs],
        "trace": trace,
    }


def _print(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main() -> None:
    folder, shift = Path(sys.argv[1]), sys.argv[2]
    seed, number, seconds = int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(10)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    seeds = load_seeds(folder / "generated.jsonl")
    case = Case(folder / "current", with_documents=shift != "stateless")
    end = time.monotonic() + seconds
    reported = 0.0
    while True:
        found = run_case(case, seeds, shift, seed, number)
        if found is not None:
            _print({"finding": found})
        number += 1
        if time.monotonic() >= end:
            break
        if time.monotonic() - reported > _REPORT_S:
            reported = time.monotonic()
            _print({"counts": case.counts, "next": number})
    samples = {name: [each.hex() for each in kept] for name, kept in case.samples.items()}
    _print({"counts": case.counts, "next": number, "samples": samples})


if __name__ == "__main__":
    main()
