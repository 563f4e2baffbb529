"""Much to read for everybody in a room."""

from __future__ import annotations

import pycrdt

from tests.faults.book import Operation
from tests.faults.client import Client

NOISE_BYTES = 32 * 1024

STUCK_ROUNDS = 128
"""Edits of NOISE_BYTES after which a client that never reads is stuck: 4 MiB, which is as much as the kernel
takes from a server, and less than an outbox does."""


async def make_noise(client: Client, rounds: int, *, wait: bool = True) -> None:
    """Write NOISE_BYTES to the room, again and again; `wait` for each acknowledgement."""
    noise = client.doc.get("noise", type=pycrdt.Map[str])
    for number in range(rounds):
        value = f"{number:08}" * (NOISE_BYTES // 8)

        def write(value: str = value) -> list[Operation]:
            noise["value"] = value
            return []

        await client.edit(write)
        if wait:
            await client.saved()
