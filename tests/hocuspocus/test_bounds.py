"""What a socket may cost before anybody knows who it is: frames, bytes, documents, time; with its code."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from crdt_server.core.limits import DEFAULTS
from crdt_server.protocol.close_codes import CloseCode
from tests.hocuspocus import frames
from tests.hocuspocus.frames import AUTH, SYNC_STATUS, Frame
from tests.hocuspocus.peer import Peer
from tests.hocuspocus.servers import OurServer, Server
from tests.updates import insert

PATIENCE_S = 1.0
MIB = 1024 * 1024


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def impatient_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[OurServer]:
    """It waits a second for an Auth, and takes three documents on a socket."""
    store = tmp_path_factory.mktemp("store") / "documents.db"
    limits = {"CRDT_PENDING_S_MAX": str(PATIENCE_S), "CRDT_SOCKET_DOCUMENTS_MAX": "3"}
    async with OurServer(store, **limits) as server:
        yield server
        server.assert_no_traceback()


async def test_too_many_frames_before_an_auth(server: Server, document: str) -> None:
    async with Peer(server.hocuspocus_url) as peer:
        small = frames.stateless(document, "x")
        await peer.send(*[small] * DEFAULTS.pending_frames_max)
        assert await peer.is_open()
        await peer.send(small)
        assert await peer.closed() == CloseCode.RESET_CONNECTION


async def test_too_many_bytes_before_an_auth(server: Server, document: str) -> None:
    async with Peer(server.hocuspocus_url) as peer:
        large = frames.stateless(document, "x" * (MIB - 1000))
        await peer.send(*[large] * 5)
        assert await peer.is_open()
        await peer.send(large)
        assert await peer.closed() == CloseCode.RESET_CONNECTION


async def test_too_many_undecided_documents(server: Server, document: str) -> None:
    async with Peer(server.hocuspocus_url) as peer:
        most = DEFAULTS.pending_documents_max
        await peer.send(*(frames.stateless(f"{document} {number}", "x") for number in range(most)))
        assert await peer.is_open()
        await peer.send(frames.auth(f"{document} one more", "write"))
        assert await peer.closed() == CloseCode.RESET_CONNECTION


async def test_decided_documents_do_not_count(server: Server, document: str) -> None:
    async with Peer(server.hocuspocus_url) as peer:
        for number in range(DEFAULTS.pending_documents_max + 1):
            name = f"{document} {number}"
            await peer.send(frames.auth(name, "write" if number % 2 else "nobody"))
            assert (await peer.receive())[:2] == (name, AUTH)
        assert await peer.is_open()


async def test_nobody_comes_in_time(impatient_server: OurServer, document: str) -> None:
    """Frames do not make it wait longer."""
    async with Peer(impatient_server.hocuspocus_url) as silent, Peer(impatient_server.hocuspocus_url) as peer:
        await peer.send(*[frames.stateless(document, "x")] * 10)
        for each in (silent, peer):
            assert await each.closed() == CloseCode.AUTHENTICATION_TIMEOUT


async def test_one_document_is_not_asked_for_in_time(impatient_server: OurServer, document: str) -> None:
    """Others are in use: it is denied, its edit is answered, and the socket stays."""
    late = f"{document} late"
    async with Peer(impatient_server.hocuspocus_url) as peer:
        await peer.opened(document)
        await peer.send(frames.update(late, insert(1, 0, "a")))
        *_, status = await peer.until(lambda frame: frame.address == late)
        assert status == Frame(late, SYNC_STATUS, frames.REJECTED)
        answer = await peer.receive()
        assert (answer.address, answer.kind, answer.payload[:1]) == (late, AUTH, b"\x01")
        await peer.opened(late)
        assert await peer.answers(document)


async def test_a_socket_that_was_denied_only_stays(impatient_server: OurServer, document: str) -> None:
    """Closed, the provider would come back and be denied again, for ever."""
    async with Peer(impatient_server.hocuspocus_url) as peer, Peer(impatient_server.hocuspocus_url) as clock:
        await peer.send(frames.auth(document, "nobody"))
        assert await peer.receive() == Frame(document, AUTH, frames.denied("permission-denied"))
        await clock.closed()
        assert await peer.is_open()
        await peer.opened(document)


async def test_too_many_open_documents(impatient_server: OurServer, document: str) -> None:
    async with Peer(impatient_server.hocuspocus_url) as peer:
        for number in range(3):
            await peer.opened(f"{document} {number}")
        await peer.send(frames.auth(f"{document} 3", "write"))
        answer = await peer.receive()
        assert (answer.address, answer.kind, answer.payload[:1]) == (f"{document} 3", AUTH, b"\x01")
        assert await peer.answers(f"{document} 0")
