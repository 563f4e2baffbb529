"""`python -m bench.scenes`: reads an order as JSON on stdin, tells how it goes as JSON lines on stdout."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from typing import Any

import uvloop

from .order import Order
from .report import Report

_SCENES = {"joins": "bench.joins.scene", "idle": "bench.idle.scene", "slow": "bench.slow.scene"}


def main() -> None:
    """Carry out one order."""
    order = Order(**json.load(sys.stdin))
    scene = importlib.import_module(_SCENES[order.benchmark])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        report: Report = runner.run(scene.measure(order, tell))
    tell({"phase": "report", "report": report.as_values()})


def tell(event: dict[str, Any]) -> None:
    """Tell the parent process one thing."""
    print(json.dumps(event), flush=True)


if __name__ == "__main__":
    main()
