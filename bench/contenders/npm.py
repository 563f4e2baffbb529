"""The contenders that come from npm: installed on first use, with the versions of the lock file."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from .contender import Absent

FOLDER = Path(__file__).parent
_SET_UP = FOLDER.parents[1] / ".venv" / "node-bin"
"""Where `make setup-dev` puts Node if the machine has none."""


def node() -> str:
    """Return the path of Node. Raises `Absent`."""
    return _found("node")


def install(say: Callable[[str], None]) -> None:
    """Install the packages where they are not what the lock file says. Raises `Absent`."""
    # Compiled packages serve one version of Node.
    wanted = f"{hashlib.sha256((FOLDER / 'package-lock.json').read_bytes()).hexdigest()} {node_version()}"
    stamp = FOLDER / "node_modules" / ".stamp"
    if stamp.exists() and stamp.read_text("ascii") == wanted:
        return
    say("installing the other servers with `npm ci`: once, and a minute or two where SQLite is compiled")
    command = [_found("npm"), "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    path = f"{_SET_UP}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    done = subprocess.run(
        command, cwd=FOLDER, capture_output=True, text=True, check=False, env=os.environ | {"PATH": path}
    )
    if done.returncode != 0:
        lines = done.stderr.splitlines()
        said = [line for line in lines if line.startswith("npm error") and "error code" not in line]
        why = said[0] if said else done.stderr[-200:]
        raise Absent(f"`npm ci` in bench/contenders ended with {done.returncode}: {why}")
    stamp.write_text(wanted, "ascii")


def version(package: str) -> str:
    """Return the version of a package that package.json asks for."""
    wanted = json.loads((FOLDER / "package.json").read_text("utf-8"))
    found: str = (wanted["dependencies"] | wanted["optionalDependencies"])[package]
    return found


def node_version() -> str:
    """Return what `node --version` prints. Raises `Absent`."""
    done = subprocess.run([node(), "--version"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _found(program: str) -> str:
    path = shutil.which(program, path=str(_SET_UP)) or shutil.which(program)
    if path is None:
        raise Absent(f"`{program}` was not found: run `make setup-dev`, or install Node 22 or later")
    return path
