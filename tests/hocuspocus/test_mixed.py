"""One document edited at once through y-websocket and every version of the Hocuspocus provider."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.hocuspocus.agent import VERSIONS, ProviderAgent
from tests.hocuspocus.servers import OurServer, Server
from tests.interop.agent import FLAVOURS, Agent, Client, Flavour, converged, eventually
from tests.interop.test_types import MARKS


def _lost(feature: str, authors: list[str], content: object) -> list[str]:
    """The authors whose edit did not arrive whole."""
    text = json.dumps(content, ensure_ascii=False)
    return [author for author in authors if MARKS[feature].format(author) not in text]


@pytest.mark.parametrize("feature", MARKS)
async def test_all_edit_at_once_and_agree(
    agents: dict[str, ProviderAgent],
    others: dict[Flavour, Agent],
    ours: OurServer,
    document: str,
    feature: str,
) -> None:
    path = f"{document}?token=write"
    providers: list[Client] = [await agent.joined(ours.hocuspocus_url, document) for agent in agents.values()]
    clients = providers + [await others[flavour].joined(ours.ws_url, path) for flavour in FLAVOURS]
    names = [f"author{number}" for number in range(len(clients))]
    for client, name in zip(clients, names, strict=True):
        await client.call("setPresence", state={"name": name})
    await asyncio.gather(*(client.edit(feature, name) for client, name in zip(clients, names, strict=True)))
    await asyncio.gather(*(client.saved() for client in clients))
    newcomers: list[Client] = [
        await agents["4.8.0"].joined(ours.hocuspocus_url, document),
        await others["yjs13"].joined(ours.ws_url, path),
    ]
    state = await converged(*clients, *newcomers)
    assert _lost(feature, names, state["content"]) == []
    for client, own in zip(clients, names, strict=True):
        await _sees_all(client, {name for name in names if name != own})


async def _sees_all(client: Client, names: set[str]) -> None:
    await eventually(client.presence, lambda found: names <= {each.get("name") for each in found.values()})


@pytest.mark.parametrize("feature", ["text", "nested", "xml"])
async def test_two_of_each_version_agree(
    agent: ProviderAgent, server: Server, document: str, feature: str
) -> None:
    ann, bob = [await agent.joined(server.hocuspocus_url, document) for _ in range(2)]
    await asyncio.gather(ann.edit(feature, "ann"), bob.edit(feature, "bob"))
    await asyncio.gather(ann.saved(), bob.saved())
    newcomer = await agent.joined(server.hocuspocus_url, document)
    state = await converged(ann, bob, newcomer)
    assert _lost(feature, ["ann", "bob"], state["content"]) == []


@pytest.mark.parametrize("version", VERSIONS[4:])
async def test_updates_that_the_provider_merges_first(
    agents: dict[str, ProviderAgent], server: Server, document: str, version: str
) -> None:
    """4.5 and later may collect edits and send them as one: then one SyncStatus is for all of them."""
    ann = await agents[version].joined(server.hocuspocus_url, document, flushDelay=20)
    await ann.frames()
    for number in range(20):
        await ann.call("splice", position=0, inserted=f"{number} ")
    await ann.saved()
    session = await ann.frames()
    edits = [frame for direction, frame in session if direction == "sent" and frame.is_edit]
    assert 0 < len(edits) < 20
    assert [frame.kind for _, frame in session].count(8) == len(edits)
