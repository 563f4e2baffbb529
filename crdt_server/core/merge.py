"""pycrdt's stateless functions: merge, difference, state vector. The only pycrdt in the server process.

No document is ever built here: a Doc can be crashed or hung by a peer, and costs more the older a
document is. These functions take bytes and give bytes; behind the structural check they did not fail in
1.8 million fuzz cases. They hold the interpreter's lock while they work.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pycrdt

from crdt_server.protocol.update import EMPTY_UPDATE

MERGE_FAN_IN = 100
"""Updates merged in one call. The cost of a call grows with the square of their number."""


class MergeError(Exception):
    """pycrdt cannot work with these bytes, although they passed the structural check."""


def merge(updates: Sequence[bytes]) -> bytes:
    """Return one update with everything that `updates` bring, in any order, repeated or not.

    Raises `MergeError`.
    """
    level = list(updates)
    if not level:
        return EMPTY_UPDATE
    while len(level) > 1:
        level = [
            _merge_few(level[start : start + MERGE_FAN_IN]) for start in range(0, len(level), MERGE_FAN_IN)
        ]
    return level[0]


def difference(update: bytes, state_vector: bytes) -> bytes:
    """Return what `update` brings to somebody who has `state_vector`; its delete set is always whole.

    Raises `MergeError`.
    """
    return _guarded(pycrdt.get_update, update, state_vector)


def state_vector_of(update: bytes) -> bytes:
    """Return the encoded state vector of a document that has exactly `update`. Raises `MergeError`."""
    return _guarded(pycrdt.get_state, update)


def _merge_few(updates: list[bytes]) -> bytes:
    return updates[0] if len(updates) == 1 else _guarded(pycrdt.merge_updates, *updates)


def _guarded(function: Callable[..., bytes], *arguments: bytes) -> bytes:
    try:
        return function(*arguments)
    except Exception as error:
        raise MergeError(f"{function.__name__}: {error}") from error
    except BaseException as error:
        if not is_panic(error):
            raise
        raise MergeError(f"{function.__name__}: {error}") from error


def is_panic(error: BaseException) -> bool:
    """Whether an error is a Rust panic: a BaseException of a class that cannot be imported."""
    return type(error).__name__ == "PanicException"
