"""Frames above the limit: refused in words while they can be read, so that no provider repeats them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from crdt_server.protocol.close_codes import CloseCode
from tests.hocuspocus import frames
from tests.hocuspocus.agent import ProviderAgent
from tests.hocuspocus.frames import AUTH, REJECTED, SYNC_STATUS, Frame
from tests.hocuspocus.peer import Peer
from tests.hocuspocus.servers import OurServer
from tests.interop.agent import Agent, Flavour, eventually

LIMIT_BYTES = 100_000
READ_BYTES = 2 * LIMIT_BYTES


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[OurServer]:
    """It takes small frames only."""
    store = tmp_path_factory.mktemp("store") / "documents.db"
    async with OurServer(store, CRDT_MESSAGE_BYTES_MAX=str(LIMIT_BYTES)) as server:
        yield server
        server.assert_no_traceback()


async def test_an_edit_too_large_is_refused_in_words(
    agent: ProviderAgent, server: OurServer, document: str
) -> None:
    provider = await agent.joined(server.hocuspocus_url, document)
    beside = await agent.joined(server.hocuspocus_url, f"{document} x", beside=provider)
    await provider.frames()
    await provider.call("splice", position=0, inserted="x" * (LIMIT_BYTES + 1))
    await provider.denied()
    status = await provider.status()
    assert status.denials[0].startswith("message_too_big: ")
    assert [frame.payload for frame in await provider.received() if frame.kind == SYNC_STATUS] == [REJECTED]
    assert status.unsynced > 0
    await beside.call("splice", position=0, inserted="small")
    await beside.saved()
    # Its document is closed now, so the edits that follow are refused, not taken for good ones.
    await provider.call("splice", position=0, inserted="more")
    assert (await provider.status()).connections == 1


async def test_the_largest_edit_is_taken(agent: ProviderAgent, server: OurServer, document: str) -> None:
    provider = await agent.joined(server.hocuspocus_url, document)
    await provider.call("splice", position=0, inserted="x" * (LIMIT_BYTES - 100))
    await provider.saved()


async def test_what_is_too_large_to_be_read_closes_the_socket(server: OurServer, document: str) -> None:
    async with Peer(server.hocuspocus_url) as peer:
        await peer.opened(document)
        await peer.send(frames.update(document, bytes(READ_BYTES - 100)))
        assert await peer.receive() == Frame(document, SYNC_STATUS, REJECTED)
        assert (await peer.receive())[:2] == (document, AUTH)
        await peer.send(frames.update(document, bytes(READ_BYTES)))
        assert await peer.closed() == CloseCode.MESSAGE_TOO_BIG


async def test_y_websocket_3_1_goes_on_trying(
    others: dict[Flavour, Agent], server: OurServer, document: str
) -> None:
    """It has no words for it but the close code, and 1009 is none that it holds for permanent."""
    client = await others["yjs13"].joined(server.ws_url, f"open {document}")
    await client.call("splice", position=0, inserted="x" * (LIMIT_BYTES + 1))
    codes = await eventually(lambda: client.call("closeCodes"), bool)
    assert codes[0] == CloseCode.MESSAGE_TOO_BIG
    assert await client.call("shouldConnect")
