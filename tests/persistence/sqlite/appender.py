"""A process that writes until it is killed, and says what was acknowledged, a line each: `document token`."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

from persistence.acceptance.place import positions, write
from persistence.port import SnapshotConflict
from persistence.sqlite import SqliteStore

AUTHORS = 8
DOCUMENTS = 3


async def author(store: SqliteStore, name: str) -> None:
    """Append tokens, one or a few at a time, to documents in turn."""
    chance = random.Random(name)
    for turn in range(1_000_000):
        document = f"d{chance.randrange(DOCUMENTS)}"
        tokens = [f"{name}.{turn}.{part}" for part in range(chance.randrange(1, 4))]
        await write(store, document, *(token.encode() + b";" for token in tokens))
        sys.stdout.write("".join(f"{document} {token}\n" for token in tokens))
        sys.stdout.flush()


async def squasher(store: SqliteStore, document: str) -> None:
    """Keep replacing what there is by a snapshot of it."""
    while True:
        stored = await store.load(document)
        state = stored.snapshot.state if stored.snapshot else b""
        state += b"".join(record.update for record in stored.records)
        base = stored.snapshot.position if stored.snapshot else None
        try:
            await store.replace(
                document, stored.epoch, base=base, positions=positions(stored.records), state=state
            )
        except SnapshotConflict:
            raise AssertionError("nobody else squashes") from None


async def eraser(store: SqliteStore, name: str) -> None:
    for turn in range(1_000_000):
        document = f"erased.{name}.{turn}"
        await write(store, document, b"doomed")
        await store.delete(document)
        sys.stdout.write(f"{document} erased\n")
        sys.stdout.flush()


async def main(path: Path, name: str) -> None:
    async with SqliteStore(path) as store, asyncio.TaskGroup() as tasks:
        for n in range(AUTHORS):
            tasks.create_task(author(store, f"{name}.{n}"))
        tasks.create_task(squasher(store, "d0"))
        tasks.create_task(eraser(store, name))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
