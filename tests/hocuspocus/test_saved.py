"""No unsynced changes: said when they are in the store, never before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.faults.broken_disk import locked
from tests.hocuspocus import frames
from tests.hocuspocus.agent import Provider, ProviderAgent
from tests.hocuspocus.frames import AUTH, REJECTED, SAVED, SYNC_STATUS, Frame
from tests.hocuspocus.peer import Peer
from tests.hocuspocus.servers import OurServer
from tests.interop.agent import eventually
from tests.updates import insert, text_of

HEALS_WITHIN_S = 20.0


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "documents.db"


@pytest_asyncio.fixture(loop_scope="package")
async def server(store: Path) -> AsyncIterator[OurServer]:
    """It looks soon whether a store that failed is back."""
    async with OurServer(store, CRDT_STORE_RETRY_S_MAX="0.2") as server:
        yield server
        server.assert_no_traceback()


async def _joined(agents: dict[str, ProviderAgent], server: OurServer) -> list[Provider]:
    """One provider of each version, each with a document of its own."""
    return list(
        await asyncio.gather(
            *(agent.joined(server.hocuspocus_url, f"of {version}") for version, agent in agents.items())
        )
    )


async def _edit(providers: list[Provider], words: str) -> None:
    for provider in providers:
        await provider.call("splice", position=0, inserted=words)


async def _assert_unsaved(providers: list[Provider]) -> None:
    """The server has had the edits: it has answered what was sent after them, and shown them to others."""
    for provider in providers:
        await provider.call("sendStateless", payload="do you hear me?")
        await eventually(provider.status, lambda status: bool(status.stateless))
        assert await provider.unsynced() == 1, provider.version


async def _found(agents: dict[str, ProviderAgent], server: OurServer, documents: list[str]) -> list[str]:
    """What somebody finds who comes with nothing."""
    texts = []
    for document in documents:
        newcomer = await agents["4.8.0"].open(server.hocuspocus_url, document, "read")
        await newcomer.synced()
        texts.append(await newcomer.text())
        await newcomer.call("destroy")
    return texts


async def test_unsaved_while_the_store_waits_and_saved_when_it_is_stored(
    agents: dict[str, ProviderAgent], server: OurServer, store: Path
) -> None:
    providers = await _joined(agents, server)
    documents = [provider.document for provider in providers]
    with locked(server, store):
        await _edit(providers, "hello")
        await _assert_unsaved(providers)
        assert await _found(agents, server, documents) == ["hello"] * len(documents)
        await _assert_unsaved(providers)
    await asyncio.gather(*(provider.saved() for provider in providers))
    for agent in agents.values():
        await agent.clear()
    server.kill()
    await server.astart()
    assert await _found(agents, server, documents) == ["hello"] * len(documents)


async def test_what_is_not_stored_when_a_document_ends_is_rejected(server: OurServer, store: Path) -> None:
    """One SyncStatus for each edit of somebody who then breaks the dialect. It is stored all the same."""
    async with Peer(server.hocuspocus_url) as peer:
        await peer.opened("doc")
        with locked(server, store):
            await peer.send(*(frames.update("doc", insert(1, clock, "x")) for clock in range(3)))
            await peer.send(frames.frame("doc", frames.BROADCAST_STATELESS, b"\x00"))
            for _ in range(3):
                assert await peer.receive() == Frame("doc", SYNC_STATUS, REJECTED)
            assert (await peer.receive())[:2] == ("doc", AUTH)
        await peer.opened("doc")
        *_, answer = await peer.answers("doc")
        assert text_of(answer.payload[2:]) == "xxx"
        await peer.send(frames.step_2("doc", answer.payload[2:]))
        assert await peer.receive() == Frame("doc", SYNC_STATUS, SAVED)


async def test_unsaved_when_the_server_is_killed_and_healed_when_it_is_back(
    agents: dict[str, ProviderAgent], server: OurServer, store: Path
) -> None:
    providers = await _joined(agents, server)
    documents = [provider.document for provider in providers]
    await _edit(providers, "before ")
    await asyncio.gather(*(provider.saved() for provider in providers))
    with locked(server, store):
        await _edit(providers, "during ")
        await _assert_unsaved(providers)
        server.kill()
        for provider in providers:
            await eventually(provider.status, lambda status: not status.synced)
            assert (await provider.status()).unsynced > 0
    await _edit(providers, "away ")
    await server.astart()
    await asyncio.gather(*(provider.saved(HEALS_WITHIN_S) for provider in providers))
    for agent in agents.values():
        await agent.clear()
    assert await _found(agents, server, documents) == ["away during before "] * len(documents)


async def test_nothing_that_was_saved_is_lost_by_kill_9(
    agents: dict[str, ProviderAgent], server: OurServer
) -> None:
    """Killed as soon as each says so, and with nobody left to bring it back."""
    providers = await _joined(agents, server)
    documents = [provider.document for provider in providers]
    for number in range(5):
        await _edit(providers, f"{number} ")
    await asyncio.gather(*(provider.saved() for provider in providers))
    server.kill()
    for agent in agents.values():
        await agent.clear()
    await server.astart()
    assert await _found(agents, server, documents) == ["4 3 2 1 0 "] * len(documents)


async def test_a_server_that_stops_in_good_order_is_waited_for(
    agents: dict[str, ProviderAgent], server: OurServer
) -> None:
    """Closed with 1012; every version comes back by itself and goes on."""
    providers = await _joined(agents, server)
    await _edit(providers, "before ")
    assert await server.aterminate() == 0
    for provider in providers:
        status = await eventually(provider.status, lambda status: bool(status.closes))
        assert status.closes[0] == 1012
    await _edit(providers, "away ")
    await server.astart()
    await asyncio.gather(*(provider.saved(HEALS_WITHIN_S) for provider in providers))
    documents = [provider.document for provider in providers]
    assert await _found(agents, server, documents) == ["away before "] * len(documents)
