"""A session on the wire as each version of the provider has it: order, addresses, acknowledgements."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.hocuspocus import frames
from tests.hocuspocus.agent import SESSION_AWARE, VERSIONS, Provider, ProviderAgent
from tests.hocuspocus.frames import AUTH, AWARENESS, SAVED, SYNC, SYNC_STATUS, UPDATE, Frame
from tests.hocuspocus.peer import Peer
from tests.hocuspocus.servers import OurServer, Server
from tests.interop.agent import eventually
from tests.updates import insert, text_of

PLAIN, SESSION = "plain", "session"
GRAMMARS = [(version, PLAIN) for version in VERSIONS] + [(version, SESSION) for version in SESSION_AWARE]
EDITS = 30
FORCED = 20


@pytest_asyncio.fixture(params=GRAMMARS, ids="-".join, loop_scope="package")
async def provider(
    request: pytest.FixtureRequest, agents: dict[str, ProviderAgent], server: Server, document: str
) -> AsyncIterator[Provider]:
    """A provider of each version, joined to an empty document in each grammar that it has."""
    version, grammar = request.param
    is_session = grammar == SESSION
    yield await agents[version].joined(server.hocuspocus_url, document, sessionAwareness=is_session)


async def test_a_session_is_in_the_order_of_the_captures(provider: Provider) -> None:
    """Auth, Step1 at once; Authenticated, the server's Step1 before its Step2, one SyncStatus."""
    session = await provider.frames()
    sent = [frame for direction, frame in session if direction == "sent"]
    received = [frame for direction, frame in session if direction == "received" and frame.kind != AWARENESS]
    address = sent[0].address
    assert address.partition("\0")[0] == provider.document
    assert {frame.address for _, frame in session} == {address}
    assert [frame.kind for frame in sent[:2]] == [AUTH, SYNC]
    assert received == [
        Frame(address, AUTH, frames.authenticated("read-write")),
        frames.read(frames.step_1(address)),
        frames.read(frames.step_2(address)),
        Frame(address, SYNC_STATUS, SAVED),
    ]


async def test_each_step_2_and_update_gets_one_sync_status(provider: Provider) -> None:
    for number in range(EDITS):
        await provider.call("splice", position=0, inserted=f"{number} ")
    await provider.saved()
    # A late SyncStatus would come before the answer to what is sent now.
    await provider.call("forceSync")
    await provider.saved()
    session = await provider.frames()
    edits = [frame for direction, frame in session if direction == "sent" and frame.is_edit]
    statuses = [
        frame for direction, frame in session if direction == "received" and frame.kind == SYNC_STATUS
    ]
    assert len(edits) == 1 + EDITS + 1
    assert [frame.payload for frame in statuses] == [SAVED] * len(edits)
    assert await provider.unsynced() == 0


async def test_force_sync_again_and_again(provider: Provider) -> None:
    await provider.call("splice", position=0, inserted="kept")
    await provider.saved()
    for _ in range(FORCED):
        await provider.call("forceSync")
        await provider.saved()
        assert await provider.unsynced() == 0
    assert await provider.text() == "kept"


async def test_force_sync_many_times_at_once(provider: Provider) -> None:
    """The counter of 2.x goes below zero by its own arithmetic; it never stays above."""
    await provider.frames()
    for _ in range(FORCED):
        await provider.call("forceSync")
    statuses: list[bytes] = []

    async def count() -> int:
        statuses.extend(await provider.statuses())
        return len(statuses)

    await eventually(count, lambda found: found == FORCED)
    await provider.saved()
    await provider.call("splice", position=0, inserted="later")
    await eventually(count, lambda found: found == FORCED + 1)


async def test_a_step_1_is_answered_by_step_1_then_step_2(server: Server, document: str) -> None:
    """Both sides then have what the other lacks, after one message each way."""
    update = insert(1, 0, "a")
    async with Peer(server.hocuspocus_url) as peer:
        await peer.opened(document)
        await peer.send(frames.update(document, update))
        await peer.until(lambda frame: frame.kind == SYNC_STATUS)
        # The reference sends its author's own update back meanwhile.
        sync = [frame for frame in await peer.answers(document) if frame.kind == SYNC]
        ask, answer = [frame for frame in sync if frame.payload[0] != UPDATE]
        assert ask == frames.read(frames.step_1(document, b"\x01\x01\x01"))
        assert text_of(answer.payload[2:]) == "a"


async def test_what_others_wrote_comes_as_one_update(
    agent: ProviderAgent, server: Server, document: str
) -> None:
    async with Peer(server.hocuspocus_url) as peer:
        await peer.opened(document)
        provider = await agent.joined(server.hocuspocus_url, document)
        await provider.call("splice", position=0, inserted="hello")
        (update,) = [frame for frame in await peer.until(lambda frame: frame.is_edit) if frame.is_edit]
        assert update.address == document
        await provider.saved()


@pytest.mark.parametrize("path", ["/hocuspocus", "/collaboration", "/further/path"])
async def test_it_is_served_at_each_path_with_any_slash_and_query(
    ours: OurServer, document: str, path: str
) -> None:
    for suffix in ("", "/", "?version=3", "/?a=b"):
        async with Peer(f"ws://127.0.0.1:{ours.port}{path}{suffix}") as peer:
            await peer.opened(document)


async def test_a_provider_without_a_token_is_asked_for_by_name(
    agent: ProviderAgent, ours: OurServer, document: str, open_document: str
) -> None:
    """2.x never sends an Auth then; later versions send an empty token. Neither is left without an answer."""
    welcome = await agent.joined(ours.hocuspocus_url, open_document, None)
    await welcome.edit("text", "ann")
    await welcome.saved()
    refused = await agent.open(ours.hocuspocus_url, document, None)
    await refused.denied()
    status = await refused.status()
    assert (status.denials, status.synced, status.connections) == (["permission-denied"], False, 1)
