"""Parcels: a log goes to another process in few pieces, and the loop goes on while it is packed."""

from __future__ import annotations

import asyncio

import pytest

from crdt_server.runtime.parcel import pack, unpack


@pytest.mark.parametrize("count", [0, 1, 999, 1_000, 1_001, 2_500])
async def test_what_was_packed_is_unpacked(count: int) -> None:
    updates = [b"x" * (number % 300) for number in range(count)]
    parcels = await pack(updates)
    assert len(parcels) == -(-count // 1_000)
    assert unpack(parcels) == updates


async def test_others_have_their_turn_between_two_parcels() -> None:
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(count_turns())
    parcels = await pack([b""] * 20_000)
    other.cancel()
    assert turns >= len(parcels) - 1
