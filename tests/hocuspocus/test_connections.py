"""Sessions that are refused or break: no version multiplies its connections, or comes back without pause."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest_asyncio

from persistence.sqlite.store import SqliteStore
from tests.faults.test_damage import flip
from tests.hocuspocus import frames
from tests.hocuspocus.agent import ProviderAgent
from tests.hocuspocus.counting_proxy import CountingProxy
from tests.hocuspocus.servers import OurServer
from tests.interop.agent import eventually

COUNTED_S = 20.0
LIMIT_BYTES = 100_000
PATIENT = {"delay": 1000, "minDelay": 1000, "maxDelay": 30_000}
"""How a provider reconnects if nobody told it otherwise."""

NEEDLE = "here is a bit to flip"


@dataclass(frozen=True)
class Case:
    """A way to be refused: what is opened, and how many connections it may cost in 20 s."""

    connections_max: int
    document: str = "fine"
    token: str = "write"
    options: dict[str, Any] = field(default_factory=dict)
    raw: bytes = b""
    """Sent past the provider whenever it is synced."""
    beside: bool = False
    """Whether another document of its socket is in use."""


EACH_SECOND = int(COUNTED_S) + 2
"""A provider waits a second after a close, and goes on for ever: the most that there may be."""

OLDEST = "2.15.3"
"""It connects again at once, while the connection before may still be on its way out."""

CASES = {
    "denied": Case(1, "private", token="nobody"),
    "erased": Case(1, "erased"),
    "blank name": Case(1, " "),
    "origin": Case(12, options={"origin": "https://elsewhere.example"}),
    "damaged": Case(1, "damaged"),
    "damaged beside another": Case(1, "damaged", beside=True),
    "nobody can say": Case(1, token="broken"),
    "malformed edit": Case(1, raw=frames.update("fine", b"\xff")),
    "malformed address": Case(EACH_SECOND, raw=b"\x05abc"),
    "too large": Case(EACH_SECOND, options={"written": "x" * 2 * LIMIT_BYTES}),
}


@pytest_asyncio.fixture(loop_scope="package")
async def server(tmp_path: Path, agents: dict[str, ProviderAgent]) -> AsyncIterator[OurServer]:
    """It has an erased and a damaged document."""
    store = tmp_path / "documents.db"
    async with OurServer(store, CRDT_MESSAGE_BYTES_MAX=str(LIMIT_BYTES)) as server:
        writer = await agents["4.8.0"].joined(server.hocuspocus_url, "damaged")
        await writer.call("splice", position=0, inserted=NEEDLE)
        await writer.saved()
        await writer.call("destroy")
        assert await server.aterminate() == 0
        flip(store, NEEDLE)
        async with SqliteStore(store) as documents:
            await documents.delete("erased")
        await server.astart()
        yield server


async def _open(agent: ProviderAgent, url: str, case: Case) -> None:
    beside = await agent.open(url, "another", socket=PATIENT) if case.beside else None
    provider = await agent.open(url, case.document, case.token, beside=beside, socket=PATIENT, **case.options)
    if case.raw:
        await provider.call("sendRawWhenSynced", hex=case.raw.hex())


async def test_refused_and_broken_sessions_do_not_multiply(
    agents: dict[str, ProviderAgent], server: OurServer
) -> None:
    async with CountingProxy(server.port) as proxy:
        allowed: dict[str, int] = {}
        for version, agent in agents.items():
            for name, case in CASES.items():
                target = f"/hocuspocus?{version}-{name.replace(' ', '-')}"
                allowed[target] = case.connections_max
                await _open(agent, f"ws://127.0.0.1:{proxy.port}{target}", case)
        deadline = time.monotonic() + COUNTED_S

        async def too_many() -> dict[str, int]:
            return {target: made for target, made in proxy.made.items() if made > allowed[target]}

        await eventually(too_many, lambda found: bool(found) or time.monotonic() > deadline, 2 * COUNTED_S)
        assert await too_many() == {}
        assert set(proxy.made) == set(allowed), "every case came through"
        assert {target: most for target, most in proxy.most.items() if most > 1 + (OLDEST in target)} == {}
        for agent in agents.values():
            await agent.request({"call": "close"})
            for complaint in await agent.complaints():
                assert complaint.startswith("[HocuspocusProvider] Connection closed with status "), complaint
