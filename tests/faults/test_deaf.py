"""Clients that never read, in a busy room: nobody else notices, and they end (scenario 14)."""

from __future__ import annotations

import contextlib
from pathlib import Path

from tests.faults.client import Client
from tests.faults.deaf import Deaf
from tests.faults.newcomer import found
from tests.faults.noise import NOISE_BYTES, STUCK_ROUNDS, make_noise
from tests.faults.operator import eventually, memory_bytes, metric, open_files
from tests.server import ServerProcess

DEAF = 20
ROUNDS = 256
"""Edits of NOISE_BYTES: 8 MiB to each client, far more than the kernel's buffers take."""

MEMORY_BYTES_MAX = DEAF * 2 * NOISE_BYTES + 48 * 1024 * 1024
"""Growth for a frame and its copy in each transport, and the 8 MiB of the log itself with what the allocator
keeps: nothing is queued for who does not read. If it were, it would be 160 MiB more."""


def slow(server: ServerProcess) -> float:
    """How many connections the server closed because they do not read."""
    return metric(server, "crdt_connections_closed_total", code="SLOW_CONSUMER")


async def test_others_go_on_while_many_do_not_read(tmp_path: Path) -> None:
    async with ServerProcess(tmp_path / "documents.db", env={"CRDT_SEND_TIMEOUT_S": "4"}) as server:
        ann, bob = [await Client(server.ws_url, "busy", number).joined() for number in (1, 2)]
        memory = memory_bytes(server)
        async with contextlib.AsyncExitStack() as deaf:
            for _ in range(DEAF):
                await deaf.enter_async_context(Deaf(server, "busy"))
            await eventually(lambda: metric(server, "crdt_sessions"), lambda count: count == DEAF + 2)
            await make_noise(ann, ROUNDS)
            assert memory_bytes(server) - memory < MEMORY_BYTES_MAX
            await bob.level_with(ann)
            await eventually(lambda: slow(server), lambda count: count == DEAF)
        assert server.log.count("nothing was read in time") == DEAF, server.tail()
        await eventually(lambda: metric(server, "crdt_sessions"), lambda count: count == 2)
        await make_noise(bob, 1)
        await ann.level_with(bob)
        await ann.close()
        await bob.close()
        assert await found(server.ws_url, "busy") == []
        server.assert_no_traceback()


async def test_a_deaf_client_in_a_room_that_fell_silent_ends_as_slow_too(tmp_path: Path) -> None:
    async with ServerProcess(tmp_path / "documents.db", env={"CRDT_SEND_TIMEOUT_S": "1"}) as server:
        ann = await Client(server.ws_url, "silent", 1).joined()
        async with Deaf(server, "silent"):
            await make_noise(ann, STUCK_ROUNDS)
            await eventually(lambda: slow(server), lambda count: count == 1)
            assert metric(server, "crdt_sessions") == 1
        await ann.close()
        server.assert_no_traceback()


async def test_the_sockets_of_the_deaf_are_freed(tmp_path: Path) -> None:
    no_worker = {"CRDT_COMPACT_RECORDS_MIN": "100000", "CRDT_COMPACT_BYTES_MIN": "100000000"}
    environment = {"CRDT_SEND_TIMEOUT_S": "2", **no_worker}
    async with ServerProcess(tmp_path / "documents.db", env=environment) as server:
        ann = await Client(server.ws_url, "busy", 1).joined()
        files = open_files(server)
        async with contextlib.AsyncExitStack() as deaf:
            for _ in range(DEAF):
                await deaf.enter_async_context(Deaf(server, "busy"))
            await eventually(lambda: metric(server, "crdt_sessions"), lambda count: count == DEAF + 1)
            await make_noise(ann, STUCK_ROUNDS)
            await eventually(lambda: open_files(server), lambda count: count <= files)
        assert metric(server, "crdt_sessions") == 1
        await ann.close()
        server.assert_no_traceback()
