"""Where @hocuspocus/server 4.7.0 does something else, as README.md says, which says why we do not."""

from __future__ import annotations

import pytest

from crdt_server.protocol.close_codes import CloseCode
from tests.hocuspocus import frames
from tests.hocuspocus.agent import ProviderAgent
from tests.hocuspocus.frames import AUTH, BROADCAST_STATELESS, CLOSE, SAVED, SYNC_STATUS, Frame, var_string
from tests.hocuspocus.peer import Peer
from tests.hocuspocus.servers import ReferenceServer
from tests.interop.agent import eventually
from tests.updates import insert

ANN = {"name": "Ann"}
SILENCE_MS = 200


@pytest.fixture
def reference(reference_server: ReferenceServer) -> ReferenceServer:
    """The shorter name."""
    return reference_server


async def test_it_acknowledges_what_its_store_does_not_have(
    agent: ProviderAgent, reference: ReferenceServer, document: str
) -> None:
    """The provider says "saved"; kill -9 now, and the edit is nowhere but with its author."""
    provider = await agent.joined(reference.hocuspocus_url, document)
    await reference.hold_store()
    try:
        await provider.call("splice", position=0, inserted="hello")
        await provider.saved()
        assert await provider.unsynced() == 0
        assert await reference.stored(document) is None
    finally:
        await reference.release_store()


async def test_it_leaves_a_2x_provider_without_a_token_without_an_answer(
    reference: ReferenceServer, document: str, open_document: str
) -> None:
    async with Peer(reference.hocuspocus_url) as peer:
        await peer.send(frames.step_1(open_document))
        await peer.opened(document)
        assert {frame.address for frame in await peer.answers(document)} == {document}


async def test_it_does_not_pass_on_that_a_presence_is_null(
    agent: ProviderAgent, reference: ReferenceServer, document: str
) -> None:
    """Others see Ann until 30 s after, when they drop her by themselves."""
    watcher = await agent.joined(reference.hocuspocus_url, document)
    ann = await agent.joined(reference.hocuspocus_url, document, presence=ANN)
    await eventually(watcher.presence, lambda found: ANN in found.values())
    await ann.call("setPresence", state=None)
    await ann.call("splice", position=0, inserted="sent after that")
    await eventually(watcher.text, bool)
    assert ANN in (await watcher.presence()).values()


async def test_it_lets_a_provider_without_awareness_reconnect_again_and_again(
    agent: ProviderAgent, reference: ReferenceServer, document: str
) -> None:
    quiet = await agent.open(
        reference.hocuspocus_url,
        document,
        hasAwareness=False,
        socket={"messageReconnectTimeout": SILENCE_MS},
    )
    await eventually(quiet.status, lambda status: status.connections > 2)


async def test_it_answers_an_error_with_a_word_that_2x_throw_on(
    agents: dict[str, ProviderAgent], reference: ReferenceServer, document: str
) -> None:
    oldest = agents["2.15.3"]
    provider = await oldest.joined(reference.hocuspocus_url, document)
    await provider.frames()
    await provider.send_raw(frames.frame(document, BROADCAST_STATELESS, var_string("to all")))
    received = await eventually(provider.received, bool)
    assert [frame.kind for frame in received] == [CLOSE]
    (complaint,) = await eventually(oldest.complaints, bool)
    assert "apply message of unknown type: 7" in complaint


async def test_it_acknowledges_an_update_that_it_cannot_read(
    reference: ReferenceServer, document: str
) -> None:
    async with Peer(reference.hocuspocus_url) as peer:
        await peer.opened(document)
        await peer.send(frames.update(document, b"\xff\xff"))
        assert await peer.receive() == Frame(document, SYNC_STATUS, SAVED)


async def test_it_says_nothing_to_a_second_auth(reference: ReferenceServer, document: str) -> None:
    """The client does not learn that it may only read now."""
    async with Peer(reference.hocuspocus_url) as peer:
        await peer.opened(document)
        await peer.send(frames.auth(document, "read"))
        assert AUTH not in {frame.kind for frame in await peer.answers(document)}


async def test_a_close_after_a_denial_ends_the_next_session(
    reference: ReferenceServer, document: str
) -> None:
    """It waits for an Auth with the frames that follow, and is replayed then."""
    async with Peer(reference.hocuspocus_url) as peer:
        await peer.send(frames.auth(document, "nobody"))
        assert await peer.receive() == Frame(document, AUTH, frames.denied("permission-denied"))
        await peer.send(frames.frame(document, CLOSE), frames.auth(document, "write"))
        assert await peer.receive() == Frame(document, AUTH, frames.authenticated("read-write"))
        assert await peer.receive() == Frame(document, CLOSE, var_string("provider_initiated"))


async def test_it_sends_an_author_its_own_update(reference: ReferenceServer, document: str) -> None:
    update = insert(1, 0, "a")
    async with Peer(reference.hocuspocus_url) as peer:
        await peer.opened(document)
        await peer.send(frames.update(document, update))
        assert await peer.receive() == Frame(document, SYNC_STATUS, SAVED)
        assert await peer.receive() == frames.read(frames.update(document, update))


async def test_it_answers_an_empty_session_id_at_another_address(
    reference: ReferenceServer, document: str
) -> None:
    async with Peer(reference.hocuspocus_url) as peer:
        await peer.send(frames.auth(f"{document}\0", "write"), frames.step_1(f"{document}\0"))
        addresses = [(await peer.receive()).address for _ in range(3)]
        assert addresses == [f"{document}\0", document, document]


async def test_it_closes_the_socket_at_a_pong(reference: ReferenceServer, document: str) -> None:
    """Which is what its own 4.x providers send when they are pinged."""
    async with Peer(reference.hocuspocus_url) as peer:
        await peer.opened(document)
        await peer.send(b"\x0a")
        assert await peer.closed() == CloseCode.UNAUTHORIZED
