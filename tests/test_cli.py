"""The command line: help, refusals with the exit code that says whose mistake it is, an orderly end."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.server import ServerProcess
from tests.updates import frame_update, insert

COMMAND = Path(sys.executable).with_name("crdt-server")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CRDT_")}
    return subprocess.run(
        [COMMAND, *arguments],
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_help_tells_options_and_their_variables() -> None:
    result = run("serve", "--help")
    assert result.returncode == 0
    for word in ("--host", "--port", "--store", "CRDT_STORE", "127.0.0.1"):
        assert word in result.stdout
    assert "serve" in run("--help").stdout
    assert run("--version").stdout.startswith("crdt-server, version")


@pytest.mark.parametrize(
    ("arguments", "environment", "says"),
    [
        (("serve", "--prot", "1"), {}, "--port"),
        (("serve",), {"CRDT_PROT": "1"}, "did you mean CRDT_PORT"),
        (("serve", "--store", "mongo:x"), {}, "sqlite:PATH"),
        (("serve", "--host", "0.0.0.0"), {}, "CRDT_AUTHENTICATOR"),
        (("serve", "--host", "::", "--store", "memory:"), {}, "127.0.0.1"),
        (("serve", "--authenticator", "nowhere:nothing"), {}, "cannot be imported"),
        (("serve", "--authenticator", "crdt_server:__all__"), {}, "not callable"),
        (("serve",), {"CRDT_STATELESS_HOOK": "nowhere:nothing"}, "cannot be imported"),
        (("serve", "--hocuspocus-paths", "/a b"), {}, "CRDT_HOCUSPOCUS_PATHS"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_to_do(
    arguments: tuple[str, ...], environment: dict[str, str], says: str
) -> None:
    result = run(*arguments, **environment)
    assert result.returncode == 2, result.stderr
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_a_port_in_use_ends_with_3() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("serve", "--store", "memory:", "--port", str(taken.getsockname()[1]))
    assert result.returncode == 3
    assert "cannot listen" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_store_that_is_none_ends_with_3_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "documents.db"
    path.write_bytes(b"not a database " * 1000)
    result = run("serve", "--store", f"sqlite:{path}", "--port", "0")
    assert result.returncode == 3
    assert str(path) in result.stderr
    assert "Traceback" not in result.stderr
    assert path.read_bytes() == b"not a database " * 1000


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_0(number: signal.Signals, tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "documents.db") as server:
        os.kill(server.pid, number)
        assert server.wait() == 0
        assert "server.stopped" in server.log


def test_without_an_authenticator_only_the_own_name_is_answered(tmp_path: Path) -> None:
    """A page of another site may let its own name lead to this machine, and then is of the same origin."""
    with ServerProcess(tmp_path / "documents.db") as server:
        for host, status in (("evil.example", 400), ("localhost", 200), ("127.0.0.1", 200), ("[::1]", 200)):
            answer, _ = get(server, "/health/live", host=f"{host}:{server.port}")
            assert answer == status, host


def test_a_second_signal_while_the_last_edits_are_written_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "documents.db"
    with ServerProcess(path) as server, sqlite3.connect(path, isolation_level=None) as lock:
        lock.execute("BEGIN EXCLUSIVE")  # the store cannot write, so the server waits for it
        with connect(f"{server.ws_url}/a") as client:
            client.send(frame_update(insert(1, 0, "x")))
            wait_for(lambda: metric(server, "crdt_journal_bytes") > 0)
        os.kill(server.pid, signal.SIGTERM)
        wait_for(lambda: not listens(server.port))
        os.kill(server.pid, signal.SIGTERM)
        lock.execute("ROLLBACK")
        assert server.wait() == 0
        assert '"unwritten": 0' in server.log
    lock.close()


def get(server: ServerProcess, path: str, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", path, headers=headers)
        with connection.getresponse() as response:
            return response.status, response.read().decode()


def metric(server: ServerProcess, name: str) -> float:
    lines = get(server, "/metrics")[1].splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(condition: Callable[[], bool], timeout_s: float = 20.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)
