"""`python -m bench.load`: reads its order as JSON on stdin, tells how it goes as JSON lines on stdout.

SIGINT ends the typing; what was sent until then is measured as ever.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import uvloop

from bench.scenarios import Fanout

from .measure import measure


def main() -> None:
    """Carry out one order."""
    order = json.load(sys.stdin)
    folder = None if order["traces"] is None else Path(order["traces"])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        report = runner.run(_run(Fanout(**order["scenario"]), order["url"], order["server_pid"], folder))
    tell({"phase": "done", "report": report})


async def _run(scenario: Fanout, url: str, server_pid: int, folder: Path | None) -> dict[str, Any]:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
    return await measure(scenario, url, server_pid, folder, stop=stop, tell=tell)


def tell(event: dict[str, Any]) -> None:
    """Tell the parent process one thing."""
    print(json.dumps(event), flush=True)


if __name__ == "__main__":
    main()
