"""A TCP proxy that counts the connections to each URL; what goes through it is left alone."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import Self


class CountingProxy:
    """In front of a server on a loopback port. Connections are counted by the target of their request."""

    def __init__(self, port: int) -> None:
        self.made: Counter[str] = Counter()
        """Connections so far."""
        self.open: Counter[str] = Counter()
        """Connections that are open now."""
        self.most: Counter[str] = Counter()
        """The most that were open at once."""
        self._to = port
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            target = head.split()[1].decode()
            self.made[target] += 1
            self.open[target] += 1
            self.most[target] = max(self.most[target], self.open[target])
            try:
                to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self._to)
                with contextlib.closing(to_writer):
                    to_writer.write(head)
                    await asyncio.gather(_pump(reader, to_writer), _pump(to_reader, writer))
            finally:
                self.open[target] -= 1


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes one way until there are no more, then say so on the other side."""
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
