"""Presence: seen by all, in both dialects, and gone as soon as its owner is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.hocuspocus.agent import ProviderAgent
from tests.hocuspocus.frames import AWARENESS, Frame
from tests.hocuspocus.servers import OurServer, Server
from tests.interop.agent import FLAVOURS, Agent, Client, Flavour, eventually

ANN = {"user": {"name": "Ann", "color": "#e33"}}
BOB = {"user": {"name": "Bob", "color": "#33e"}}
GONE_WITHIN_S = 5.0
"""Far below 30 s, after which clients drop others by themselves."""

KEEPALIVE_S = 0.3
SILENCE_S = 2.0
EMPTY_AWARENESS = b"\x01\x00"


async def _sees(watcher: Client, presence: Any) -> None:
    await eventually(watcher.presence, lambda found: presence in found.values())


async def _misses(watcher: Client, presence: Any) -> None:
    await eventually(watcher.presence, lambda found: presence not in found.values(), GONE_WITHIN_S)


@pytest_asyncio.fixture(loop_scope="package")
async def watchers(
    agents: dict[str, ProviderAgent], others: dict[Flavour, Agent], server: Server, document: str
) -> list[Client]:
    """Somebody with the oldest and with the newest provider, and with y-websocket where the server has it."""
    providers = [agents[version] for version in ("2.15.3", "4.8.0")]
    joined: list[Client] = [await agent.joined(server.hocuspocus_url, document) for agent in providers]
    if isinstance(server, OurServer):
        joined.append(await others["yjs13"].joined(server.ws_url, f"{document}?token=write"))
    return joined


async def test_presence_goes_both_ways(
    agent: ProviderAgent, server: Server, document: str, watchers: list[Client]
) -> None:
    for watcher in watchers:
        await watcher.call("setPresence", state=BOB)
    ann = await agent.joined(server.hocuspocus_url, document, presence=ANN)
    for watcher in watchers:
        await _sees(watcher, ANN)
    await eventually(ann.presence, lambda found: list(found.values()).count(BOB) == len(watchers))
    moved = {**ANN, "cursor": {"index": 7}}
    await ann.call("setPresence", state=moved)
    for watcher in watchers:
        await _sees(watcher, moved)


@pytest.mark.parametrize("end", ["disconnect", "leave"])
async def test_presence_goes_with_its_owner(
    agent: ProviderAgent, server: Server, document: str, watchers: list[Client], end: str
) -> None:
    """The socket is closed; the provider is destroyed, with its socket left open."""
    ann = await agent.joined(server.hocuspocus_url, document, presence=ANN)
    for watcher in watchers:
        await _sees(watcher, ANN)
    await ann.call(end)
    for watcher in watchers:
        await _misses(watcher, ANN)


@pytest.mark.parametrize("server", ["ours"], indirect=True)
async def test_presence_goes_when_it_is_said_to_be_null(
    agent: ProviderAgent, server: Server, document: str, watchers: list[Client]
) -> None:
    ann = await agent.joined(server.hocuspocus_url, document, presence=ANN)
    for watcher in watchers:
        await _sees(watcher, ANN)
    await ann.call("setPresence", state=None)
    for watcher in watchers:
        await _misses(watcher, ANN)


async def test_presence_goes_with_a_killed_process(
    agent: ProviderAgent, server: Server, document: str, watchers: list[Client]
) -> None:
    async with ProviderAgent(agent.version) as doomed:
        await doomed.joined(server.hocuspocus_url, document, presence=ANN)
        await doomed.joined(server.hocuspocus_url, document, presence=BOB)
        for watcher in watchers:
            await _sees(watcher, ANN)
            await _sees(watcher, BOB)
        doomed.kill()
        for watcher in watchers:
            await _misses(watcher, ANN)
            await _misses(watcher, BOB)


async def test_presence_comes_back_with_its_owner(
    agent: ProviderAgent, server: Server, document: str, watchers: list[Client]
) -> None:
    """The returning provider repeats a clock that the others have seen removed."""
    ann = await agent.joined(server.hocuspocus_url, document, presence=ANN)
    await ann.call("disconnect")
    for watcher in watchers:
        await _misses(watcher, ANN)
    await ann.call("connect")
    await ann.saved()
    moved = {**ANN, "cursor": {"index": 7}}
    await ann.call("setPresence", state=moved)
    for watcher in watchers:
        await _sees(watcher, moved)


async def test_a_newcomer_learns_who_is_here_before_it_is_synced(
    agent: ProviderAgent, server: Server, document: str
) -> None:
    await agent.joined(server.hocuspocus_url, document, presence=ANN)
    newcomer = await agent.joined(server.hocuspocus_url, document)
    kinds = [frame.kind for frame in await newcomer.received()]
    assert kinds[:2] == [2, AWARENESS]
    assert ANN in (await newcomer.presence()).values()


@pytest.mark.parametrize("flavour", FLAVOURS)
async def test_presence_of_y_websocket_goes_with_its_owner(
    agent: ProviderAgent, others: dict[Flavour, Agent], ours: OurServer, document: str, flavour: Flavour
) -> None:
    watcher = await agent.joined(ours.hocuspocus_url, document)
    ann = await others[flavour].joined(ours.ws_url, f"{document}?token=write", presence=ANN)
    await _sees(watcher, ANN)
    await ann.call("hangUp")
    await _misses(watcher, ANN)


# A provider without awareness hears nothing from others, and says nothing.


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def talkative_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[OurServer]:
    """It does not let three tenths of a second go by in silence."""
    store = tmp_path_factory.mktemp("store") / "documents.db"
    async with OurServer(store, CRDT_KEEPALIVE_S=str(KEEPALIVE_S)) as server:
        yield server
        server.assert_no_traceback()


async def test_providers_without_awareness_stay_connected(
    agents: dict[str, ProviderAgent], talkative_server: OurServer, document: str
) -> None:
    """Each version hangs up after some time without a message: 30 s, and here less."""
    await asyncio.gather(*(_stays_connected(agent, talkative_server, document) for agent in agents.values()))


async def _stays_connected(agent: ProviderAgent, server: OurServer, document: str) -> None:
    quiet = await agent.joined(
        server.hocuspocus_url,
        document,
        hasAwareness=False,
        socket={"messageReconnectTimeout": SILENCE_S * 1000},
    )
    heard: list[Frame] = []

    async def hear() -> int:
        heard.extend(await quiet.received())
        return heard.count(Frame(document, AWARENESS, EMPTY_AWARENESS))

    await eventually(hear, lambda count: count > 1.2 * SILENCE_S / KEEPALIVE_S)
    status = await quiet.status()
    assert (status.connections, status.closes, status.synced) == (1, [], True), agent.version
