"""The process of a scene, followed from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.progress import Progress

from bench.load.started import LoadClientFailed

from .order import Order
from .report import Report

_STOP_TIMEOUT_S = 10.0
_SAID_BYTES_MAX = 4_000


def follow(order: Order, progress: Progress, label: str) -> Report:
    """Have an order carried out, show how it goes, return the report.

    Raises `LoadClientFailed`, and KeyboardInterrupt on Ctrl-C: then there is no report.
    """
    task = progress.add_task(label, total=None)
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            [sys.executable, "-m", "bench.scenes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            cwd=Path(__file__).parents[2],
            start_new_session=True,  # Ctrl-C is for us
        ) as load,
    ):
        try:
            assert load.stdin is not None
            assert load.stdout is not None
            load.stdin.write(json.dumps(order.as_values()))
            load.stdin.close()
            for line in load.stdout:
                event: dict[str, Any] = json.loads(line)
                if event["phase"] == "report":
                    return Report.of(event["report"])
                progress.update(
                    task,
                    description=f"{label}: {event['phase']}",
                    total=event.get("of"),
                    completed=event.get("done", 0),
                )
            code = load.wait(_STOP_TIMEOUT_S)
        finally:
            load.kill()
            progress.remove_task(task)
        said.seek(max(said.seek(0, os.SEEK_END) - _SAID_BYTES_MAX, 0))
        raise LoadClientFailed(f"the load client ended with {code}; it said:\n{said.read().decode()}")
