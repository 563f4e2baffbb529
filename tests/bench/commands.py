"""`python -m bench` as a process, and the result file that it leaves."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def start(*arguments: str | Path) -> subprocess.Popen[str]:
    """Start it; output is read from `stdout`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CRDT_")}
    return subprocess.Popen(
        [sys.executable, "-m", "bench", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env={**environment, "COLUMNS": "120"},
    )


def run(*arguments: str | Path) -> tuple[int, str]:
    """Run it to its end; exit code and output."""
    with start(*arguments) as process:
        output, _ = process.communicate()
    return process.returncode, output


def interrupted(*arguments: str | Path) -> dict[str, Any]:
    """Run until it says that Ctrl-C is welcome, press it, and return the result. The folder comes last."""
    with start(*arguments) as process:
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
