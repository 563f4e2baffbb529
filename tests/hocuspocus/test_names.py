"""Names that are no ids are denied in words; what stands behind a zero byte is the id of a session."""

from __future__ import annotations

import pytest

from crdt_server.core.limits import DEFAULTS
from tests.hocuspocus import frames
from tests.hocuspocus.agent import SESSION_AWARE, ProviderAgent
from tests.hocuspocus.frames import AUTH
from tests.hocuspocus.peer import Peer
from tests.hocuspocus.servers import OurServer, Server
from tests.interop.agent import Agent, Flavour, eventually

BLANK = {"empty": "", "blank": " ", "whitespace": "\t\n  ", "zero": "\0", "zero and a session": "\0session"}
NO_IDS = {
    "dots": "..",
    "path": "../../etc/passwd",
    "dots inside": "a/../b",
    "blank at an end": " x",
    "control": "a\x01b",
    "newline": "a\nb",
    "too long": "x" * (DEFAULTS.document_name_bytes_max + 1),
    "too long with a session": "x" * (DEFAULTS.document_name_bytes_max + 1) + "\0session",
}


async def _is_denied(peer: Peer, address: str) -> None:
    await peer.send(frames.auth(address, "write"))
    *_, answer = await peer.until(lambda frame: frame.kind == AUTH and frame.payload[:1] != b"\x02")
    assert (answer.address, answer.payload[:1]) == (address, b"\x01")


@pytest.mark.parametrize("what", BLANK)
async def test_blank_names_are_denied(server: Server, document: str, what: str) -> None:
    async with Peer(server.hocuspocus_url) as peer:
        await peer.opened(document)
        await _is_denied(peer, BLANK[what])
        assert await peer.answers(document)


@pytest.mark.parametrize("what", NO_IDS)
async def test_names_that_are_no_ids_are_denied(ours: OurServer, document: str, what: str) -> None:
    async with Peer(ours.hocuspocus_url) as peer:
        await peer.opened(document)
        await _is_denied(peer, NO_IDS[what])
        assert await peer.answers(document)


@pytest.mark.parametrize("name", ["", " \t"])
async def test_a_provider_with_a_blank_name_is_told(agent: ProviderAgent, server: Server, name: str) -> None:
    provider = await agent.open(server.hocuspocus_url, name)
    await provider.denied()
    status = await provider.status()
    assert (status.synced, status.connections, len(status.denials)) == (False, 1, 1)


@pytest.mark.parametrize("name", ["x" * DEFAULTS.document_name_bytes_max, "a/b", "é😀", "%2f?#"])
async def test_names_that_are_ids_are_taken(server: Server, name: str) -> None:
    async with Peer(server.hocuspocus_url) as peer:
        await peer.opened(name)


async def test_a_name_is_the_same_document_in_both_dialects(
    agent: ProviderAgent, others: dict[Flavour, Agent], ours: OurServer, document: str
) -> None:
    writer = await agent.joined(ours.hocuspocus_url, f"open/{document}/é")
    reader = await others["yjs13"].joined(ours.ws_url, f"open/{document}/%C3%A9")
    await writer.edit("text", "ann")
    await eventually(reader.text, lambda text: "ann" in text)


@pytest.mark.parametrize("session", ["", "a\0b", "é", "x" * 100])
async def test_any_session_id_leads_to_the_document_before_it(
    ours: OurServer, document: str, session: str
) -> None:
    """Answers have the whole address, whatever it is."""
    async with Peer(ours.hocuspocus_url) as plain, Peer(ours.hocuspocus_url) as peer:
        address = f"{document}\0{session}"
        await plain.opened(document)
        await peer.opened(address)
        await plain.send(frames.awareness(document, 7, 1, '{"name":"Robin"}'))
        *_, seen = await peer.until(lambda frame: frame.kind == frames.AWARENESS)
        assert seen.address == address
        assert {frame.address for frame in await peer.answers(address)} == {address}
        await peer.send(frames.stateless(address, "all: hello"))
        *_, heard = await plain.until(lambda frame: frame.kind == frames.STATELESS)
        assert heard.address == document


@pytest.mark.parametrize("version", SESSION_AWARE)
async def test_two_providers_of_one_document_on_one_socket(
    agents: dict[str, ProviderAgent], server: Server, document: str, version: str
) -> None:
    ann = await agents[version].joined(
        server.hocuspocus_url, document, sessionAwareness=True, presence={"name": "Ann"}
    )
    bob = await agents[version].joined(
        server.hocuspocus_url, document, "read", beside=ann, sessionAwareness=True, presence={"name": "Bob"}
    )
    await ann.call("splice", position=0, inserted="hello")
    await ann.saved()
    await eventually(bob.text, lambda text: text == "hello")
    await eventually(ann.presence, lambda found: {"name": "Bob"} in found.values())
    await eventually(bob.presence, lambda found: {"name": "Ann"} in found.values())
    assert [(await each.status()).scopes for each in (ann, bob)] == [["read-write"], ["readonly"]]
    addresses = {frame.address for _, frame in await ann.frames()}
    assert len(addresses) == 2
    assert {address.partition("\0")[0] for address in addresses} == {document}
    await bob.call("leave")
    await eventually(ann.presence, lambda found: {"name": "Bob"} not in found.values())
    await ann.call("splice", position=0, inserted="still ")
    await ann.saved()
    assert (await ann.status()).connections == 1
