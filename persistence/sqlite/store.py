"""The store in one SQLite file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from persistence.names import require_encodable
from persistence.port import Append, DocumentErased, DocumentInfo, Snapshot, StoredDocument, StoreUnavailable
from persistence.sqlite.file import open_file
from persistence.sqlite.limits import SqliteLimits
from persistence.sqlite.reader import Reader
from persistence.sqlite.reading import read_document, read_page
from persistence.sqlite.writer import Writer


class SqliteStore:
    """A `persistence.port.Store` in the file at `path`, which is made where it is missing, as is its folder.

    Durable against power loss (write-ahead log, `synchronous=FULL`). Used from the event loop that opened it.
    A call that is cancelled may have taken effect. `append` raises ValueError for an update that is longer
    than `limits.value_bytes_max`, as does `replace` for a state.
    """

    def __init__(self, path: str | Path, limits: SqliteLimits | None = None) -> None:
        self.path = Path(path)
        self._limits = limits if limits is not None else SqliteLimits()
        self._lifecycle = asyncio.Lock()
        self._writer: Writer | None = None
        self._reader: Reader | None = None

    @property
    def transactions(self) -> int:
        """How many transactions were committed since the store was opened."""
        return self._writing().transactions

    async def open(self) -> None:
        async with self._lifecycle:
            if self._writer is not None:
                return
            writing, reading = await asyncio.to_thread(open_file, self.path, self._limits)
            self._writer = Writer(writing, self._limits)
            self._reader = Reader(reading, self._limits)

    async def close(self) -> None:
        async with self._lifecycle:
            writer, reader = self._writer, self._reader
            if writer is None or reader is None:
                return
            self._writer = self._reader = None
            await asyncio.wait([reader.stop(), writer.stop()])

    async def append(self, batch: Sequence[Append]) -> Sequence[int | DocumentErased]:
        writer = self._writing()
        batch = tuple(batch)
        for item in batch:
            require_encodable(item.document, item.author)
            self._require_storable(item.update)
        if not batch:
            return []
        return await writer.submit(
            lambda transaction: transaction.append(batch),
            rows=len(batch),
            size=sum(len(item.update) for item in batch),
        )

    async def load(self, document: str) -> StoredDocument:
        require_encodable(document)
        return await self._reading().read(read_document, document)

    async def replace(
        self, document: str, epoch: int, *, base: int | None, positions: Sequence[int], state: bytes
    ) -> Snapshot:
        writer = self._writing()
        require_encodable(document)
        self._require_storable(state)
        replaced = frozenset(positions)
        return await writer.submit(
            lambda transaction: transaction.replace(document, epoch, base, replaced, state),
            rows=len(replaced) + 1,
            size=len(state),
        )

    async def delete(self, document: str) -> None:
        writer = self._writing()
        require_encodable(document)
        await writer.submit(lambda transaction: transaction.delete(document), rows=1, size=0)

    async def list(self, prefix: str = "") -> AsyncIterator[DocumentInfo]:
        start = prefix.encode()
        after: bytes | None = None
        while page := await self._reading().read(read_page, start, after, self._limits.list_page_documents):
            for name, info in page:
                if not name.startswith(start):
                    return
                yield info
            after, _ = page[-1]

    def _writing(self) -> Writer:
        if self._writer is None:
            raise StoreUnavailable(f"{self.path} is not open")
        return self._writer

    def _reading(self) -> Reader:
        if self._reader is None:
            raise StoreUnavailable(f"{self.path} is not open")
        return self._reader

    def _require_storable(self, value: bytes) -> None:
        if len(value) > self._limits.value_bytes_max:
            raise ValueError(
                f"{len(value)} bytes are more than the {self._limits.value_bytes_max} that are stored"
            )

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
