"""Frames that break the dialect: what is lost with them is the document they are about, or the socket."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from crdt_server.protocol.close_codes import CloseCode
from tests.hocuspocus import frames
from tests.hocuspocus.agent import Provider, ProviderAgent
from tests.hocuspocus.frames import (
    AUTH,
    AWARENESS,
    BROADCAST_STATELESS,
    PING,
    PONG,
    QUERY_AWARENESS,
    REJECTED,
    SAVED,
    STATELESS,
    SYNC,
    SYNC_REPLY,
    SYNC_STATUS,
    Frame,
    var_string,
)
from tests.hocuspocus.peer import Peer
from tests.hocuspocus.servers import OurServer, Server
from tests.interop.agent import Agent, Flavour, eventually
from tests.updates import insert

UNREADABLE_ADDRESSES = {
    "empty": b"",
    "length alone": b"\x05",
    "cut": b"\x05abc",
    "length cut": b"\x80",
    "length of 20 bytes": b"\x80" * 20,
    "not UTF-8": frames.frame(b"\xff\xfe", SYNC, b"\x00\x01\x00"),
    "huge": b"\xff\xff\xff\xff\x7fabc",
}

# Behind the address of a document for which there was no Auth.
UNREADABLE_BEFORE_AUTH = {
    "no type": b"",
    "type cut": b"\x80",
    "Auth alone": b"\x02",
    "token missing": b"\x02\x00",
    "token cut": b"\x02\x00\x05abc",
    "token not UTF-8": b"\x02\x00" + var_string(b"\xff\xfe"),
}
UNREADABLE_TO_US = {
    "Auth from a server": b"\x02\x02" + var_string("read-write"),
    "version cut": b"\x02\x00" + var_string("write") + b"\x05abc",
    "broadcast": b"\x06" + var_string("x"),
    "Stateless cut": b"\x05\x05abc",
    "Sync alone": b"\x00",
    "unknown sync message": b"\x00\x03\x00",
}

# Behind the address of an open document, and how many SyncStatus it costs.
BROKEN: dict[str, tuple[bytes, int]] = {
    "no type": (b"", 0),
    "type cut": (b"\x80", 0),
    "Sync alone": (b"\x00", 0),
    "unknown sync message": (b"\x00\x03\x00", 0),
    "state vector cut": (b"\x00\x00\x05\x01", 0),
    "update cut": (b"\x00\x02\x05\x01", 1),
    "update of noise": (b"\x00\x02" + var_string(b"\xff" * 4), 1),
    "update without bytes": (b"\x00\x02\x00", 1),
    "step 2 of noise": (b"\x00\x01" + var_string(b"\x01\x01"), 1),
    "awareness cut": (b"\x01\x05\x01", 0),
    "awareness of noise": (b"\x01" + var_string(b"\x01\x01\x01\x01x"), 0),
    "Stateless cut": (b"\x05\x05abc", 0),
    "Stateless not UTF-8": (b"\x05" + var_string(b"\xff"), 0),
    "token cut": (b"\x02\x00\x05abc", 0),
    "broadcast": (b"\x06" + var_string("all"), 0),
}

TOLERATED: dict[str, tuple[int, bytes]] = {
    "SyncReply": (SYNC_REPLY, b"\x00" + var_string(b"\x00")),
    "Ping": (PING, b""),
    "Pong": (PONG, b""),
    "QueryAwareness": (QUERY_AWARENESS, b""),
    "awareness about nobody": (AWARENESS, b"\x01\x00"),
    "unknown type 11": (11, b"\x01\x02"),
    "unknown type 2^35": (2**35, b""),
    "SyncStatus": (SYNC_STATUS, b"\x01"),
}
TOLERATED_BY_US: dict[str, tuple[int, bytes]] = {
    "SyncReply alone": (SYNC_REPLY, b""),
    "trailing bytes of a later version": (STATELESS, var_string("x") + b"\x07later"),
}


@pytest_asyncio.fixture(loop_scope="package")
async def witness(agents: dict[str, ProviderAgent], server: Server, document: str) -> AsyncIterator[Provider]:
    """An honest provider of the document that a peer misuses; nothing may happen to it."""
    provider = await agents["4.8.0"].joined(server.hocuspocus_url, document)
    await provider.edit("nested", "witness")
    await provider.saved()
    before = await provider.state()
    yield provider
    assert await provider.state() == before
    status = await provider.status()
    assert (status.connections, status.closings, status.denials) == (1, [], [])


@pytest.mark.parametrize("what", UNREADABLE_ADDRESSES)
async def test_a_frame_about_nothing_closes_the_socket(server: Server, document: str, what: str) -> None:
    for is_open in (False, True):
        async with Peer(server.hocuspocus_url) as peer:
            if is_open:
                await peer.opened(document)
            await peer.send(UNREADABLE_ADDRESSES[what])
            assert await peer.closed() == CloseCode.UNAUTHORIZED


@pytest.mark.parametrize("what", UNREADABLE_BEFORE_AUTH)
async def test_unreadable_before_auth_resets_the_socket(server: Server, document: str, what: str) -> None:
    async with Peer(server.hocuspocus_url) as peer:
        await peer.send(var_string(document) + UNREADABLE_BEFORE_AUTH[what])
        assert await peer.closed() == CloseCode.RESET_CONNECTION


@pytest.mark.parametrize("what", UNREADABLE_TO_US)
async def test_more_is_read_before_auth(ours: OurServer, document: str, what: str) -> None:
    """The reference queues these unread; we read at once, and say something before the close."""
    async with Peer(ours.hocuspocus_url) as peer:
        await peer.send(var_string(document) + UNREADABLE_TO_US[what])
        assert (await peer.receive()).kind == AWARENESS
        assert await peer.closed() == CloseCode.RESET_CONNECTION


async def test_text_frames_close_the_socket(ours: OurServer, document: str) -> None:
    async with Peer(ours.hocuspocus_url) as peer:
        await peer.opened(document)
        await peer.send("hello")
        assert await peer.closed() == CloseCode.UNSUPPORTED_DATA


@pytest.mark.parametrize("what", BROKEN)
async def test_a_broken_frame_ends_its_document_alone(ours: OurServer, document: str, what: str) -> None:
    """SyncStatus 0 where it was an edit, then PermissionDenied; another Auth opens the document again."""
    payload, rejections = BROKEN[what]
    other = f"{document} x"
    async with Peer(ours.hocuspocus_url) as witness, Peer(ours.hocuspocus_url) as peer:
        await witness.opened(document)
        await peer.opened(document)
        await peer.opened(other)
        await peer.send(var_string(document) + payload)
        for _ in range(rejections):
            assert await peer.receive() == Frame(document, SYNC_STATUS, REJECTED)
        end = await peer.receive()
        assert (end.address, end.kind, end.payload[:1]) == (document, AUTH, b"\x01")
        await peer.send(frames.update(other, insert(1, 0, "a")))
        assert await peer.receive() == Frame(other, SYNC_STATUS, SAVED)
        await peer.opened(document)
        assert len(await witness.answers(document)) == 2


@pytest.mark.parametrize("what", TOLERATED)
async def test_types_of_other_versions_are_passed_over(
    server: Server, document: str, witness: Provider, what: str
) -> None:
    kind, payload = TOLERATED[what]
    async with Peer(server.hocuspocus_url) as peer:
        await peer.opened(document)
        await peer.send(frames.frame(document, kind, payload))
        assert await peer.answers(document)


@pytest.mark.parametrize("what", TOLERATED_BY_US)
async def test_more_is_passed_over(ours: OurServer, document: str, what: str) -> None:
    kind, payload = TOLERATED_BY_US[what]
    async with Peer(ours.hocuspocus_url) as peer:
        await peer.opened(document)
        await peer.send(frames.frame(document, kind, payload))
        assert await peer.answers(document)


@pytest.mark.parametrize("frame", [b"\x09", b"\x0a"], ids=["Ping", "Pong"])
async def test_a_type_alone_is_passed_over(ours: OurServer, document: str, frame: bytes) -> None:
    """4.x answer a Ping with a Pong that has no address; before and after the Auth."""
    async with Peer(ours.hocuspocus_url) as peer:
        await peer.send(frame)
        await peer.opened(document)
        await peer.send(frame)
        assert await peer.answers(document)


async def test_clients_do_not_broadcast(server: Server, document: str, witness: Provider) -> None:
    """It reaches nobody, and ends the document for who tried."""
    async with Peer(server.hocuspocus_url) as peer:
        await peer.opened(document)
        await peer.send(frames.frame(document, BROADCAST_STATELESS, var_string("to all")))
        end = await peer.receive()
        assert (end.address, end.kind in {AUTH, frames.CLOSE}) == (document, True)
    await witness.call("sendStateless", payload="to me")
    assert (await eventually(witness.status, lambda status: bool(status.stateless))).stateless == ["to me"]


async def test_a_y_websocket_that_breaks_its_dialect_stays_away(
    others: dict[Flavour, Agent], ours: OurServer, document: str
) -> None:
    """The same bytes mean the same on both paths, and 44xx is for good to 3.1."""
    client = await others["yjs13"].joined(ours.ws_url, f"{document}?token=write")
    await client.call("sendRaw", hex="0002ffff")
    assert await eventually(lambda: client.call("closeCodes"), bool) == [CloseCode.MALFORMED_MESSAGE]
    assert not await client.call("shouldConnect")


async def test_every_provider_is_told_why(agent: ProviderAgent, ours: OurServer, document: str) -> None:
    """Its edit is not lost to a loop of reconnects: it stays unsaved, with a reason, and others go on."""
    provider = await agent.joined(ours.hocuspocus_url, document)
    beside = await agent.joined(ours.hocuspocus_url, f"{document} x", beside=provider)
    await provider.send_raw(frames.update(document, b"\xff\xff\xff"))
    await provider.denied()
    (reason,) = (await provider.status()).denials
    assert reason.startswith("malformed_message: ")
    await provider.call("splice", position=0, inserted="unsaved")
    await beside.call("splice", position=0, inserted="saved")
    await beside.saved()
    assert await provider.unsynced() > 0
    assert (await provider.status()).connections == 1
