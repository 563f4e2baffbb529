"""Many clients that edit some documents at random, all at once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from random import Random
from typing import Self

from tests.faults.book import Book, Promises
from tests.faults.client import TIMEOUT_S, Client, HungUp

IN_FLIGHT_MAX = 20
"""Messages that one client has sent and that are not acknowledged; then it waits."""

PAUSE_S_MAX = 0.02
"""People pause between two keystrokes. This many of them pause less."""


class Crowd:
    """`clients_each` clients on each of `documents`. Entering it connects them, and they begin to edit."""

    def __init__(
        self, url: str, documents: Sequence[str], clients_each: int, random: Random, *, first: int = 1
    ) -> None:
        """`first` is the first client's number; a document never has two clients of one number."""
        numbers = range(first, first + clients_each)
        self.clients = [Client(url, document, number) for document in documents for number in numbers]
        self._random = random
        self._is_resting = False
        self._heard = asyncio.Event()

    @property
    def acknowledged(self) -> int:
        """Messages acknowledged so far, of all clients."""
        return sum(client.book.acknowledged for client in self.clients)

    async def until_acknowledged(self, count: int) -> None:
        """Wait until so many messages are acknowledged."""
        async with asyncio.timeout(TIMEOUT_S):
            while self.acknowledged < count:
                self._heard.clear()
                await self._heard.wait()

    async def rest(self) -> None:
        """Stop to edit, and wait until all is acknowledged."""
        self._is_resting = True
        await asyncio.gather(*self._editing)
        await asyncio.gather(*(client.saved() for client in self.clients))

    async def gone(self) -> None:
        """Wait until the server is gone and all that it still said is read."""
        await asyncio.gather(*(client.closed() for client in self.clients))

    def promises(self) -> dict[str, Promises]:
        """What was promised, by document."""
        return promises(self.clients)

    async def __aenter__(self) -> Self:
        for client in self.clients:
            client.heard = self._heard.set
        await asyncio.gather(*(client.joined() for client in self.clients))
        self._editing = [
            asyncio.create_task(self._edit(client, Random(self._random.random()))) for client in self.clients
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._editing:
            task.cancel()
        await asyncio.gather(*self._editing, return_exceptions=True)
        await asyncio.gather(*(client.close() for client in self.clients))

    async def _edit(self, client: Client, random: Random) -> None:
        def has_room() -> bool:
            return client.book.sent - client.book.acknowledged < IN_FLIGHT_MAX or self._is_resting

        with contextlib.suppress(HungUp):
            while not self._is_resting and not client.is_closed:
                await client.edit_at_random(random)
                await asyncio.sleep(random.uniform(0, PAUSE_S_MAX))
                await client.until(has_room)


def promises(clients: Iterable[Client]) -> dict[str, Promises]:
    """What was promised to some clients, all that ever wrote to their documents, by document."""
    books: dict[str, list[Book]] = {}
    for client in clients:
        books.setdefault(client.document, []).append(client.book)
    return {document: Promises(of_document) for document, of_document in books.items()}
