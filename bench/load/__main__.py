"""`python -m bench.load`: reads its order as JSON on stdin, tells how it goes as JSON lines on stdout.

SIGINT ends the typing; what was sent until then is measured as ever.
"""

from __future__ import annotations

import asyncio
import gc
import json
import signal
import sys
from typing import Any

import uvloop

from .measure import measure
from .order import Order


def main() -> None:
    """Carry out one order."""
    order = Order.of(json.load(sys.stdin))
    gc.disable()  # it makes no cycles to speak of, and its pauses would look like the server's
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        report = runner.run(_run(order))
    tell({"phase": "done", "report": report})


async def _run(order: Order) -> dict[str, Any]:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
    return await measure(order, stop, tell)


def tell(event: dict[str, Any]) -> None:
    """Tell the parent process one thing."""
    print(json.dumps(event), flush=True)


if __name__ == "__main__":
    main()
