"""A stopwatch that is held while a contender prepares or is checked."""

from __future__ import annotations

import time


class Stopwatch:
    """Adds up wall and CPU time of its `with` blocks, in seconds. CPU is that of the whole process."""

    def __init__(self) -> None:
        self.wall_s = 0.0
        self.cpu_s = 0.0
        self._wall_at = 0.0
        self._cpu_at = 0.0

    def __enter__(self) -> None:
        self._cpu_at = time.process_time()
        self._wall_at = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.wall_s += time.perf_counter() - self._wall_at
        self.cpu_s += time.process_time() - self._cpu_at

    def add(self, wall_s: float, cpu_s: float) -> None:
        """Add what was measured elsewhere."""
        self.wall_s += wall_s
        self.cpu_s += cpu_s
