"""Peers that break the protocol end with a documented code or get nothing; the others notice nothing."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from crdt_server.core.limits import DEFAULTS
from crdt_server.protocol.close_codes import CloseCode
from tests.interop.agent import Agent, Client, converged, eventually
from tests.interop.peer import (
    CLOSED_ABNORMALLY,
    QUERY_AWARENESS,
    Peer,
    closes_with,
    update_frame,
    var_uint,
    websocket_frame,
)
from tests.server import ServerProcess

KEPT_OPEN: dict[str, bytes] = {
    "empty": b"",
    "unknown type 2": b"\x02\x00\x00",
    "unknown type 4": b"\x04",
    "unknown type 127": b"\x7f\x01\x02",
    "unknown type 2^35": var_uint(2**35),
    "empty update": bytes.fromhex("0002020000"),
    "empty step 2": bytes.fromhex("0001020000"),
    "query awareness": QUERY_AWARENESS,
    "awareness about nobody": bytes.fromhex("010100"),
}

CLOSED: dict[str, tuple[bytes | str, CloseCode]] = {
    "text": ("hello", CloseCode.UNSUPPORTED_DATA),
    "empty text": ("", CloseCode.UNSUPPORTED_DATA),
    "type alone": (b"\x00", CloseCode.MALFORMED_MESSAGE),
    "type cut": (b"\x80", CloseCode.MALFORMED_MESSAGE),
    "type of 20 bytes": (b"\x80" * 20, CloseCode.MALFORMED_MESSAGE),
    "unknown sync message": (bytes.fromhex("000300"), CloseCode.MALFORMED_MESSAGE),
    "payload cut": (bytes.fromhex("00020a0101"), CloseCode.MALFORMED_MESSAGE),
    "payload of 2^53": (b"\x00\x02" + var_uint(2**53 - 1), CloseCode.MALFORMED_MESSAGE),
    "trailing": (bytes.fromhex("000202000000"), CloseCode.MALFORMED_MESSAGE),
    "state vector cut": (bytes.fromhex("0000020105"), CloseCode.MALFORMED_MESSAGE),
    "state vector of 10^8": (b"\x00\x00\x04" + var_uint(10**8), CloseCode.MALFORMED_MESSAGE),
    "update cut": (update_frame(bytes.fromhex("01010100040104")), CloseCode.MALFORMED_MESSAGE),
    "update of noise": (update_frame(b"\xff" * 40), CloseCode.MALFORMED_MESSAGE),
    "update with a tail": (update_frame(bytes.fromhex("000000")), CloseCode.MALFORMED_MESSAGE),
    "update without bytes": (update_frame(b""), CloseCode.MALFORMED_MESSAGE),
    "step 2 of noise": (update_frame(b"\x01\x01", step2=True), CloseCode.MALFORMED_MESSAGE),
    "awareness cut": (bytes.fromhex("0102010a"), CloseCode.MALFORMED_MESSAGE),
    "awareness of 2^28": (b"\x01\x05" + var_uint(2**28), CloseCode.MALFORMED_MESSAGE),
    "oversized": (bytes(DEFAULTS.message_bytes_max + 1), CloseCode.MESSAGE_TOO_BIG),
}


@pytest.fixture
async def witness(server: ServerProcess, document: str) -> AsyncIterator[Client]:
    """An honest client with a document that nothing here may change."""
    async with Agent() as agent:
        client = await agent.joined(server.ws_url, document)
        await client.edit("text", "witness")
        await client.edit("nested", "witness")
        await client.saved()
        before = await client.state()
        yield client
        assert await client.state() == before
        assert await client.call("closeCodes") == []
        newcomer = await agent.joined(server.ws_url, document)
        assert await converged(client, newcomer) == before


@pytest.mark.parametrize("what", KEPT_OPEN)
async def test_harmless_frames_change_nothing(
    server: ServerProcess, document: str, witness: Client, what: str
) -> None:
    async with Peer(server, document) as peer:
        await peer.send(KEPT_OPEN[what])
        assert await peer.answers()


@pytest.mark.parametrize("what", CLOSED)
async def test_broken_frames_end_the_peer_with_its_code(
    server: ServerProcess, document: str, witness: Client, what: str
) -> None:
    frame, code = CLOSED[what]
    async with Peer(server, document) as peer:
        await peer.send(frame)
        assert await peer.closed() == code


async def test_every_cut_of_a_good_frame_ends_the_peer(
    server: ServerProcess, document: str, witness: Client
) -> None:
    good = update_frame(bytes.fromhex("0101010004010474657874016100"))

    async def cut_at(length: int) -> int:
        async with Peer(server, document) as peer:
            await peer.send(good[:length])
            return await peer.closed()

    codes = await asyncio.gather(*(cut_at(length) for length in range(1, len(good))))
    assert set(codes) == {CloseCode.MALFORMED_MESSAGE}


async def test_a_connection_cut_in_the_middle_leaves_no_trace(
    server: ServerProcess, document: str, witness: Client
) -> None:
    presence = b'{"user":{"name":"ghost"}}'
    entry = b"\x01" + var_uint(77) + b"\x01" + var_uint(len(presence)) + presence
    async with Peer(server, document) as peer:
        await peer.send(b"\x01" + var_uint(len(entry)) + entry)
        await eventually(witness.presence, lambda found: "77" in found)
        peer.cut()
        await eventually(witness.presence, lambda found: "77" not in found, timeout_s=2)


MIB = 1024 * 1024
BINARY, CONTINUED, TEXT, PING = 2, 0, 1, 9

# What breaks WebSocket itself: the bytes after the upgrade, and the codes that RFC 6455 gives for them.
BROKEN_FRAMES: dict[str, tuple[bytes, set[int]]] = {
    "text that is not UTF-8": (websocket_frame(TEXT, b"\xff\xfe"), {1003, 1007}),
    "not masked": (b"\x82\x01\x00", {1002}),
    "reserved opcode": (websocket_frame(3, b"x"), {1002}),
    "reserved bit": (websocket_frame(BINARY | 0x40, b"x"), {1002}),
    "continuation of nothing": (websocket_frame(CONTINUED, b"x"), {1002}),
    "large ping": (websocket_frame(PING, b"x" * 126), {1002}),
    "announced 8 EiB": (b"\x82\xff" + (2**63 - 1).to_bytes(8, "big"), {1002, 1009}),
    "announced 1 GiB": (b"\x82\xff" + (2**30).to_bytes(8, "big"), {1009}),
    "bomb of fragments": (
        websocket_frame(BINARY, bytes(MIB), final=False)
        + websocket_frame(CONTINUED, bytes(MIB), final=False) * (2 * DEFAULTS.message_bytes_max // MIB + 1),
        {1009, CLOSED_ABNORMALLY},
    ),
}


@pytest.mark.parametrize("what", BROKEN_FRAMES)
async def test_broken_websocket_frames_end_the_peer(
    server: ServerProcess, document: str, witness: Client, what: str
) -> None:
    sent, codes = BROKEN_FRAMES[what]
    assert await closes_with(server, document, sent) in codes
