"""Seeds of random trials. A failure prints the command that runs its trial again (see conftest.py).

CRDT_TEST_SEED is the first seed, and alone the only one; CRDT_TEST_TRIALS is how many follow one another.
"""

from __future__ import annotations

import os

SEED, TRIALS = "CRDT_TEST_SEED", "CRDT_TEST_TRIALS"


def seeds(count: int) -> range:
    """`count` seeds from 1 on, unless the environment says otherwise."""
    first = os.environ.get(SEED)
    trials = int(os.environ.get(TRIALS, count if first is None else 1))
    start = int(first or 1)
    return range(start, start + trials)
