"""What was acknowledged is there once after kill -9, and what was erased is not.

This shows that nothing is acknowledged before its commit and that a commit is whole. It shows no syncing:
what a killed process handed to the operating system is not lost. For that there is `synchronous = FULL`.
"""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from persistence.acceptance.place import updates, write
from persistence.port import DocumentErased
from persistence.sqlite import SqliteStore
from tests.persistence.sqlite.appender import DOCUMENTS


def append_and_kill(path: Path, name: str, lines: int) -> list[str]:
    """Let a process append until it has acknowledged so many lines, kill it, and return all that it said."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.persistence.sqlite.appender", path, name],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    with child:
        said = [line for _, line in zip(range(lines), child.stdout, strict=False)]
        child.kill()
        said += child.stdout
    assert len(said) >= lines, "it ended by itself"
    return [line.rstrip() for line in said if line.endswith("\n")]


@pytest.mark.parametrize("seed", range(6))
async def test_every_acknowledged_append_is_there_once_after_kill_9(tmp_path: Path, seed: int) -> None:
    path, chance = tmp_path / "documents.db", random.Random(seed)
    acknowledged: list[str] = []
    for life in range(3):
        acknowledged += append_and_kill(path, f"{seed}.{life}", chance.randrange(1, 400))
        async with SqliteStore(path) as store:
            stored = [await store.load(f"d{n}") for n in range(DOCUMENTS)]
            for line in acknowledged:
                document, _, token = line.partition(" ")
                if token == "erased":
                    with pytest.raises(DocumentErased):
                        await store.load(document)
        found = Counter[str]()
        for kept in stored:
            parts = [
                kept.snapshot.state if kept.snapshot else b"",
                *(r.update for r in kept.records),
            ]
            found.update(f"{kept.name} {token.decode()}" for token in b"".join(parts).split(b";")[:-1])
        assert {line for line in acknowledged if not line.endswith(" erased")} <= found.keys()
        assert set(found.values()) <= {1}


KILLED_AT_ITS_NTH_STEP = """
import asyncio, os, signal, sys
from persistence.sqlite import SqliteStore

steps = int(sys.argv[2])

def step(event, arguments):
    global steps
    if event in {"os.mkdir", "open", "sqlite3.connect", "sqlite3.connect/handle", "os.link", "os.remove"}:
        steps -= 1
        if steps == 0:
            os.kill(os.getpid(), signal.SIGKILL)

async def main():
    sys.addaudithook(step)
    await SqliteStore(sys.argv[1]).open()
    print("opened")

asyncio.run(main())
"""


async def test_a_process_killed_while_it_makes_the_store_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    steps = 0
    said = ""
    while not said:
        steps += 1
        path = tmp_path / f"{steps}" / "documents.db"
        said = await asyncio.to_thread(_open_and_die, path, steps)
        async with SqliteStore(path) as store:
            await write(store, "d", b"1")
            assert updates(await store.load("d")) == [b"1"]
    assert steps > 8


def _open_and_die(path: Path, steps: int) -> str:
    child = subprocess.run(
        [sys.executable, "-c", KILLED_AT_ITS_NTH_STEP, path, f"{steps}"],
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    assert child.returncode in {0, -signal.SIGKILL}
    return child.stdout
