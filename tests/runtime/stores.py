"""Stores that do what disks do: pause, fail, come back. Around the real memory store."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from persistence.memory import MemoryStore
from persistence.port import Append, DocumentErased, StoredDocument, StoreUnavailable


class SlowStore(MemoryStore):
    """A store whose writes and loads wait for a gate, fail while they are told to, and are counted."""

    def __init__(self) -> None:
        super().__init__()
        self.may_write = asyncio.Event()
        self.may_write.set()
        self.may_load = asyncio.Event()
        self.may_load.set()
        self.fails = False
        self.defect = False
        self.commits: list[int] = []
        self.attempts = 0
        self.loads = 0

    async def append(self, batch: Sequence[Append]) -> Sequence[int | DocumentErased]:
        self.attempts += 1
        await self.may_write.wait()
        if self.fails:
            raise StoreUnavailable("the disk is full")
        if self.defect:
            raise ZeroDivisionError
        self.commits.append(len(batch))
        return await super().append(batch)

    async def load(self, document: str) -> StoredDocument:
        self.loads += 1
        await self.may_load.wait()
        if self.fails:
            raise StoreUnavailable("the disk is away")
        return await super().load(document)
