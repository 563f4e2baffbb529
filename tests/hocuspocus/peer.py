"""A peer that says what it likes in the dialect, and reads what comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.hocuspocus import frames
from tests.hocuspocus.frames import AUTH, SYNC, Frame
from tests.interop.peer import TIMEOUT_S


class Peer:
    """One WebSocket, without a document of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._socket: ClientConnection

    async def send(self, *data: bytes | str) -> None:
        """Send frames; a string goes as a text frame."""
        for each in data:
            await self._socket.send(each)

    async def receive(self) -> Frame:
        """The next frame."""
        data = await asyncio.wait_for(self._socket.recv(), TIMEOUT_S)
        assert isinstance(data, bytes)
        return frames.read(data)

    async def until(self, wanted: Callable[[Frame], bool]) -> list[Frame]:
        """Receive up to and with the first frame that is wanted."""
        received = [await self.receive()]
        while not wanted(received[-1]):
            received.append(await self.receive())
        return received

    async def answers(self, address: str) -> list[Frame]:
        """Ask with a Step1; everything that came up to the Step2 that answers it."""
        await self.send(frames.step_1(address))
        return await self.until(
            lambda frame: (frame.address, frame.kind, frame.payload[:1]) == (address, SYNC, b"\x01")
        )

    async def opened(self, address: str, token: str = "write", version: str | None = None) -> Self:
        """Open a document, and read up to the Step2; AssertionError where access is denied."""
        await self.send(frames.auth(address, token, version))
        answer = await self.receive()
        assert (answer.address, answer.kind, answer.payload[:1]) == (address, AUTH, b"\x02"), answer
        await self.answers(address)
        return self

    async def closed(self) -> int:
        """Read until the server closes the connection; the close code."""
        await asyncio.wait_for(self._socket.wait_closed(), TIMEOUT_S)
        code = self._socket.close_code
        assert code is not None
        return code

    async def is_open(self) -> bool:
        """Whether the WebSocket still answers a ping."""
        try:
            await asyncio.wait_for(await self._socket.ping(), TIMEOUT_S)
        except ConnectionClosed:
            return False
        return True

    def cut(self) -> None:
        """Cut the TCP connection without a closing handshake."""
        self._socket.transport.abort()

    async def __aenter__(self) -> Self:
        self._socket = await connect(
            self._url, compression=None, max_size=None, ping_interval=None, proxy=None
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()
