"""A client that joins a document and never reads again: a suspended laptop, or somebody who means harm."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
from typing import Self

from tests.server import ServerProcess

RECEIVE_BUFFER_BYTES = 4096
"""Small, so that the server notices after some kilobytes and not after megabytes."""

_STEP_1 = b"\x00\x00\x01\x00"
_BINARY, _MASKED, _NO_MASK = 0x82, 0x80, bytes(4)


class Deaf:
    """A WebSocket on a plain socket. `closing` it is the only thing it does after it joined."""

    def __init__(self, server: ServerProcess, document: str) -> None:
        self._server = server
        self._document = document
        self._socket = socket.socket()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        await loop.sock_connect(self._socket, ("127.0.0.1", self._server.port))
        request = (
            f"GET /ws/{self._document} HTTP/1.1\r\nHost: 127.0.0.1:{self._server.port}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n"
        )
        await loop.sock_sendall(self._socket, request.encode())
        status = await loop.sock_recv(self._socket, len("HTTP/1.1 101"))
        assert status == b"HTTP/1.1 101", status
        frame = bytes([_BINARY, _MASKED | len(_STEP_1)]) + _NO_MASK + _STEP_1
        await loop.sock_sendall(self._socket, frame)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._socket.close()
