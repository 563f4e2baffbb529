"""The contenders that come from npm: installed on first use, with the versions of the lock file."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from .contender import Absent
from .node import node

FOLDER = Path(__file__).parent


def install(say: Callable[[str], None]) -> str:
    """Install the packages where they are not what the lock file says; return Node's version.

    Raises `Absent`.
    """
    found = node(say)
    # Compiled packages serve one version of Node.
    wanted = f"{hashlib.sha256((FOLDER / 'package-lock.json').read_bytes()).hexdigest()} {found.version}"
    stamp = FOLDER / "node_modules" / ".stamp"
    if stamp.exists() and stamp.read_text("ascii") == wanted:
        return found.version
    say("installing the other servers with `npm ci`: once, and a minute or two where SQLite is compiled")
    command = [*found.npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    environment = os.environ | found.environment
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        lines = done.stderr.splitlines()
        said = [line for line in lines if line.startswith("npm error") and "error code" not in line]
        why = said[0] if said else done.stderr[-200:]
        raise Absent(f"`npm ci` in bench/contenders ended with {done.returncode}: {why}")
    stamp.write_text(wanted, "ascii")
    return found.version


def version(package: str) -> str:
    """Return the version of a package that package.json asks for."""
    wanted = json.loads((FOLDER / "package.json").read_text("utf-8"))
    found: str = (wanted["dependencies"] | wanted["optionalDependencies"])[package]
    return found
