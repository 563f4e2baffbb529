"""What the real Yjs makes of updates: errors and hangs, by batches that are halved where one hangs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.interop.node import run_node

_TAKE = Path(__file__).parent / "take.mjs"
_BATCH = 400
_BATCH_TIMEOUT_S = 60.0
_ONE_TIMEOUT_S = 10.0


def errors_in_yjs(updates: Sequence[bytes]) -> list[str | None]:
    """For each update: why a new Yjs document cannot take it, or None."""
    errors: list[str | None] = []
    for start in range(0, len(updates), _BATCH):
        errors += _errors(updates[start : start + _BATCH])
    return errors


def _errors(updates: Sequence[bytes]) -> list[str | None]:
    if not updates:
        return []
    timeout_s = _ONE_TIMEOUT_S if len(updates) == 1 else _BATCH_TIMEOUT_S
    lines = "".join(f"{update.hex()}\n" for update in updates)
    try:
        answers = run_node(_TAKE, stdin=lines, timeout_s=timeout_s).strip("\n").split("\n")
    except (subprocess.TimeoutExpired, AssertionError) as error:
        if len(updates) == 1:
            return [type(error).__name__]
        half = len(updates) // 2
        return _errors(updates[:half]) + _errors(updates[half:])
    read = map(json.loads, answers)
    return [f"{each['at']}: {each['error']}" if each else None for each in read]
