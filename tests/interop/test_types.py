"""Every shared type: concurrent edits of unmodified Yjs 13 and 14 clients reach the same document."""

import asyncio
import json

import pytest

from tests.interop.agent import Agent, converged
from tests.server import ServerProcess

AUTHORS = ("ann", "bob", "cy")

# What must be found in the content for each author's edit to have arrived whole.
MARKS = {
    "text": "{}19 ",
    "emoji": "🇫🇷{}",
    "formatting": "inside",
    "embeds": "{}.png",
    "map": '"{}": {{',
    "array": '"{}"',
    "xml": " by {} ",
    "nested": '"deepest": "{}"',
    "subdocuments": '"$doc": "guid-{}"',
}


@pytest.mark.parametrize("feature", MARKS)
async def test_concurrent_edits_converge(server: ServerProcess, document: str, feature: str) -> None:
    async with Agent("yjs13") as old, Agent("yjs14") as new:
        places = (server.ws_url, document)
        clients = await asyncio.gather(old.joined(*places), old.joined(*places), new.joined(*places))
        await asyncio.gather(*(c.edit(feature, who) for c, who in zip(clients, AUTHORS, strict=True)))
        await asyncio.gather(*(client.saved() for client in clients))
        newcomers = await asyncio.gather(old.joined(*places), new.joined(*places))
        state = await converged(*clients, *newcomers)
    content = json.dumps(state["content"], ensure_ascii=False)
    missing = [who for who in AUTHORS if MARKS[feature].format(who) not in content]
    assert not missing, content


async def test_edits_on_top_of_each_other_converge(server: ServerProcess, document: str) -> None:
    """Every feature in one document, with clients that build on what they have just received."""
    async with Agent("yjs13") as old, Agent("yjs14") as new:
        places = (server.ws_url, document)
        clients = await asyncio.gather(old.joined(*places), new.joined(*places))
        for feature in MARKS:
            await asyncio.gather(*(c.edit(feature, who) for c, who in zip(clients, AUTHORS, strict=False)))
        await asyncio.gather(*(client.saved() for client in clients))
        newcomers = await asyncio.gather(old.joined(*places), new.joined(*places))
        await converged(*clients, *newcomers)


async def test_a_sub_document_is_a_document_of_its_own_name(server: ServerProcess, document: str) -> None:
    async with Agent("yjs13") as agent:
        parent = await agent.joined(server.ws_url, document)
        await parent.edit("subdocuments", document)
        writer = await agent.joined(server.ws_url, f"guid-{document}")
        await writer.edit("text", "inner")
        await writer.saved()
        reader = await agent.joined(server.ws_url, f"guid-{document}")
        assert "inner19" in await reader.text()
        assert await parent.text() == ""
