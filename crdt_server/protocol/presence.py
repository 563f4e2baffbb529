"""Awareness updates: who is here, as each client says of itself.

A state is kept as the JSON text it came in: nobody on the server needs to know what is inside.
Source: y-protocols 1.0, `awareness.js`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .errors import MalformedMessage, MessageTooBig
from .lib0 import read_var_bytes, read_var_uint, write_var_bytes, write_var_uint

GONE: Final = b"null"
"""The state of a client that left."""

_ENTRY_BYTES_MIN = 3


@dataclass(frozen=True, slots=True)
class Presence:
    """One client's state at a clock: JSON text as UTF-8, `null` once it left. Not yet checked to be JSON."""

    client: int
    clock: int
    state: bytes


def decode_awareness(data: bytes, *, entries_max: int) -> list[Presence]:
    """Read an awareness update.

    Raises `MalformedMessage` (truncated, trailing, lengths that lie) or `MessageTooBig` (more than
    `entries_max` clients).
    """
    try:
        count, pos = read_var_uint(data, 0)
        if count * _ENTRY_BYTES_MIN > len(data) - pos:
            raise MalformedMessage("an awareness update announces more clients than bytes follow")
        if count > entries_max:
            raise MessageTooBig(f"an awareness update has more than {entries_max} clients")
        entries: list[Presence] = []
        for _ in range(count):
            client, pos = read_var_uint(data, pos)
            clock, pos = read_var_uint(data, pos)
            state, pos = read_var_bytes(data, pos)
            entries.append(Presence(client, clock, state))
    except IndexError:
        raise MalformedMessage("an awareness update ends too early") from None
    if pos != len(data):
        raise MalformedMessage("something follows an awareness update")
    return entries


def encode_awareness(entries: Iterable[Presence]) -> bytes:
    """Encode an awareness update; without entries it is the harmless `00`."""
    parts = [
        write_var_uint(entry.client) + write_var_uint(entry.clock) + write_var_bytes(entry.state)
        for entry in entries
    ]
    return write_var_uint(len(parts)) + b"".join(parts)
