"""Who may read only: nothing of theirs is applied or relayed, and each edit is answered by 0."""

from __future__ import annotations

from tests.hocuspocus import frames
from tests.hocuspocus.agent import ProviderAgent
from tests.hocuspocus.frames import REJECTED, SAVED, SYNC_STATUS
from tests.hocuspocus.peer import Peer
from tests.hocuspocus.servers import Server
from tests.interop.agent import eventually
from tests.updates import insert, text_of

ROBIN = {"user": {"name": "Robin"}}


async def test_a_reader_gets_what_is_written(agent: ProviderAgent, server: Server, document: str) -> None:
    writer = await agent.joined(server.hocuspocus_url, document)
    reader = await agent.joined(server.hocuspocus_url, document, "read")
    assert (await reader.status()).scopes == ["readonly"]
    await writer.call("splice", position=0, inserted="hello")
    await eventually(reader.text, lambda text: text == "hello")


async def test_a_readers_edit_is_rejected_and_goes_nowhere(
    agent: ProviderAgent, server: Server, document: str
) -> None:
    writer = await agent.joined(server.hocuspocus_url, document)
    reader = await agent.joined(server.hocuspocus_url, document, "read")
    await reader.frames()
    await reader.call("splice", position=0, inserted="mine")

    assert await eventually(reader.statuses, bool) == [REJECTED]
    assert (await reader.status()).unsynced == 1
    await writer.call("splice", position=0, inserted="yours")
    await eventually(reader.text, lambda text: "yours" in text)
    newcomer = await agent.joined(server.hocuspocus_url, document)
    assert (await writer.text(), await newcomer.text()) == ("yours", "yours")


async def test_a_readers_step_2_is_rejected_if_it_brings_anything_new(
    agent: ProviderAgent, server: Server, document: str
) -> None:
    """It was edited offline; the reader is told so, and stays unsaved for good."""
    reader = await agent.open(server.hocuspocus_url, document, "read", written="mine")

    assert await eventually(reader.statuses, bool) == [REJECTED]
    assert (await reader.status()).unsynced == 1
    newcomer = await agent.joined(server.hocuspocus_url, document)
    assert await newcomer.text() == ""


async def test_step_2_with_nothing_new_is_acknowledged(server: Server, document: str) -> None:
    """Again what it has got already, as after a reconnect."""
    update = insert(1, 0, "a")
    async with Peer(server.hocuspocus_url) as writer, Peer(server.hocuspocus_url) as reader:
        await writer.opened(document)
        await writer.send(frames.update(document, update))
        await writer.until(lambda frame: frame.kind == SYNC_STATUS)
        await reader.opened(document, "read")
        for content, status in ((update, SAVED), (insert(2, 0, "b"), REJECTED), (b"\0\0", SAVED)):
            await reader.send(frames.step_2(document, content))
            *_, last = await reader.until(lambda frame: frame.kind == SYNC_STATUS)
            assert last.payload == status
        *_, answer = await reader.answers(document)
        assert text_of(answer.payload[2:]) == "a"


async def test_readers_are_seen(agent: ProviderAgent, server: Server, document: str) -> None:
    writer = await agent.joined(server.hocuspocus_url, document)
    await agent.joined(server.hocuspocus_url, document, "read", presence=ROBIN)
    await eventually(writer.presence, lambda found: ROBIN in found.values())
