"""Any ASGI server: what uvicorn's own protocols carry is what our short way carries."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

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
        answers = [await newcomer.recv(decode=False)]
        while not answers[-1].startswith(STEP_2_HEAD):
            answers.append(await newcomer.recv(decode=False))
        assert any(text in answer for answer in answers)


async def test_thousands_of_small_frames_at_once_are_all_taken(address: str) -> None:
    async with connect(f"ws://{address}/ws/many") as socket:
        await socket.recv()
        for _ in range(3_000):
            await socket.send(b"\x00\x00\x01\x00")
        for _ in range(3_000):
            assert await socket.recv() == b"\x00\x01\x02\x00\x00"


async def test_frames_are_read_wherever_the_network_cuts_them(address: str) -> None:
    """Many in one read; one a byte at a time; fragments, a ping and a close between and behind them."""
    ask = client_frame(Opcode.BINARY, STEP_1_OF_NOTHING)
    parts = [
        ask * 20,
        *(ask[at : at + 1] for at in range(len(ask))),
        ask + client_frame(Opcode.PING, b"there?") + ask[:3],
        ask[3:] + client_frame(Opcode.BINARY, STEP_1_OF_NOTHING[:2], fin=False),
        client_frame(Opcode.CONT, STEP_1_OF_NOTHING[2:]) + ask,
    ]
    answers = 20 + 1 + 2 + 1 + 1
    async with Plain(address) as plain:
        await plain.send(*parts)
        answer = server_frame(Opcode.BINARY, b"\x00\x01\x02\x00\x00")
        pong = server_frame(Opcode.PONG, b"there?")
        received = b"".join([await plain.reader.readuntil(answer) for _ in range(answers)])
        await plain.send(ask + client_frame(Opcode.CLOSE, b"\x03\xe8"))
        received += await plain.reader.read()
        assert received.count(pong) == 1
        assert received.endswith(server_frame(Opcode.CLOSE, b"\x03\xe8"))


async def test_a_frame_that_is_not_masked_ends_the_connection(address: str) -> None:
    ask = client_frame(Opcode.BINARY, STEP_1_OF_NOTHING)
    async with Plain(address) as plain:
        await plain.send(ask + server_frame(Opcode.BINARY, STEP_1_OF_NOTHING))
        assert b"\x88" in (received := await plain.reader.read())
        assert received.rpartition(b"\x88")[2][1:3] == (1002).to_bytes(2, "big")


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


def client_frame(opcode: Opcode, payload: bytes, *, fin: bool = True) -> bytes:
    return Frame(opcode, payload, fin).serialize(mask=True)


def server_frame(opcode: Opcode, payload: bytes) -> bytes:
    return Frame(opcode, payload).serialize(mask=False)


class Plain:
    """A WebSocket on a plain connection: bytes are sent as they are given, each piece by itself."""

    reader: asyncio.StreamReader

    def __init__(self, address: str) -> None:
        self._address = address

    async def __aenter__(self) -> Self:
        host, _, port = self._address.partition(":")
        self.reader, self._writer = await asyncio.open_connection(host, int(port))
        await self.send(
            f"GET /ws/cut HTTP/1.1\r\nHost: {self._address}\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        await self.reader.readuntil(b"\r\n\r\n")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    async def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self._writer.write(piece)
            await self._writer.drain()
            await asyncio.sleep(0)


async def _read_on(socket: ClientConnection) -> None:
    while True:
        await socket.recv()
