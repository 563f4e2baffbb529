"""What was acknowledged is there after the server is gone, with no client left to bring it back."""

import asyncio
from pathlib import Path

import pytest

from tests.interop.agent import Agent, converged, eventually
from tests.interop.test_types import MARKS
from tests.server import ServerProcess

DOCUMENT = "kept"


@pytest.mark.parametrize("stop", ["kill -9", "SIGTERM"])
async def test_every_type_survives(tmp_path: Path, stop: str) -> None:
    async with ServerProcess(tmp_path / "documents.db") as server:
        async with Agent("yjs13") as old, Agent("yjs14") as new:
            writers = await asyncio.gather(
                old.joined(server.ws_url, DOCUMENT), new.joined(server.ws_url, DOCUMENT)
            )
            for feature in MARKS:
                await asyncio.gather(writers[0].edit(feature, "ann"), writers[1].edit(feature, "bob"))
            await asyncio.gather(*(writer.saved() for writer in writers))
            before = await converged(*writers)
            await asyncio.gather(*(writer.saved() for writer in writers))
            old.kill()
            new.kill()
        if stop == "SIGTERM":
            assert await server.aterminate() == 0, server.tail()
        else:
            server.kill()
        await server.astart()
        async with Agent("yjs13") as old, Agent("yjs14") as new:
            newcomers = await asyncio.gather(
                old.joined(server.ws_url, DOCUMENT), new.joined(server.ws_url, DOCUMENT)
            )
            assert await converged(*newcomers) == before
        server.assert_no_traceback()


async def test_clients_that_edit_while_the_server_is_away_merge_when_it_is_back(tmp_path: Path) -> None:
    async with ServerProcess(tmp_path / "documents.db") as server, Agent() as agent, Agent("yjs14") as other:
        clients = await asyncio.gather(
            agent.joined(server.ws_url, DOCUMENT), other.joined(server.ws_url, DOCUMENT)
        )
        await clients[0].edit("text", "before")
        await clients[0].saved()
        await converged(*clients)
        server.kill()
        await asyncio.gather(*(client.call("disconnected", timeoutMs=5000) for client in clients))
        await asyncio.gather(clients[0].edit("text", "ann"), clients[1].edit("text", "bob"))
        await server.astart()
        await asyncio.gather(*(client.saved() for client in clients))
        state = await converged(*clients)
        assert len(state["stateVector"]) == len(clients)
        newcomer = await agent.joined(server.ws_url, DOCUMENT)
        await eventually(newcomer.state, lambda found: found == state)
