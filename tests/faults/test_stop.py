"""SIGTERM: exit 0 within 10 s, and every acknowledged edit is there afterwards (P6)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path
from random import Random

import pytest

from crdt_server.protocol.close_codes import CloseCode
from tests.faults.crowd import Crowd
from tests.faults.deaf import Deaf
from tests.faults.newcomer import broken_promises
from tests.faults.noise import STUCK_ROUNDS, make_noise
from tests.faults.operator import eventually, metric
from tests.server import ServerProcess

STOP_S = 10.0
COME_BACK = {CloseCode.SERVICE_RESTART, 1006}
"""What clients hear: 1012, unless they had sent something that nobody read any more. Then it is a reset."""

DOCUMENTS = [f"stop {number}" for number in range(10)]
CLIENTS_EACH = 5
EDITS = 500
DEAF = 20

SQUASHING = {"CRDT_COMPACT_RECORDS_MIN": "20", "CRDT_COMPACT_PAUSE_S": "0.01"}
SMALL_OUTBOX = {"CRDT_OUTBOX_BYTES_MAX": "65536", "CRDT_OUTBOX_SOFT_BYTES_MAX": "65536"}


@pytest.mark.parametrize(
    ("signals", "environment"),
    [(1, {}), (1, SQUASHING), (2, {})],
    ids=["SIGTERM", "SIGTERM while it squashes", "SIGTERM twice"],
)
async def test_under_load(tmp_path: Path, signals: int, environment: dict[str, str]) -> None:
    async with ServerProcess(tmp_path / "documents.db", env=environment) as server:
        async with Crowd(server.ws_url, DOCUMENTS, CLIENTS_EACH, Random(signals)) as crowd:
            await crowd.until_acknowledged(EDITS)
            for _ in range(signals):
                os.kill(server.pid, signal.SIGTERM)
            assert await asyncio.to_thread(server.wait, STOP_S) == 0, server.tail()
            await crowd.gone()
        assert {client.close_code for client in crowd.clients} <= COME_BACK
        await server.astart()
        assert await broken_promises(server.ws_url, crowd.promises()) == []
        server.assert_no_traceback()


@pytest.mark.parametrize("environment", [{}, SMALL_OUTBOX], ids=["stuck", "given up"])
async def test_with_clients_that_never_read(tmp_path: Path, environment: dict[str, str]) -> None:
    async with ServerProcess(tmp_path / "documents.db", env=environment) as server:
        async with contextlib.AsyncExitStack() as deaf:
            for _ in range(DEAF):
                await deaf.enter_async_context(Deaf(server, DOCUMENTS[0].replace(" ", "%20")))
            await eventually(lambda: metric(server, "crdt_sessions"), lambda count: count == DEAF)
            async with Crowd(server.ws_url, DOCUMENTS[:1], CLIENTS_EACH, Random(1)) as crowd:
                await make_noise(crowd.clients[0], STUCK_ROUNDS)
                await crowd.until_acknowledged(EDITS)
                os.kill(server.pid, signal.SIGTERM)
                assert await asyncio.to_thread(server.wait, STOP_S) == 0, server.tail()
                await crowd.gone()
        await server.astart()
        assert await broken_promises(server.ws_url, crowd.promises()) == []
        server.assert_no_traceback()
