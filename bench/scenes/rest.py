"""When a server has nothing left to do."""

from __future__ import annotations

import asyncio
import re
import time
import urllib.request

from bench.load.cost import Watched

_WINDOW_S = 0.5
_SHARE_MAX = 0.05
_SQUASHES = re.compile(r'^crdt_squashes_total\{outcome="done"\} (\S+)$', re.MULTILINE)


class Restless(Exception):
    """The server was busy for too long, or did not squash its log."""


async def at_rest(server: Watched, *, timeout_s: float, squashes: str = "") -> None:
    """Wait until server and workers use less than a twentieth of a core; with `squashes`, the URL of metrics,
    also until a log was squashed. Raises `Restless`.
    """
    end = time.monotonic() + timeout_s
    before = server.cost()
    while time.monotonic() < end:
        await asyncio.sleep(_WINDOW_S)
        now = server.cost()
        used = now - before
        before = now
        is_quiet = used.server_s + used.children_s < _SHARE_MAX * used.wall_s
        if is_quiet and (not squashes or await asyncio.to_thread(squashed, squashes) > 0):
            return
    raise Restless(f"the server was not at rest after {timeout_s:g} s")


def squashed(metrics: str) -> int:
    """Return how many logs a server of ours has squashed."""
    with urllib.request.urlopen(metrics, timeout=10) as answer:
        found = _SQUASHES.search(answer.read().decode())
    return 0 if found is None else int(float(found[1]))
