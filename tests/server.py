"""The real server as a process: started, killed and restarted by tests."""

import asyncio
import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

READY_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 20.0
POLL_S = 0.02
LOG_TAIL_CHARACTERS = 8000


def free_port() -> int:
    """A loopback port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ServerProcess:
    """`crdt-server serve` on a loopback port, with its output kept for failure messages.

    Use it as a context manager in sync and async tests; leaving it ends the server and all its children.
    The methods block: in an async test whose clients must go on meanwhile, use those that start with `a`.
    `port` and `store` stay the same from start to start, so a client's address and the documents do too.
    """

    def __init__(
        self,
        store: Path | str,
        *,
        args: Sequence[str] = (),
        env: dict[str, str] | None = None,
        port: int | None = None,
    ) -> None:
        """`store` is a SQLite file or a store URL; `args` and `env` (CRDT_...) are added to the command."""
        self.store = store if isinstance(store, str) else f"sqlite:{store}"
        self.port = port or free_port()
        self._args = list(args)
        self._env = env or {}
        self._process: subprocess.Popen[bytes] | None = None
        self._groups: list[int] = []
        self._output = tempfile.NamedTemporaryFile(suffix=".log")  # noqa: SIM115 - lives as long as this object

    @property
    def url(self) -> str:
        """http://127.0.0.1:PORT"""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        """What y-websocket takes as its server URL: the document's name follows after a slash."""
        return f"ws://127.0.0.1:{self.port}/ws"

    @property
    def pid(self) -> int:
        """The running server's process id."""
        assert self._process is not None, "the server is not running"
        return self._process.pid

    @property
    def log(self) -> str:
        """Everything that the server printed, from its first start on."""
        return Path(self._output.name).read_text("utf-8", "replace")

    def start(self) -> None:
        """Start it and wait until /health/ready is 200; AssertionError with its output if it never is."""
        self.spawn()
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not self._is_ready():
            assert self._process is not None
            assert self._process.poll() is None, (
                f"the server ended with {self._process.returncode}\n{self.tail()}"
            )
            assert time.monotonic() < deadline, f"not ready within {READY_TIMEOUT_S} s\n{self.tail()}"
            time.sleep(POLL_S)

    def spawn(self) -> None:
        """Start it without waiting, for tests of a start that fails."""
        assert self._process is None, "the server is running already"
        command = [sys.executable, "-m", "crdt_server", "serve", "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--store", self.store, *self._args]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CRDT_")}
        with Path(self._output.name).open("ab") as output:
            self._process = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**inherited, "PYTHONUNBUFFERED": "1", **self._env},
                start_new_session=True,
            )
        self._groups.append(self._process.pid)

    def wait(self, timeout_s: float = STOP_TIMEOUT_S) -> int:
        """Wait until the process has ended by itself; its exit code."""
        assert self._process is not None, "the server is not running"
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the server did not end within {timeout_s} s\n{self.tail()}") from None
        self._process = None
        return code

    def kill(self) -> None:
        """kill -9 of the server process alone, as the kernel's out-of-memory killer does it."""
        with contextlib.suppress(ProcessLookupError):  # it ended by itself
            os.kill(self.pid, signal.SIGKILL)
        self.wait()

    def terminate(self, timeout_s: float = STOP_TIMEOUT_S) -> int:
        """SIGTERM, then wait for the end; its exit code."""
        os.kill(self.pid, signal.SIGTERM)
        return self.wait(timeout_s)

    def close(self) -> None:
        """End the server and whatever it started, without asking."""
        if self._process is not None:
            self.kill()
        for group in self._groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        self._groups.clear()

    async def astart(self) -> None:
        """start() without blocking the loop."""
        await asyncio.to_thread(self.start)

    async def aterminate(self, timeout_s: float = STOP_TIMEOUT_S) -> int:
        """terminate() without blocking the loop."""
        return await asyncio.to_thread(self.terminate, timeout_s)

    def tail(self) -> str:
        """The end of the output, to be shown with a failure."""
        return f"--- server output ---\n{self.log[-LOG_TAIL_CHARACTERS:]}"

    def assert_no_traceback(self, since: int = 0) -> None:
        """No input may leave an unhandled exception behind; `since` is the length of the log to pass over."""
        found = self.log[since:]
        assert "Traceback" not in found, f"--- server output ---\n{found[-LOG_TAIL_CHARACTERS:]}"

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

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

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.__exit__)
