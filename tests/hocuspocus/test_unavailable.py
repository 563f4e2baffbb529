"""Documents that are gone or cannot be loaded: told apart, told in words, and no other document suffers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from crdt_server.protocol.close_codes import CloseCode
from persistence.sqlite.store import SqliteStore
from tests.faults.test_damage import flip
from tests.hocuspocus import frames
from tests.hocuspocus.agent import ProviderAgent
from tests.hocuspocus.frames import AUTH, CLOSE, REJECTED, SYNC_STATUS, Frame
from tests.hocuspocus.peer import Peer
from tests.hocuspocus.servers import OurServer
from tests.interop.agent import Agent, Flavour, eventually
from tests.updates import insert

NEEDLE = "here is a bit to flip"
SOON_S = 0.2


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store") / "documents.db"


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def server(store: Path, all_agents: dict[str, ProviderAgent]) -> AsyncIterator[OurServer]:
    """It has a damaged document, and says so soon."""
    async with OurServer(
        store, CRDT_UNAVAILABLE_S_MAX=str(SOON_S), CRDT_UNAVAILABLE_RETRY_S=str(SOON_S / 2)
    ) as server:
        writer = await all_agents["4.8.0"].joined(server.hocuspocus_url, "damaged")
        await writer.call("splice", position=0, inserted=NEEDLE)
        await writer.saved()
        await writer.call("destroy")
        assert await server.aterminate() == 0
        flip(store, NEEDLE)
        await server.astart()
        yield server
        server.assert_no_traceback()


async def test_a_document_that_cannot_be_loaded_closes_a_socket_that_has_no_other(server: OurServer) -> None:
    async with Peer(server.hocuspocus_url) as peer:
        await peer.send(frames.auth("damaged", "write", "4.8.0"), frames.step_1("damaged"))
        assert await peer.closed() == CloseCode.DOCUMENT_UNAVAILABLE


@pytest.mark.parametrize(("version", "kind"), [(None, AUTH), ("4.8.0", CLOSE)])
async def test_beside_another_it_is_closed_alone(
    server: OurServer, document: str, version: str | None, kind: int
) -> None:
    """What was sent for it meanwhile is answered."""
    async with Peer(server.hocuspocus_url) as peer:
        await peer.opened(document)
        await peer.send(frames.auth("damaged", "write", version), frames.update("damaged", insert(1, 0, "a")))
        assert await peer.receive() == Frame("damaged", SYNC_STATUS, REJECTED)
        assert (await peer.receive())[:2] == ("damaged", kind)
        assert await peer.answers(document)


async def test_a_provider_of_a_document_that_cannot_be_loaded_is_never_synced(
    agent: ProviderAgent, server: OurServer, document: str
) -> None:
    """Nothing empty takes its place, and what the user writes stays unsaved."""
    beside = await agent.joined(server.hocuspocus_url, document)
    provider = await agent.open(server.hocuspocus_url, "damaged", beside=beside, written="mine")
    is_4x = agent.version.startswith("4.")
    status = await eventually(provider.status, lambda status: bool(status.closings or status.denials))
    assert (len(status.closings), len(status.denials)) == ((1, 0) if is_4x else (0, 1))
    assert (status.synced, status.unsynced > 0, status.connections) == (False, True, 1)
    await beside.call("splice", position=0, inserted="hello")
    await beside.saved()


async def test_a_document_erased_while_it_is_open(
    agents: dict[str, ProviderAgent],
    others: dict[Flavour, Agent],
    server: OurServer,
    store: Path,
    document: str,
) -> None:
    """The next edit finds out: it is rejected, everybody is told, and nobody brings the document back."""
    elsewhere = f"{document} x"
    providers = [await agent.joined(server.hocuspocus_url, document) for agent in agents.values()]
    beside = await agents["4.8.0"].joined(server.hocuspocus_url, elsewhere, beside=providers[-1])
    client = await others["yjs13"].joined(server.ws_url, f"{document}?token=write")
    await providers[0].call("splice", position=0, inserted="hello")
    await providers[0].saved()
    async with SqliteStore(store) as documents:
        await documents.delete(document)
    await providers[0].frames()
    await providers[0].call("splice", position=0, inserted="too late ")
    for provider in providers:
        await provider.denied()
        status = await provider.status()
        assert status.denials[0].startswith("document_erased: ")
        assert status.connections == 1
    assert await providers[0].statuses() == [REJECTED]
    assert await providers[0].unsynced() == 1
    assert await eventually(lambda: client.call("closeCodes"), bool) == [CloseCode.DOCUMENT_ERASED]
    assert not await client.call("shouldConnect")
    await beside.call("splice", position=0, inserted="still here")
    await beside.saved()
    stale = await agents["3.4.4"].open(server.hocuspocus_url, document, written="hello again")
    await stale.denied()
    async with SqliteStore(store) as documents:
        assert document not in [info.name async for info in documents.list()]
