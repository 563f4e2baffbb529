"""A log on its way to the worker process.

Whoever pickles a hundred thousand records holds the interpreter's lock while it does, in whatever thread. So
they are packed into parcels on the loop, which goes on in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from crdt_server.protocol.lib0 import read_var_bytes, write_var_bytes

_RECORDS = 1_000
"""Packed at once: less than a millisecond."""


async def pack(updates: Sequence[bytes]) -> list[bytes]:
    """Return updates as few parcels, which `unpack` takes."""
    parcels: list[bytes] = []
    for start in range(0, len(updates), _RECORDS):
        parcels.append(b"".join(map(write_var_bytes, updates[start : start + _RECORDS])))
        await asyncio.sleep(0)
    return parcels


def unpack(parcels: Iterable[bytes]) -> list[bytes]:
    """Return the updates that were packed, in their order."""
    updates: list[bytes] = []
    for parcel in parcels:
        pos = 0
        while pos < len(parcel):
            update, pos = read_var_bytes(parcel, pos)
            updates.append(update)
    return updates
