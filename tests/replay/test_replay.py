"""A recorded session ends in exactly the recorded text: for its authors, for newcomers and after a kill -9.

The recordings are read from the folder CRDT_BENCH_TRACES; where there are none, a made-up trace of the same
kind and size takes their place.
"""

import asyncio
import gzip
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.interop.agent import FLAVOURS, Agent
from tests.interop.node import node_environment, node_path, run_node
from tests.server import ServerProcess

REPLAY = Path(__file__).parent
TRACES = Path(os.environ.get("CRDT_BENCH_TRACES") or "no recordings")
AUTHOR_TIMEOUT_S = 60
DOCUMENT = "replayed"


@dataclass(frozen=True)
class Session:
    """A trace, and the made-up one that replaces it where it is missing."""

    recording: str | None
    kind: str
    transactions: int
    seed: int = 7

    def path(self, folder: Path) -> Path:
        """The recording's file, or a new one with a made-up trace."""
        if self.recording is not None and (recorded := TRACES / f"{self.recording}.json.gz").exists():
            return recorded
        made = folder / "trace.json"
        made.write_text(
            run_node(REPLAY / "make_trace.mjs", self.kind, str(self.seed), str(self.transactions))
        )
        return made


SESSIONS = {
    "friendsforever": Session("friendsforever", "concurrent", 26_078),
    "sveltecomponent": Session("sveltecomponent", "sequential", 18_335),
    "made up, concurrent": Session(None, "concurrent", 1_500),
    "made up, sequential": Session(None, "sequential", 1_500),
}


async def _replay(server: ServerProcess, trace: Path, agent: int) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        node_path(),
        str(REPLAY / "author.mjs"),
        server.ws_url,
        DOCUMENT,
        str(trace),
        str(agent),
        str(AUTHOR_TIMEOUT_S),
        stdout=asyncio.subprocess.PIPE,
        env=node_environment(),
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0, server.tail()
    result: dict[str, Any] = json.loads(printed)
    return result


@pytest.mark.parametrize("name", SESSIONS)
async def test_every_client_ends_with_the_recorded_text(tmp_path: Path, name: str) -> None:
    trace = SESSIONS[name].path(tmp_path)
    expected = _final_text(trace)
    async with ServerProcess(tmp_path / "documents.db") as server:
        authors = await asyncio.gather(*(_replay(server, trace, agent) for agent in range(2)))
        for author in authors:
            assert author["complaints"] == []
            assert (author["steps"], author["saved"]) == (author["of"], True), server.tail()
            assert author["text"] == expected
        assert await _newcomers_texts(server) == [expected, expected]
        server.kill()
        await server.astart()
        assert await _newcomers_texts(server) == [expected, expected]
        server.assert_no_traceback()


async def _newcomers_texts(server: ServerProcess) -> list[str]:
    async with Agent(FLAVOURS[0]) as old, Agent(FLAVOURS[1]) as new:
        readers = await asyncio.gather(*(agent.joined(server.ws_url, DOCUMENT) for agent in (old, new)))
        return await asyncio.gather(*(reader.text() for reader in readers))


def _final_text(trace: Path) -> str:
    stored = trace.read_bytes()
    text: str = json.loads(gzip.decompress(stored) if trace.suffix == ".gz" else stored)["endContent"]
    return text
