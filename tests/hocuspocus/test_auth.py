"""Tokens: frames before the Auth, denials, other tokens later, and access that expires."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.hocuspocus import frames
from tests.hocuspocus.agent import VERSIONS, Provider, ProviderAgent
from tests.hocuspocus.frames import (
    AUTH,
    CLOSE,
    REJECTED,
    SAVED,
    STATELESS,
    SYNC,
    SYNC_STATUS,
    TOKEN_REQUEST,
    Frame,
    var_string,
)
from tests.hocuspocus.peer import Peer
from tests.hocuspocus.servers import OurServer, Server
from tests.interop.agent import Agent, Flavour, eventually
from tests.updates import insert, text_of

ASKED_BEFORE_S = 0.7
LIFETIME_S = 2.0
EXPIRING = f"expires-{LIFETIME_S}"
DENIED = frames.denied("permission-denied")
DETACHING = VERSIONS[1:]
"""The versions that can leave a document and come back with the same provider."""
RENEWING = VERSIONS[2:]
"""The versions that can send another token."""


async def test_frames_before_auth_are_replayed_in_order(server: Server, document: str) -> None:
    """Edits and messages between them, before the Auth and while it is decided; each gets its reply."""
    early, middle, late = insert(1, 0, "a"), insert(1, 1, "b"), insert(1, 2, "c")
    first, second = [Frame(document, STATELESS, var_string(text)) for text in ("first", "second")]
    async with Peer(server.hocuspocus_url) as peer:
        await peer.send(
            frames.update(document, early),
            frames.stateless(document, "first"),
            frames.update(document, middle),
            frames.step_1(document),
            frames.auth(document, "slow"),
            frames.update(document, late),
            frames.stateless(document, "second"),
        )
        assert await peer.receive() == Frame(document, AUTH, frames.authenticated("read-write"))
        said: list[Frame] = []
        while [f.kind for f in said].count(SYNC_STATUS) < 3 or said.count(second) < 1:
            said.append(await peer.receive())
        *_, answer = await peer.answers(document)
    assert [f for f in said if f.kind == STATELESS] == [first, second]
    assert [f.payload for f in said if f.kind == SYNC_STATUS] == [SAVED] * 3
    assert [f.payload[0] for f in said if f.kind == SYNC][:2] == [frames.STEP_1, frames.STEP_2]
    assert text_of(answer.payload[2:]) == "abc"


async def test_a_2x_step_1_then_an_auth_after_all(ours: OurServer, document: str) -> None:
    """Its first word is taken for a session without a token; the token that comes later counts."""
    async with Peer(ours.hocuspocus_url) as peer:
        await peer.send(frames.step_1(document))
        assert await peer.receive() == Frame(document, AUTH, DENIED)
        await peer.opened(document)


async def test_two_documents_on_one_socket_one_denied(
    agent: ProviderAgent, server: Server, document: str
) -> None:
    welcome = await agent.joined(server.hocuspocus_url, document)
    refused = await agent.open(server.hocuspocus_url, f"{document} x", "nobody", beside=welcome)
    await refused.denied()
    await refused.call("splice", position=0, inserted="mine")
    await welcome.call("splice", position=0, inserted="yours")
    await welcome.saved()
    status = await refused.status()
    assert (status.denials, status.synced, status.authenticated) == (["permission-denied"], False, False)
    assert status.unsynced > 0
    assert (await welcome.status()).connections == 1
    newcomer = await agent.joined(server.hocuspocus_url, f"{document} x")
    assert await newcomer.text() == ""


async def test_a_denied_provider_may_ask_again(agent: ProviderAgent, server: Server, document: str) -> None:
    provider = await agent.open(server.hocuspocus_url, document, "nobody", written="offline ")
    await provider.denied()
    await provider.call("retry", token="nobody")
    await eventually(provider.status, lambda status: len(status.denials) == 2)
    await provider.call("retry", token="write")
    await provider.saved()
    await provider.call("splice", position=0, inserted="online ")
    await provider.saved()
    newcomer = await agent.joined(server.hocuspocus_url, document)
    assert await newcomer.text() == "online offline "
    assert (await provider.status()).connections == 1


@pytest.mark.parametrize("version", DETACHING)
async def test_a_provider_that_leaves_after_a_denial_may_come_back(
    agents: dict[str, ProviderAgent], ours: OurServer, document: str, version: str
) -> None:
    """It says Close first, of a document that is not open."""
    provider = await agents[version].open(ours.hocuspocus_url, document, "nobody")
    await provider.denied()
    await provider.call("setToken", token="write")
    await provider.call("reattach")
    await provider.saved()


async def test_what_comes_after_a_denial_is_answered_until_the_next_auth(
    ours: OurServer, document: str
) -> None:
    """Edits are rejected; the rest goes nowhere; nothing is kept for later."""
    async with Peer(ours.hocuspocus_url) as peer:
        await peer.send(frames.auth(document, "nobody"))
        assert await peer.receive() == Frame(document, AUTH, DENIED)
        await peer.send(
            frames.stateless(document, "hello?"),
            frames.step_1(document),
            frames.update(document, insert(1, 0, "a")),
            frames.step_2(document, insert(2, 0, "b")),
        )
        for _ in range(2):
            assert await peer.receive() == Frame(document, SYNC_STATUS, REJECTED)
        await peer.send(frames.auth(document, "write"))
        assert await peer.receive() == Frame(document, AUTH, frames.authenticated("read-write"))
        *_, answer = await peer.answers(document)
        assert text_of(answer.payload[2:]) == ""


@pytest.mark.parametrize("version", RENEWING)
async def test_a_second_auth_brings_other_rights(
    agents: dict[str, ProviderAgent], ours: OurServer, document: str, version: str
) -> None:
    provider = await agents[version].joined(ours.hocuspocus_url, document)

    async def send(token: str, scope: str) -> None:
        known = len((await provider.status()).scopes)
        await provider.call("setToken", token=token)
        await provider.call("sendToken")
        status = await eventually(provider.status, lambda status: len(status.scopes) > known)
        assert status.scopes[-1] == scope

    await send("read", "readonly")
    await provider.frames()
    await provider.call("splice", position=0, inserted="rejected at first ")
    assert await eventually(provider.statuses, bool) == [REJECTED]
    assert await provider.unsynced() == 1
    await send("write", "read-write")
    await provider.call("splice", position=0, inserted="with what was ")
    await provider.saved()
    newcomer = await agents[version].joined(ours.hocuspocus_url, document)
    assert await newcomer.text() == "with what was rejected at first "
    assert (await provider.status()).connections == 1


async def test_a_second_auth_without_access_ends_the_document(ours: OurServer, document: str) -> None:
    update = insert(1, 0, "a")
    async with Peer(ours.hocuspocus_url) as peer:
        await peer.opened(document)
        await peer.opened(f"{document} x")
        await peer.send(frames.auth(document, "nobody"))
        assert await peer.receive() == Frame(document, AUTH, DENIED)
        await peer.send(frames.update(document, update))
        assert await peer.receive() == Frame(document, SYNC_STATUS, REJECTED)
        assert await peer.answers(f"{document} x")
        await peer.opened(document)


async def test_late_frames_do_not_bring_a_document_back_that_was_left(server: Server, document: str) -> None:
    async with Peer(server.hocuspocus_url) as peer:
        await peer.opened(document, version="4.8.0")
        await peer.opened(f"{document} x")
        await peer.send(frames.frame(document, CLOSE))
        assert await peer.receive() == Frame(document, CLOSE, var_string("provider_initiated"))
        await peer.send(frames.update(document, insert(1, 0, "a")), frames.step_1(document))
        about = [frame for frame in await peer.answers(f"{document} x") if frame.address == document]
        assert [frame for frame in about if frame != Frame(document, SYNC_STATUS, REJECTED)] == []
        async with Peer(server.hocuspocus_url) as other:
            await other.opened(document)
            *_, answer = await other.answers(document)
            assert text_of(answer.payload[2:]) == ""


# Access that expires.


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def renewing_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[OurServer]:
    """It asks for tokens a little before they expire, and not at once."""
    store = tmp_path_factory.mktemp("store") / "documents.db"
    async with OurServer(store, CRDT_TOKEN_RENEWAL_S=str(ASKED_BEFORE_S)) as server:
        yield server
        server.assert_no_traceback()


async def test_the_server_asks_for_a_token_before_it_expires(
    agents: dict[str, ProviderAgent], renewing_server: OurServer, document: str
) -> None:
    """3.4 and later send their newest; others do not know the question, and are told when it is too late."""

    async def renew(agent: ProviderAgent) -> Provider:
        provider = await agent.joined(renewing_server.hocuspocus_url, document, EXPIRING)
        await provider.call("setToken", token="write")
        await eventually(provider.status, lambda status: len(status.scopes) == 2)
        received = await provider.received()
        assert Frame(document, AUTH, TOKEN_REQUEST) in received
        return provider

    async def expire(agent: ProviderAgent, token: str, reason: str) -> None:
        provider = await agent.joined(renewing_server.hocuspocus_url, document, EXPIRING)
        await provider.call("setToken", token=token)
        await provider.denied()
        status = await provider.status()
        assert (status.denials, status.closes) == ([reason], [])

    expired = "the access has expired"
    *renewed, _, _, _ = await asyncio.gather(
        *(renew(agents[version]) for version in RENEWING),
        *(expire(agents[version], "write", expired) for version in VERSIONS if version not in RENEWING),
        expire(agents["4.8.0"], "nobody", "permission-denied"),
    )
    # The last of them were denied later than the first grants would have ended.
    for provider in renewed:
        assert isinstance(provider, Provider)
        await provider.call("splice", position=0, inserted="still here")
        await provider.saved()
        assert (await provider.status()).connections == 1


async def test_access_that_expires_closes_a_y_websocket_for_good(
    others: dict[Flavour, Agent], renewing_server: OurServer, document: str
) -> None:
    """It has one token in its URL: there is none to ask for."""
    client = await others["yjs13"].joined(renewing_server.ws_url, f"{document}?token={EXPIRING}")
    await eventually(lambda: client.call("closeCodes"), bool)
    assert await client.call("closeCodes") == [4401]
    assert not await client.call("shouldConnect")


async def test_a_y_websocket_has_its_token_in_its_url(
    others: dict[Flavour, Agent], ours: OurServer, document: str
) -> None:
    writer = await others["yjs13"].joined(ours.ws_url, f"{document}?token=write")
    reader = await others["yjs13"].joined(ours.ws_url, f"{document}?token=read")
    await writer.call("splice", position=0, inserted="hello")
    await eventually(reader.text, lambda text: text == "hello")
    await reader.call("splice", position=0, inserted="mine")
    await eventually(lambda: reader.call("closeCodes"), lambda codes: codes == [4403])
    assert await writer.text() == "hello"
