"""The scenes' client: frames as servers cut them, large ones kept once, and how a connection ended."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from websockets.asyncio.server import ServerConnection, serve

from bench.scenes.client import CUT, Client, Refused
from bench.scenes.frames import Shared
from tests.conditions import until

LARGE = bytes(range(256)) * 4_000


@contextlib.asynccontextmanager
async def served(handler: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[str]:
    async with serve(handler, "127.0.0.1", 0, compression=None, max_size=None) as server:
        host, port = next(iter(server.sockets)).getsockname()
        yield f"ws://{host}:{port}/some/document"


async def test_what_was_sent_comes_back() -> None:
    async def echo(connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    payloads = [b"", b"x" * 125, b"x" * 126, b"x" * 65_535, b"x" * 65_536, LARGE, b"end"]
    async with served(echo) as url:
        client = Client(url, Shared())
        await client.open()
        for payload in payloads:
            client.send(payload)
        await until(lambda: len(client.arrivals) == len(payloads))
        assert [payload for _, payload in client.arrivals] == payloads
        assert client.ended is None
        client.close()


async def test_what_many_receive_is_kept_once_and_what_differs_is_not() -> None:
    other = bytearray(LARGE)
    other[-1] ^= 1
    answers = [LARGE, bytes(other), LARGE, LARGE]

    async def answer(connection: ServerConnection) -> None:
        await connection.send(answers.pop(0))
        await connection.wait_closed()

    shared = Shared()
    async with served(answer) as url:
        clients = [Client(url, shared) for _ in range(4)]
        for client in clients:
            await client.open()
            await until(lambda client=client: len(client.arrivals) == 1)  # type: ignore[misc]
        payloads = [client.arrivals[0][1] for client in clients]
        assert payloads == [LARGE, other, LARGE, LARGE]
        assert payloads[2] is payloads[3]
        for client in clients:
            client.close()


async def test_the_close_code_is_known_and_a_cut_has_none() -> None:
    async def close(connection: ServerConnection) -> None:
        if connection.request is not None and connection.request.path == "/cut":
            connection.transport.abort()
        else:
            await connection.close(4508)

    async with served(close) as url:
        clients = [Client(url, Shared()), Client(url.replace("/some/document", "/cut"), Shared())]
        for client in clients:
            await client.open()
            await until(lambda client=client: client.ended is not None)  # type: ignore[misc]
        assert [client.ended for client in clients] == [4508, CUT]


async def test_who_does_not_read_gets_nothing_until_it_reads_on() -> None:
    connections: list[ServerConnection] = []

    async def send(connection: ServerConnection) -> None:
        connections.append(connection)
        for _ in range(20):
            await connection.send(LARGE)
        await connection.wait_closed()

    async with served(send) as url:
        client = Client(url, Shared())
        await client.open(receive_buffer_bytes=4096)
        client.stop_reading()
        read = client.bytes_read
        await until(lambda: connections and connections[0].transport.get_write_buffer_size() > 0)
        assert client.bytes_read == read
        client.read_on()
        await until(lambda: len(client.arrivals) == 20)
        client.close()


async def test_who_reads_slowly_gets_it_bit_by_bit() -> None:
    async def send(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(b"x" * 3_000)
        await connection.wait_closed()

    async with served(send) as url:
        client = Client(url, Shared())
        await client.open()
        client.read_slowly(10_000)
        read = client.bytes_read
        client.send(b"go")
        await until(lambda: client.bytes_read > read)
        assert 0 < client.bytes_read - read <= 2_000
        await until(lambda: len(client.arrivals) == 1)
        client.close()


async def test_a_refused_upgrade_says_so() -> None:
    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        with pytest.raises(Refused, match="403"):
            await Client(f"ws://{host}:{port}/", Shared()).open()
