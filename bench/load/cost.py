"""What a server costs, as the kernel accounts for its process."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]  # it comes without types


@dataclass(slots=True)
class Cost:
    """CPU seconds of the server process, of those it started, of this one, of the machine; wall seconds."""

    server_s: float
    children_s: float
    own_s: float
    machine_s: float
    wall_s: float

    @property
    def others_s(self) -> float:
        """What the rest of the machine used."""
        return max(self.machine_s - self.server_s - self.children_s - self.own_s, 0.0)

    def __sub__(self, other: Cost) -> Cost:
        return Cost(
            self.server_s - other.server_s,
            self.children_s - other.children_s,
            self.own_s - other.own_s,
            self.machine_s - other.machine_s,
            self.wall_s - other.wall_s,
        )


class Watched:
    """The server's process, as the kernel accounts for it."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.rss_bytes_max = 0
        self.children_rss_bytes_max = 0
        """Memory of the processes that it started, looked at when the cost is: finding them takes time."""

    def rss_bytes(self) -> int:
        """Memory of the server process now."""
        rss: int = self._process.memory_info().rss
        self.rss_bytes_max = max(self.rss_bytes_max, rss)
        return rss

    def cost(self) -> Cost:
        """What was used so far."""
        own = self._process.cpu_times()
        children = own.children_user + own.children_system
        rss = 0
        for child in self._process.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # it just ended, and is in the sum already
                times = child.cpu_times()
                children += times.user + times.system
                rss += child.memory_info().rss
        self.children_rss_bytes_max = max(self.children_rss_bytes_max, rss)
        all_ = psutil.cpu_times()
        busy = sum(all_) - all_.idle - getattr(all_, "iowait", 0.0) - getattr(all_, "guest", 0.0)
        return Cost(own.user + own.system, children, time.process_time(), busy, time.perf_counter())
