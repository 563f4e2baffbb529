"""Any ASGI server: what uvicorn's own protocols carry is what our short way carries."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.conditions import until_answered
from tests.interop.agent import Agent, converged
from tests.interop.peer import STEP_1_OF_NOTHING, STEP_2_HEAD, update_frame
from tests.server import free_port

ROOT = Path(__file__).parents[2]
INSERT = bytes.fromhex("0101010004010474657874016100")
EDITS = ("text", "map", "nested")


@pytest.fixture(scope="module", params=["websockets-sansio", "websockets", "short way"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """host:port of a server with that protocol; leaving it ends the server."""
    port = free_port()
    protocol = request.param if request.param != "short way" else "crdt_server.web.wire:WireProtocol"
    command = [sys.executable, "-m", "uvicorn", "tests.interop.plain_app:app", "--port", str(port)]
    with subprocess.Popen([*command, "--ws", protocol, "--log-level", "warning"], cwd=ROOT) as server:
        try:
            until_answered(f"http://127.0.0.1:{port}/health/ready")
            yield f"127.0.0.1:{port}"
        finally:
            server.terminate()


async def test_people_edit_together(address: str) -> None:
    async with Agent() as agent:
        ann = await agent.joined(f"ws://{address}/ws", "together", presence={"name": "ann"})
        bob = await agent.joined(f"ws://{address}/ws", "together")
        for client, author in ((ann, "ann"), (bob, "bob")):
            for edit in EDITS:
                await client.edit(edit, author)
        await ann.saved()
        await bob.saved()
        await converged(ann, bob)
        assert "ann" in str(await bob.presence())


async def test_fragments_are_one_frame(address: str) -> None:
    """With a client that would compress, too."""
    frame = update_frame(INSERT)
    async with connect(f"ws://{address}/ws/fragments") as one, connect(f"ws://{address}/ws/fragments") as two:
        await one.recv()
        await two.recv()
        await one.send([frame[:3], frame[3:9], frame[9:]])
        assert await two.recv() == frame
        assert await one.recv() == frame + b"\x01"


async def test_a_large_document_arrives_whole(address: str) -> None:
    text = b"x" * 300_000
    large = INSERT[:-3] + b"\xe0\xa7\x12" + text + b"\x00"
    async with connect(f"ws://{address}/ws/large", max_size=None) as one:
        await one.recv()
        await one.send(update_frame(large))
        assert await one.recv() == update_frame(large) + b"\x01"
    async with connect(f"ws://{address}/ws/large", max_size=None) as newcomer:
        await newcomer.recv()
        await newcomer.send(STEP_1_OF_NOTHING)
        answer = await newcomer.recv()
        assert isinstance(answer, bytes)
        assert answer[:2] == STEP_2_HEAD
        assert text in answer


async def test_thousands_of_small_frames_at_once_are_all_taken(address: str) -> None:
    async with connect(f"ws://{address}/ws/many") as socket:
        await socket.recv()
        for _ in range(3_000):
            await socket.send(b"\x00\x00\x01\x00")
        for _ in range(3_000):
            assert await socket.recv() == b"\x00\x01\x02\x00\x00"


@pytest.mark.parametrize(("sent", "code"), [("text", 1003), (b"\x00", 4400)])
async def test_what_breaks_the_protocol_is_closed_with_its_code(
    address: str, sent: str | bytes, code: int
) -> None:
    async with connect(f"ws://{address}/ws/closed") as socket:
        await socket.send(sent)
        with pytest.raises(ConnectionClosed) as caught:
            await _read_on(socket)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == code


async def _read_on(socket: ClientConnection) -> None:
    while True:
        await socket.recv()
