"""A process whose files may not grow (RLIMIT_FSIZE): appends fail in the operating system, and work later."""

from __future__ import annotations

import asyncio
import resource
import sys
from pathlib import Path

from persistence.acceptance.place import updates, write
from persistence.port import StoreUnavailable
from persistence.sqlite import SqliteStore


async def main(path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    async with SqliteStore(path) as store:
        await write(store, "d", b"before")
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
        results = await asyncio.gather(
            *(write(store, "d", bytes(1_000_000)) for _ in range(3)), return_exceptions=True
        )
        assert all(isinstance(result, StoreUnavailable) for result in results), results
        assert all("SQLITE_IOERR_WRITE" in str(result) for result in results), results
        assert updates(await store.load("d")) == [b"before"]
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        await write(store, "d", bytes(1_000_000))
    async with SqliteStore(path) as store:
        assert updates(await store.load("d")) == [b"before", bytes(1_000_000)]
    sys.stdout.write("refused, kept, written\n")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
