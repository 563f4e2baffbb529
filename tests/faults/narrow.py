"""A line of so many bits a second from the server to its client: a train, a hotel, a phone in a cellar."""

from __future__ import annotations

import asyncio
import socket
from typing import Self

from tests.server import ServerProcess

BITS_PER_S = 50_000
RECEIVE_BUFFER_BYTES = 16 * 1024
"""Small, so that what the line does not carry yet waits at the server."""

SEGMENT_BYTES = 1460
"""As on an Ethernet. The loopback's 64 KiB never fit into the window, which to the kernel is a dead peer."""

_PIECE_S = 0.1
_PIECE_BYTES = int(BITS_PER_S / 8 * _PIECE_S)
_READ_BYTES = 64 * 1024


class NarrowLine:
    """Listens in the server's place; what comes back is narrow, what goes there is not."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server

    @property
    def ws_url(self) -> str:
        """What a client takes in the place of the server's."""
        return f"ws://127.0.0.1:{self._listener.sockets[0].getsockname()[1]}/ws"

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listener.close()
        await self._listener.wait_closed()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        with socket.socket() as there:
            there.setblocking(False)
            there.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            there.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_BYTES)
            await loop.sock_connect(there, ("127.0.0.1", self._server.port))
            onward = asyncio.create_task(self._send(reader, there))
            while piece := await loop.sock_recv(there, _PIECE_BYTES):
                writer.write(piece)
                await asyncio.sleep(_PIECE_S)
            await onward
        writer.close()

    async def _send(self, reader: asyncio.StreamReader, there: socket.socket) -> None:
        while data := await reader.read(_READ_BYTES):
            await asyncio.get_running_loop().sock_sendall(there, data)
        there.shutdown(socket.SHUT_WR)
