"""Updates that would ruin the document for everybody are refused; the room goes on."""

import asyncio

import pytest

from crdt_server.protocol.close_codes import CloseCode
from tests.interop.agent import Agent, converged, eventually
from tests.interop.peer import Peer, update_frame, var_uint
from tests.server import ServerProcess

NESTED_ARRAYS = 26_000
REFUSED = {CloseCode.INVALID_UPDATE, CloseCode.MALFORMED_MESSAGE}

# One ContentAny in the root "array": arrays inside of arrays. A decoder that follows them needs
# more than 8 MiB of stack.
_NESTED = (
    bytes.fromhex("01010100 0801056172726179 01") + b"\x75\x01" * NESTED_ARRAYS + bytes.fromhex("7d00 00")
)

POISON = {
    "GC of length 0": bytes.fromhex("01010001000000"),
    "deleted item of length 0": bytes.fromhex("0101000002010000010000"),
    "ContentJSON": bytes.fromhex("01010000020100010131010000"),
    "nested arrays": _NESTED,
    "XmlHook": bytes.fromhex("01010100 07010178 050168 00"),
    "client id 2^53": b"\x01\x01" + var_uint(2**53) + bytes.fromhex("00 0401047465787401 61 00"),
    "own origin": bytes.fromhex("01010100 840100 0161 00"),
    "deletion of length 0": bytes.fromhex("00 0101010000"),
}


@pytest.mark.parametrize("step2", [False, True], ids=["update", "step 2"])
@pytest.mark.parametrize("what", POISON)
async def test_poison_ends_its_sender_only(
    server: ServerProcess, document: str, what: str, step2: bool
) -> None:
    async with Agent() as agent, Agent("yjs14") as other:
        ann = await agent.joined(server.ws_url, document)
        bob = await other.joined(server.ws_url, document)
        await ann.edit("array", "ann")
        await ann.saved()
        before = await converged(ann, bob)
        async with Peer(server, document) as peer:
            await peer.send(update_frame(POISON[what], step2=step2))
            assert await peer.closed() in REFUSED
        newcomer = await agent.joined(server.ws_url, document)
        assert await converged(newcomer, ann, bob) == before
        await asyncio.gather(ann.edit("text", "ann"), bob.edit("text", "bob"), newcomer.edit("text", "cy"))
        await asyncio.gather(ann.saved(), bob.saved(), newcomer.saved())
        await converged(newcomer, ann, bob)
        assert await ann.call("closeCodes") == []
        assert await bob.call("closeCodes") == []


async def test_poison_in_the_first_edit_of_a_document_leaves_it_usable(
    server: ServerProcess, document: str
) -> None:
    for update in POISON.values():
        async with Peer(server, document) as peer:
            await peer.send(update_frame(update))
            assert await peer.closed() in REFUSED
    async with Agent() as agent:
        client = await agent.joined(server.ws_url, document)
        assert (await client.state())["stateVector"] == {}
        await client.edit("text", "ann")
        await client.saved()


async def test_an_edit_on_top_of_nothing_waits_for_what_it_builds_on(
    server: ServerProcess, document: str
) -> None:
    """A later edit of one client arrives alone, then the earlier one: nobody gets a document with a hole."""
    first = bytes.fromhex("0101010004010474657874016100")
    second = bytes.fromhex("01010101840100016200")
    async with Agent() as agent, Peer(server, document) as peer:
        reader = await agent.joined(server.ws_url, document)
        await peer.send(update_frame(second))
        assert await peer.answers()
        assert (await reader.state())["stateVector"] == {}
        await peer.send(update_frame(first))
        await eventually(reader.text, lambda text: text == "ab")
        newcomer = await agent.joined(server.ws_url, document)
        await converged(reader, newcomer)


async def test_a_client_refused_for_good_does_not_come_back(server: ServerProcess, document: str) -> None:
    """y-websocket 3.1 takes 4400 to 4499 as final; anything else would make it try again for ever."""
    async with Agent() as agent:
        client = await agent.joined(server.ws_url, document)
        await client.call("sendRaw", hex=update_frame(POISON["GC of length 0"]).hex())
        await client.call("disconnected", timeoutMs=5000)
        assert await client.call("closeCodes") == [CloseCode.INVALID_UPDATE]
        assert await client.call("shouldConnect") is False
