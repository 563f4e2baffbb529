"""Presence: who joins, moves, leaves or dies is seen by the others."""

import pytest

from tests.interop.agent import FLAVOURS, Agent, Flavour, eventually
from tests.server import ServerProcess

ANN = {"user": {"name": "Ann", "color": "#30bced"}}
MOVED = {**ANN, "cursor": {"anchor": 1, "head": 3, "note": "é😀"}}
GONE_WITHIN_S = 2.0


@pytest.mark.parametrize("mover", FLAVOURS)
@pytest.mark.parametrize("watcher", FLAVOURS)
async def test_join_move_and_leave_are_seen(
    server: ServerProcess, document: str, mover: Flavour, watcher: Flavour
) -> None:
    async with Agent(mover) as one, Agent(watcher) as other:
        bob = await other.joined(server.ws_url, document, presence={"user": {"name": "Bob"}})
        ann = await one.joined(server.ws_url, document, presence=ANN)
        ann_id = str(await ann.call("clientId"))
        await eventually(bob.presence, lambda found: found.get(ann_id) == ANN)
        await eventually(ann.presence, lambda found: list(found.values()) == [{"user": {"name": "Bob"}}])
        await ann.call("setPresence", state=MOVED)
        await eventually(bob.presence, lambda found: found.get(ann_id) == MOVED)
        await ann.call("destroy")
        await eventually(bob.presence, lambda found: found == {}, GONE_WITHIN_S)


async def test_a_newcomer_sees_who_is_there(server: ServerProcess, document: str) -> None:
    async with Agent() as agent, Agent("yjs14") as other:
        await agent.joined(server.ws_url, document, presence=ANN)
        await agent.joined(server.ws_url, document, presence=MOVED)
        newcomer = await other.joined(server.ws_url, document)
        await eventually(newcomer.presence, lambda found: ANN in found.values() and MOVED in found.values())


async def test_a_socket_closed_without_farewell_takes_its_presence_along(
    server: ServerProcess, document: str
) -> None:
    async with Agent() as agent:
        bob = await agent.joined(server.ws_url, document)
        ann = await agent.joined(server.ws_url, document, presence=ANN)
        await eventually(bob.presence, lambda found: ANN in found.values())
        await ann.call("hangUp")
        await eventually(bob.presence, lambda found: ANN not in found.values(), GONE_WITHIN_S)


async def test_a_killed_process_takes_its_presence_along(server: ServerProcess, document: str) -> None:
    async with Agent() as agent, Agent("yjs14") as other, Agent() as doomed:
        watchers = [await agent.joined(server.ws_url, document), await other.joined(server.ws_url, document)]
        await doomed.joined(server.ws_url, document, presence=ANN)
        await doomed.joined(server.ws_url, document, presence=MOVED)
        for watcher in watchers:
            await eventually(
                watcher.presence, lambda found: ANN in found.values() and MOVED in found.values()
            )
        doomed.kill()
        for watcher in watchers:
            await eventually(
                watcher.presence,
                lambda found: ANN not in found.values() and MOVED not in found.values(),
                GONE_WITHIN_S,
            )


async def test_presence_comes_back_after_a_reconnect(server: ServerProcess, document: str) -> None:
    """The returning client repeats a clock that the others have already seen removed."""
    async with Agent() as agent:
        bob = await agent.joined(server.ws_url, document)
        ann = await agent.joined(server.ws_url, document, presence=ANN)
        await eventually(bob.presence, lambda found: ANN in found.values())
        await ann.call("hangUp")
        await eventually(bob.presence, lambda found: ANN not in found.values(), GONE_WITHIN_S)
        await ann.call("connect")
        await ann.synced()
        await ann.call("setPresence", state=MOVED)
        await eventually(bob.presence, lambda found: MOVED in found.values())
