"""The two servers: ours, and the one that the providers were made for."""

from __future__ import annotations

import asyncio
import json
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any, Literal, Self

from tests.interop.node import PROJECT, node_environment, node_path
from tests.server import POLL_S, READY_TIMEOUT_S, ServerProcess, free_port

Kind = Literal["ours", "reference"]
BOTH: tuple[Kind, ...] = ("ours", "reference")

_REFERENCE = Path(__file__).parent / "reference.mjs"


class OurServer(ServerProcess):
    """Our server with the authority of these tests; `environment` is added to it."""

    kind: Kind = "ours"

    def __init__(self, store: Path | str, **environment: str) -> None:
        authority = "tests.hocuspocus.authority"
        ours = {
            "PYTHONPATH": str(PROJECT),
            "CRDT_AUTHENTICATOR": f"{authority}:authenticate",
            "CRDT_STATELESS_HOOK": f"{authority}:answer_stateless",
            "CRDT_HOCUSPOCUS_PATHS": "/collaboration /further/path/",
        }
        super().__init__(store, env=ours | environment)

    @property
    def hocuspocus_url(self) -> str:
        """What a Hocuspocus provider takes as its URL."""
        return f"ws://127.0.0.1:{self.port}/hocuspocus"


class ReferenceServer:
    """@hocuspocus/server with the same policy, and documents in memory; `options` are its own."""

    kind: Kind = "reference"

    def __init__(self, **options: Any) -> None:
        self.port = free_port()
        self._options = options
        self._output = tempfile.NamedTemporaryFile(suffix=".log")  # noqa: SIM115 - lives as long as this object
        self._process: subprocess.Popen[bytes]

    @property
    def hocuspocus_url(self) -> str:
        """What a Hocuspocus provider takes as its URL."""
        return f"ws://127.0.0.1:{self.port}/hocuspocus"

    @property
    def log(self) -> str:
        """Everything that it printed."""
        return Path(self._output.name).read_text("utf-8", "replace")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with Path(self._output.name).open("ab") as output:
            self._process = subprocess.Popen(
                [node_path(), str(_REFERENCE), str(self.port), json.dumps(self._options)],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=node_environment(),
            )
        deadline = time.monotonic() + READY_TIMEOUT_S
        while self._process.poll() is None:
            try:
                self._request("GET", "")
            except OSError:
                assert time.monotonic() < deadline, self.log
                time.sleep(POLL_S)
            else:
                return
        raise AssertionError(self.log)

    def close(self) -> None:
        """End it, without asking."""
        self._process.kill()
        self._process.wait()

    async def hold_store(self) -> None:
        """From now on the store takes its time, until `release_store`."""
        await asyncio.to_thread(self._request, "POST", "hold")

    async def release_store(self) -> None:
        """The store goes on."""
        await asyncio.to_thread(self._request, "POST", "release")

    async def stored(self, document: str) -> bytes | None:
        """What its store has of a document."""
        try:
            return bytes.fromhex(await asyncio.to_thread(self._request, "GET", f"stored/{document}"))
        except urllib.error.HTTPError as error:
            error.close()
            return None

    def _request(self, method: str, path: str) -> str:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{path}", method=method)
        with urllib.request.urlopen(request, timeout=READY_TIMEOUT_S) as response:
            text: str = response.read().decode()
            return text

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self._output.close()


Server = OurServer | ReferenceServer
