"""`python -m bench` as a process, and the result file that it leaves."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def started(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """Start it; output is read from `stdout`. A test that fails does not wait for its end."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CRDT_")}
    with subprocess.Popen(
        [sys.executable, "-m", "bench", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env={**environment, "COLUMNS": "120"},
    ) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


def run(*arguments: str | Path) -> tuple[int, str]:
    """Run it to its end; exit code and output."""
    with started(*arguments) as process:
        output, _ = process.communicate()
    return process.returncode, output


def interrupted(*arguments: str | Path) -> dict[str, Any]:
    """Run until it says that Ctrl-C is welcome, press it, and return the result. The folder comes last."""
    with started(*arguments) as process:
        assert process.stdout is not None
        said = ""
        while "Ctrl-C" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate()
    assert process.returncode == 0, output
    result = result_in(Path(arguments[-1]))
    assert result["interrupted"]
    assert result["problems"] == []
    return result


def result_in(folder: Path) -> dict[str, Any]:
    """The one result in a folder."""
    (path,) = folder.glob("*.json")
    result: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return result


def measured(result: dict[str, Any], workload: str, contender: str, quantity: str) -> dict[str, Any]:
    """The one measurement of that name."""
    wanted = (workload, contender, quantity)
    (found,) = (
        measurement
        for measurement in result["measurements"]
        if (measurement["workload"], measurement["contender"], measurement["quantity"]) == wanted
    )
    return dict(found)
