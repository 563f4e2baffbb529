"""The unmodified Python client, pycrdt's Provider over pycrdt-websocket's httpx channel, beside Node's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from httpx_ws import AsyncWebSocketSession, aconnect_ws
from pycrdt import Array, Doc, Map, Provider, Text
from pycrdt.websocket.websocket import HttpxWebsocket

from tests.interop.agent import FLAVOURS, Agent, Flavour, eventually
from tests.interop.content import content_of
from tests.server import ServerProcess

EMOJI = "👩‍👩‍👧"


@asynccontextmanager
async def python_client(server: ServerProcess, document: str) -> AsyncIterator[Doc[Any]]:
    doc: Doc[Any] = Doc()
    async with httpx.AsyncClient() as http:
        websocket: AsyncWebSocketSession
        async with (
            aconnect_ws(f"{server.ws_url}/{document}", http) as websocket,
            Provider(doc, HttpxWebsocket(websocket, document)) as provider,
        ):
            await asyncio.wait_for(provider.synced.wait(), 10)
            yield doc


async def _content(doc: Doc[Any]) -> dict[str, Any]:
    return content_of(doc)


@pytest.mark.parametrize("flavour", FLAVOURS)
async def test_python_and_node_edit_one_text(server: ServerProcess, document: str, flavour: Flavour) -> None:
    """pycrdt counts in bytes of UTF-8, Yjs in UTF-16 units: both edit behind the same emoji."""
    async with Agent(flavour) as agent, python_client(server, document) as doc:
        node = await agent.joined(server.ws_url, document)
        text = doc.get("text", type=Text)
        text += f"é{EMOJI}!"
        await eventually(node.text, lambda found: found == f"é{EMOJI}!")
        utf16_units = len(f"é{EMOJI}".encode("utf-16-le")) // 2
        await node.call("splice", position=utf16_units, inserted="😀 from Node")
        await node.saved()
        await eventually(lambda: _content(doc), lambda found: "Node" in str(found["text"]))
        text.insert(len(f"é{EMOJI}😀".encode()), " and Python")
        await eventually(node.text, lambda found: found == f"é{EMOJI}😀 and Python from Node!")
        del text[len("é".encode()) : len(f"é{EMOJI}".encode())]
        await eventually(node.text, lambda found: found == "é😀 and Python from Node!")
        assert str(text) == "é😀 and Python from Node!"


async def test_python_and_node_at_the_same_time(server: ServerProcess, document: str) -> None:
    async with Agent() as old, Agent("yjs14") as new, python_client(server, document) as doc:
        ann = await old.joined(server.ws_url, document)
        bob = await new.joined(server.ws_url, document)
        doc.get("map", type=Map)["from python"] = {"list": [1.5, "é", None]}
        doc.get("array", type=Array).append(EMOJI)
        text = doc.get("text", type=Text)
        for feature in ("text", "emoji", "formatting", "map", "array", "xml", "nested"):
            text += f"[{feature}😀]"
            await asyncio.gather(ann.edit(feature, "ann"), bob.edit(feature, "bob"))
        text.format(0, 1, {"bold": True})
        await asyncio.gather(ann.saved(), bob.saved())

        async def contents() -> list[dict[str, Any]]:
            states = await asyncio.gather(ann.state(), bob.state())
            return [content_of(doc), *(state["content"] for state in states)]

        agreed = await eventually(contents, lambda found: all(content == found[0] for content in found))
        assert "[nested😀]" in str(agreed[0]["text"])
        async with python_client(server, document) as newcomer:
            assert content_of(newcomer) == agreed[0]
