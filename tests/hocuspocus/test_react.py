"""@hocuspocus/provider-react: rooms that come and go on one socket, mounted twice as in strict mode."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.hocuspocus.agent import ProviderAgent
from tests.hocuspocus.servers import Server
from tests.interop.agent import AgentProcess, Client, eventually

ANN = {"name": "Ann"}
TIMEOUT_MS = 10_000

_MAIN = Path(__file__).parent / "agent" / "react_main.mjs"


class Page(Client):
    """A page with rooms in slots; agent/react_main.mjs says what it can do."""

    async def show(self, **rooms: Any) -> None:
        """Render these rooms, by slot, and no others."""
        await self.call("show", rooms=_rooms(rooms))

    async def room_saved(self, slot: str, name: str) -> None:
        """Wait until a slot shows a document with nothing unsaved."""
        await self.call("saved", slot=slot, name=name, timeoutMs=TIMEOUT_MS)

    async def room(self, slot: str) -> dict[str, Any]:
        """What a slot shows: name, text, connection, sync, users."""
        shown: dict[str, Any] = (await self.call("rooms"))[slot]
        return shown


def _rooms(rooms: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"slot": slot, "token": "write", **options} for slot, options in rooms.items()]


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def react() -> AsyncIterator[AgentProcess]:
    async with AgentProcess(_MAIN) as process:
        yield process


@pytest_asyncio.fixture(loop_scope="package")
async def page(react: AgentProcess, server: Server) -> AsyncIterator[Page]:
    """A page without a room."""
    page = Page(react, react.number())
    await page.call("open", url=server.hocuspocus_url, rooms=[])
    yield page
    await react.clear()


async def test_two_rooms_share_a_socket(
    page: Page, agents: dict[str, ProviderAgent], server: Server, document: str
) -> None:
    other = f"{document} x"
    watcher = await agents["2.15.3"].joined(server.hocuspocus_url, document)
    await page.show(left={"name": document}, right={"name": other})
    await page.room_saved("left", document)
    await page.room_saved("right", other)
    await page.call("setPresence", slot="left", state=ANN)
    await page.call("write", slot="left", inserted="hello")
    await page.room_saved("left", document)
    await eventually(watcher.text, lambda text: text == "hello")
    await eventually(watcher.presence, lambda found: ANN in found.values())
    await watcher.call("splice", position=0, inserted="oh, ")
    await eventually(lambda: page.room("left"), lambda shown: shown["text"] == "oh, hello")
    assert (await page.room("right"))["text"] == ""
    status = await page.call("status")
    assert (status["connections"], status["denials"]) == (1, [])


async def test_a_room_that_goes_and_comes_back(
    page: Page, agents: dict[str, ProviderAgent], server: Server, document: str
) -> None:
    """Left by name, found again by name: each time the socket stays, and the document needs a new Auth."""
    other = f"{document} x"
    watcher = await agents["4.8.0"].joined(server.hocuspocus_url, document)
    for visit in range(3):
        await page.show(left={"name": document})
        await page.room_saved("left", document)
        await page.call("setPresence", slot="left", state=ANN)
        await eventually(watcher.presence, lambda found: ANN in found.values())
        await page.call("write", slot="left", inserted=f"{visit} ")
        await page.room_saved("left", document)
        await page.show(left={"name": other})
        await page.room_saved("left", other)
        await eventually(watcher.presence, lambda found: ANN not in found.values())
    await eventually(watcher.text, lambda text: text == "2 1 0 ")
    assert (await page.call("status"))["connections"] == 1


@pytest.mark.parametrize("server", ["ours"], indirect=True)
async def test_a_room_that_is_denied_gets_another_token(page: Page, document: str) -> None:
    """The component makes another provider; the denied one says Close first."""
    await page.show(left={"name": document, "token": "nobody"}, right={"name": f"{document} x"})
    denied = [["left", "permission-denied"]]
    await eventually(lambda: page.call("status"), lambda status: status["denials"] == denied)
    await page.show(left={"name": document}, right={"name": f"{document} x"})
    await page.room_saved("left", document)
    await page.room_saved("right", f"{document} x")
    assert (await page.call("status"))["connections"] == 1


async def test_two_editors_of_one_document_on_one_page(page: Page, document: str) -> None:
    room = {"name": document, "sessionAwareness": True}
    await page.show(left=room, right=room)
    for slot in ("left", "right"):
        await page.room_saved(slot, document)
    await page.call("write", slot="left", inserted="hello")
    await eventually(lambda: page.room("right"), lambda shown: shown["text"] == "hello")
    await page.show(right=room)
    await page.call("write", slot="right", inserted="still ")
    await page.room_saved("right", document)
    assert (await page.call("status"))["connections"] == 1
