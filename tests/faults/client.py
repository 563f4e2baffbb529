"""A y-websocket client that keeps a book: what it sent, and how much of that was acknowledged.

It never reconnects. A crash test lets it go and reads its book; a client that lived on would repair the
server.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from random import Random
from typing import Any, Self
from urllib.parse import quote

import pycrdt
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.faults.book import Book, Operation
from tests.faults.tokens import Tokens

TIMEOUT_S = 20.0
"""How long anything may take on a machine that has other things to do."""

STEP_1, STEP_2, UPDATE = b"\x00\x00", b"\x00\x01", b"\x00\x02"
EMPTY_UPDATE = b"\x00\x00"


class HungUp(AssertionError):
    """The server ended a connection on which something was still expected."""


class Client:
    """One connection to one document, with a pycrdt Doc. `number` is its client id."""

    def __init__(self, url: str, document: str, number: int) -> None:
        """`url` as y-websocket takes it: the document's name follows after a slash."""
        self.document = document
        self.number = number
        self.doc: pycrdt.Doc[Any] = pycrdt.Doc(client_id=number)
        self.tokens = Tokens(self.doc)
        self.book = Book()
        self.heard: Callable[[], None] = lambda: None
        """Called after every frame from the server."""
        self.server_clocks: dict[int, int] = {}
        """The server's state vector when this client came."""
        self._address = f"{url}/{quote(document)}"
        self._answers = 0
        self._is_applying = False
        self._edit = EMPTY_UPDATE
        self._stirred = asyncio.Event()

    async def open(self) -> Self:
        """Connect, and say nothing. Raises `websockets.exceptions.InvalidStatus` where it is refused."""
        self._socket: ClientConnection = await connect(
            self._address,
            compression=None,
            max_size=None,
            ping_interval=None,
            open_timeout=TIMEOUT_S,
            close_timeout=TIMEOUT_S,
            proxy=None,
        )
        self._subscription = self.doc.observe(self._edited)
        self._reader = asyncio.create_task(self._read())
        return self

    async def joined(self) -> Self:
        """Connect, and wait until the server's Step2 is in the Doc."""
        await self.open()
        await self.ask()
        return self

    async def ask(self) -> None:
        """Send Step1 and wait for Step2: all that the server said before is read then."""
        before = self._answers
        await self._send(STEP_1, self.doc.get_state())
        await self.until(lambda: self._answers > before)

    async def edit(self, change: Callable[[], Iterable[Operation]]) -> None:
        """Make one change of the Doc in one transaction, and send it as one message."""
        with self.doc.transaction():
            operations = change()
        self.book.note(operations)
        await self._send(UPDATE, self._edit)

    async def edit_at_random(self, random: Random) -> None:
        """Insert or delete some tokens."""
        await self.edit(lambda: self.tokens.change(self.number, random))

    async def saved(self, timeout_s: float = TIMEOUT_S) -> None:
        """Wait until everything that was sent is acknowledged."""
        await self.until(lambda: self.book.acknowledged == self.book.sent, timeout_s)

    async def until(self, condition: Callable[[], bool], timeout_s: float = TIMEOUT_S) -> None:
        """Wait for what frames bring about. Raises TimeoutError or `HungUp`."""
        async with asyncio.timeout(timeout_s):
            while not condition():
                if self.is_closed:
                    raise HungUp(f"client {self.number} of {self.document}: {self.close_code}")
                self._stirred.clear()
                await self._stirred.wait()

    async def level_with(self, other: Client) -> None:
        """Wait until this Doc has what the other's has."""
        await self.until(lambda: self.clocks() == other.clocks())

    @property
    def is_closed(self) -> bool:
        """Whether the connection is over and all that the server sent is read."""
        return self._reader.done()

    @property
    def close_code(self) -> int | None:
        """The server's close code; 1006 where it just vanished."""
        return self._socket.close_code

    async def closed(self) -> None:
        """Read what the server still sends, until the connection is over."""
        async with asyncio.timeout(TIMEOUT_S):
            await self._reader

    async def close(self) -> None:
        """Hang up."""
        await self._socket.close()
        await self.closed()

    def clocks(self) -> dict[int, int]:
        """The state vector of the Doc."""
        return _clocks(self.doc.get_state())

    async def _send(self, kind: bytes, payload: bytes) -> None:
        if kind != STEP_1:
            self.book.sent += 1
        with contextlib.suppress(ConnectionClosed):  # the reader notices
            await self._socket.send(kind + pycrdt.write_var_uint(len(payload)) + payload)

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for frame in self._socket:
                assert isinstance(frame, bytes)
                await self._receive(frame)
                self.heard()
                self._stirred.set()
        self.doc.unobserve(self._subscription)
        self._stirred.set()

    async def _receive(self, frame: bytes) -> None:
        kind, decoder = frame[:2], pycrdt.Decoder(frame[2:])
        if kind == STEP_1:
            vector = decoder.read_message() or b""
            self.server_clocks = _clocks(vector)
            await self._send(STEP_2, self.doc.get_update(vector))
        elif kind in {STEP_2, UPDATE}:
            self._apply(decoder.read_message() or b"")
            self._answers += kind == STEP_2
            if decoder.length:
                self.book.acknowledged = decoder.read_var_uint()

    def _apply(self, update: bytes) -> None:
        if update == EMPTY_UPDATE:
            return
        self._is_applying = True
        try:
            self.doc.apply_update(update)
        finally:
            self._is_applying = False

    def _edited(self, event: pycrdt.TransactionEvent) -> None:
        if not self._is_applying:
            self._edit = event.update


def _clocks(state_vector: bytes) -> dict[int, int]:
    decoder = pycrdt.Decoder(state_vector)
    count = decoder.read_var_uint()
    return {decoder.read_var_uint(): decoder.read_var_uint() for _ in range(count)}
