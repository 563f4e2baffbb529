"""A server that is measured, as a process of its own on loopback."""

from __future__ import annotations

import contextlib
import http.client
import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .contender import Contender

_READY_TIMEOUT_S = 30.0
_STOP_TIMEOUT_S = 20.0
_POLL_S = 0.02
_LOG_CHARACTERS_MAX = 4_000
_NOT_FOR_SERVERS = ("CRDT_", "NODE_", "DEBUG", "YPERSISTENCE", "CALLBACK_", "GC", "HOST", "PORT")
"""How the names of variables begin that would change what a server does."""


class ServerFailed(Exception):
    """The server did not come up; the message has the end of its log."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: `pid` of its process, and where clients connect, without a document."""

    pid: int
    url: str


@contextlib.contextmanager
def running(contender: Contender, folder: Path) -> Iterator[Server]:
    """Run a server with its files in `folder` until the block ends. Raises `ServerFailed` or `Absent`."""
    _allow_open_files()
    port = _free_port()
    launch = contender.launch(folder, port)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_FOR_SERVERS)}
    log = folder / "server.log"
    with log.open("wb") as output:
        # A session of its own: Ctrl-C on the terminal is for the benchmark, which ends the server itself.
        process = subprocess.Popen(
            launch.command,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment | launch.environment,
            start_new_session=True,
        )
    try:
        _wait_until_ready(process, port, log)
        yield Server(process.pid, f"ws://127.0.0.1:{port}{contender.path}")
    finally:
        _end(process)


def _allow_open_files() -> None:
    """Let what is started from here have as many connections as the system allows; 1,024 are usual else."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _READY_TIMEOUT_S
    while not _is_ready(port):
        if process.poll() is not None or time.monotonic() > deadline:
            said = log.read_text("utf-8", "replace")[-_LOG_CHARACTERS_MAX:]
            raise ServerFailed(f"the server did not become ready; it said:\n{said}")
        time.sleep(_POLL_S)


def _is_ready(port: int) -> bool:
    """Ask as a service manager asks ours. The others answer 200 to any path as soon as they listen."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with contextlib.suppress(ProcessLookupError):  # workers, where the server could not end them
        os.killpg(process.pid, signal.SIGKILL)
