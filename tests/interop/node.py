"""Runs Node programs with the packages of this folder."""

import os
import shutil
import subprocess
from pathlib import Path

INTEROP = Path(__file__).parent
PROJECT = INTEROP.parent.parent


def node_path() -> str:
    """The Node that set-up installed, else the machine's own."""
    installed = PROJECT / ".venv" / "node-bin" / "node"
    found = str(installed) if installed.exists() else shutil.which("node")
    assert found, "Node 20.19 or later is needed: run `make setup-dev`"
    assert (INTEROP / "node_modules").is_dir(), "the npm packages are missing: run `make setup-dev`"
    return found


def node_environment() -> dict[str, str]:
    """The environment for Node programs: ours without what would change their output."""
    return {name: value for name, value in os.environ.items() if name not in {"NODE_OPTIONS", "DEBUG"}}


def run_node(script: Path, *args: str, stdin: str = "", timeout_s: float = 60) -> str:
    """Run a script to its end and return what it printed; AssertionError with its stderr where it fails."""
    done = subprocess.run(
        [node_path(), str(script), *args],
        input=stdin,
        env=node_environment(),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode == 0, f"{script.name} ended with {done.returncode}:\n{done.stderr}"
    return done.stdout
