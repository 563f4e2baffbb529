"""A slow but living client (scenario 15): however far it is behind, it stays, and gets there."""

from __future__ import annotations

from pathlib import Path

from tests.faults.client import Client
from tests.faults.narrow import BITS_PER_S, NarrowLine
from tests.faults.noise import NOISE_BYTES, make_noise
from tests.faults.operator import metric
from tests.faults.planted import planted
from tests.server import ServerProcess

BEHIND_S = 16
"""Longer than the times after which who reads nothing at all is given up: the kernel's, and ours."""

IMPATIENT = {**planted("impatient"), "CRDT_SEND_TIMEOUT_S": "3"}
ROUNDS = BEHIND_S * BITS_PER_S // 8 // NOISE_BYTES
TIMEOUT_S = 100.0


async def test_who_reads_slowly_stays_and_converges(tmp_path: Path) -> None:
    async with (
        ServerProcess(tmp_path / "documents.db", env=IMPATIENT) as server,
        NarrowLine(server) as line,
    ):
        ann = await Client(server.ws_url, "busy", 1).joined()
        bob = await Client(line.ws_url, "busy", 2).joined()
        await make_noise(ann, ROUNDS)
        await bob.until(lambda: bob.clocks() == ann.clocks(), TIMEOUT_S)
        assert metric(server, "crdt_sessions") == 2
        await make_noise(bob, 1)
        await ann.level_with(bob)
        await bob.close()
        await ann.close()
        server.assert_no_traceback()
