"""The load client as a process that one follows from outside."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from .order import Order

_STOP_TIMEOUT_S = 10.0
_SAID_BYTES_MAX = 4_000


class LoadClientFailed(Exception):
    """The load client ended without a report; the message has the end of what it said."""


def bar(console: Console) -> Progress:
    """Return a progress bar that goes away when it is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


def follow(order: Order, progress: Progress, *, label: str = "", hint: str = "") -> dict[str, Any]:
    """Start the load client, show how it goes, return its report.

    Ctrl-C ends the typing, and what was sent is measured; `hint` is printed when it may be pressed.
    Raises `LoadClientFailed`.
    """
    task = progress.add_task(f"{label}connecting", total=None)
    try:
        with (
            tempfile.TemporaryFile() as said,
            _load_client(order, said) as load,
            contextlib.ExitStack() as interrupts,
        ):
            for event in _events(load):
                if event["phase"] == "done":
                    report: dict[str, Any] = event["report"]
                    return report
                if event["phase"] == "typing":
                    interrupts.enter_context(_interrupt_forwarded(load))
                    if hint:
                        progress.console.print(hint)
                    progress.update(task, description=f"{label}typing", total=event["edits"])
                elif event["phase"] == "progress":
                    progress.update(task, completed=event["sent"])
                else:
                    progress.update(task, description=f"{label}{event['phase']}")
            code = load.wait(_STOP_TIMEOUT_S)
            said.seek(max(said.seek(0, os.SEEK_END) - _SAID_BYTES_MAX, 0))
            raise LoadClientFailed(f"the load client ended with {code}; it said:\n{said.read().decode()}")
    finally:
        progress.remove_task(task)


def _events(load: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert load.stdout is not None
    for line in load.stdout:
        yield json.loads(line)


@contextlib.contextmanager
def _load_client(order: Order, said: IO[bytes]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "bench.load"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=said,
        text=True,
        cwd=Path(__file__).parents[2],
        start_new_session=True,  # Ctrl-C reaches it through us
    ) as load:
        try:
            assert load.stdin is not None
            with contextlib.suppress(BrokenPipeError):  # it ended at once, and says why there
                load.stdin.write(json.dumps(order.as_values()))
                load.stdin.close()
            yield load
            load.wait(_STOP_TIMEOUT_S)
        finally:
            load.kill()


@contextlib.contextmanager
def _interrupt_forwarded(load: subprocess.Popen[str]) -> Iterator[None]:
    """Let the first Ctrl-C end the typing; the second one ends everything, as ever."""

    def forward(*_: object) -> None:
        load.send_signal(signal.SIGINT)
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, forward)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
