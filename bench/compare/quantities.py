"""What is measured of each contender, by the names under which the result keeps it."""

from __future__ import annotations

from typing import Final

WORKLOAD: Final = "all type"
LIGHT: Final = "few type"

CPU: Final = "server cpu per delivery"
"""Of the server and the processes that it started."""
FRAMES: Final = "frames per delivery"
BUSY: Final = "server cpu"
OTHERS_CPU: Final = "others' cpu"
MEMORY: Final = "memory, most"
PROPAGATION: Final = ("propagation p50", "propagation p99")
ACKNOWLEDGEMENT: Final = ("acknowledgement p50", "acknowledgement p99")
SURVIVED: Final = "acknowledged edits after kill -9"
RATIO: Final = "cpu per delivery against ours, y-websocket"
