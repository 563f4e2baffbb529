"""Stateless messages: to the hook, back to the sender, to everybody; and Close, from either side."""

from __future__ import annotations

import pytest

from tests.hocuspocus.agent import VERSIONS, ProviderAgent
from tests.hocuspocus.frames import CLOSE, PING, Frame, var_string
from tests.hocuspocus.servers import OurServer, Server
from tests.interop.agent import Agent, Flavour, eventually

PAYLOADS = ["hello", "", "é😀\0\n", '{"json": [1, 2]}', "x" * 100_000]


async def test_the_hook_answers_the_sender_in_order(
    agent: ProviderAgent, server: Server, document: str
) -> None:
    ann = await agent.joined(server.hocuspocus_url, document)
    bob = await agent.joined(server.hocuspocus_url, document)
    for payload in PAYLOADS:
        await ann.call("sendStateless", payload=payload)
    answered = await eventually(ann.status, lambda status: len(status.stateless) == len(PAYLOADS))
    assert answered.stateless == PAYLOADS
    assert (await bob.status()).stateless == []


async def test_readers_may_send_too(agent: ProviderAgent, server: Server, document: str) -> None:
    reader = await agent.joined(server.hocuspocus_url, document, "read")
    await reader.call("sendStateless", payload="hello")
    await eventually(reader.status, lambda status: status.stateless == ["hello"])


async def test_a_broadcast_reaches_every_version(
    agents: dict[str, ProviderAgent], others: dict[Flavour, Agent], ours: OurServer, document: str
) -> None:
    """And nobody of another document, and no y-websocket client, which would not know what it is."""
    await others["yjs13"].joined(ours.ws_url, f"{document}?token=write")
    everybody = [await agents[version].joined(ours.hocuspocus_url, document) for version in VERSIONS]
    elsewhere = await agents["4.8.0"].joined(ours.hocuspocus_url, f"{document} x", beside=everybody[-1])
    said = []
    for sender in everybody:
        said.append(f"all: {sender.version}")
        await sender.call("sendStateless", payload=said[-1])
        for receiver in everybody:
            await eventually(receiver.status, lambda status: status.stateless == said)
    assert (await elsewhere.status()).stateless == []


async def test_who_leaves_is_told_so_only_if_it_knows_the_word(
    agent: ProviderAgent, ours: OurServer, document: str
) -> None:
    """4.x get Close; 2.x throw on it, and 3.x cannot be told from 2.x. The socket stays in use."""
    stays = await agent.joined(ours.hocuspocus_url, f"{document} x")
    leaves = await agent.joined(ours.hocuspocus_url, document, beside=stays)
    await stays.frames()
    await leaves.call("leave")
    await stays.call("splice", position=0, inserted="still here")
    await stays.saved()
    received = await stays.received()
    told = Frame(document, CLOSE, var_string("provider_initiated"))
    assert [frame for frame in received if frame.kind in {CLOSE, PING}] == (
        [told] if agent.version.startswith("4.") else []
    )
    again = await agent.joined(ours.hocuspocus_url, document, beside=stays)
    assert (await again.status()).connections == 1


@pytest.mark.parametrize("version", [version for version in VERSIONS if version.startswith("4.")])
async def test_a_4x_that_leaves_gets_the_same_word_from_both(
    agents: dict[str, ProviderAgent], server: Server, document: str, version: str
) -> None:
    provider = await agents[version].joined(server.hocuspocus_url, document)
    await provider.frames()
    await provider.call("leave")
    told = Frame(document, CLOSE, var_string("provider_initiated"))
    await eventually(provider.received, lambda received: told in received)
