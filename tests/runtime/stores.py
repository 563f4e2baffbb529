"""Stores that do what disks do: pause, fail, come back. Around the real memory store."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pycrdt

from crdt_server.core.limits import Limits
from crdt_server.runtime.document import Document
from crdt_server.runtime.engine import Engine
from persistence.memory import MemoryStore
from persistence.port import Append, DocumentErased, StoredDocument, StoreUnavailable

QUICK = Limits(room_idle_s=0.01, store_retry_s_max=0.05, drain_timeout_s=0.5)


def text(document: Document) -> pycrdt.Text:
    """The root text `t` of a program's document."""
    root: pycrdt.Text = document.doc.get("t", type=pycrdt.Text)
    return root


def rooms(engine: Engine) -> int:
    """Number of documents that an engine has open."""
    return len(engine._hosts)


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
