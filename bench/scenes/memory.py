"""Memory of a server and of the processes that it started, looked at all the time."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Self

import psutil  # type: ignore[import-untyped]  # it comes without types

MIB = 1024 * 1024

_EVERY_S = 0.02
_CHILDREN_EVERY_S = 0.5  # finding them means to look at every process of the machine


class Memory:
    """The resident bytes of a server; in its `with` block a thread keeps the `most_bytes`."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._children: list[psutil.Process] = []
        self._children_at = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.most_bytes = 0

    def __enter__(self) -> Self:
        self.most_bytes = self.bytes()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def bytes(self) -> int:
        """What it is now."""
        now = time.monotonic()
        if now - self._children_at > _CHILDREN_EVERY_S:
            self._children = self._process.children(recursive=True)
            self._children_at = now
        total: int = self._process.memory_info().rss
        for child in self._children:
            with contextlib.suppress(psutil.NoSuchProcess):  # it just ended
                total += child.memory_info().rss
        return total

    def _watch(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):  # the server died, which others notice, too
            while not self._stop.wait(_EVERY_S):
                self.most_bytes = max(self.most_bytes, self.bytes())
