"""What is measured of each contender, by the names under which the result keeps it."""

from __future__ import annotations

from typing import Final

from bench import rounds

WORKLOAD: Final = "all type"
LIGHT: Final = "few type"

CPU: Final = rounds.CPU
MEMORY: Final = rounds.MEMORY
OTHERS_CPU: Final = rounds.OTHERS_CPU
FRAMES: Final = "frames per delivery"
BUSY: Final = "server cpu"
PROPAGATION: Final = ("propagation p50", "propagation p99")
ACKNOWLEDGEMENT: Final = ("acknowledgement p50", "acknowledgement p99")
SURVIVED: Final = "acknowledged edits after kill -9"
RATIO: Final = "cpu per delivery against ours, y-websocket"
"""What our Hocuspocus dialect costs against ours on y-websocket, from the rounds that can be compared."""
