"""What an operator sees of a server: health, metrics, memory, open files. (Linux)"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from prometheus_client.parser import text_string_to_metric_families

from tests.faults.client import TIMEOUT_S
from tests.server import ServerProcess

POLL_S = 0.02

Value = TypeVar("Value")


def _get(server: ServerProcess, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def ready(server: ServerProcess) -> tuple[int, str]:
    """Status and body of /health/ready."""
    return _get(server, "/health/ready")


def metric(server: ServerProcess, name: str, **labels: str) -> float:
    """A sample of /metrics; 0 where it was not counted yet."""
    for family in text_string_to_metric_families(_get(server, "/metrics")[1]):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    return 0.0


def memory_bytes(server: ServerProcess) -> int:
    """Resident memory of the server process."""
    pages = int(Path(f"/proc/{server.pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def open_files(server: ServerProcess) -> int:
    """File descriptors that the server process holds; each connection is one."""
    return len(list(Path(f"/proc/{server.pid}/fd").iterdir()))


def family(group: int) -> int:
    """How many processes of a process group run; a server and its workers are one, by the server's id."""
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            state, _, of_group = (process / "stat").read_text().rpartition(") ")[2].split()[:3]
            count += int(of_group) == group and state != "Z"
    return count


async def eventually(
    read: Callable[[], Value], accept: Callable[[Value], bool], timeout_s: float = TIMEOUT_S
) -> Value:
    """Read again and again, beside the loop, until a value is accepted; AssertionError with the last one."""
    deadline = time.monotonic() + timeout_s
    while not accept(value := await asyncio.to_thread(read)):
        assert time.monotonic() < deadline, f"not within {timeout_s} s; the last was: {value!r}"
        await asyncio.sleep(POLL_S)
    return value
