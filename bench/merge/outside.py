"""Contenders in processes of their own, which time themselves: yjs in Node, and our path in plain Python."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.contenders import npm
from bench.contenders.contender import Absent
from bench.contenders.node import node
from bench.digest import Digest, WrongAnswer
from bench.stopwatch import Stopwatch
from crdt_server.compiled import IS_COMPILED, PURE_PYTHON
from crdt_server.protocol.update import decode_state_vector

from .work import Contender, Made, Work

YJS: Final = "yjs"
YJS_LISTENER: Final = "yjs, listener"
YJS_TRANSACTIONS: Final = "yjs, listener, 10 merged"
"""Ten updates in a transaction; the listener gets what they bring together."""
_LENGTH: Final = struct.Struct("<I")


def found(say: Callable[[str], None]) -> dict[str, Contender]:
    """Return yjs as contenders, installed. Raises `Absent`, which says how to install it."""
    try:
        npm.install(say)
        program = node().program
    except Absent as absent:
        raise Absent(f"{absent}; with Node and npm on PATH: cd bench/contenders && npm ci") from absent
    return yjs(program, npm.FOLDER / "node_modules")


def yjs(program: str, modules: Path) -> dict[str, Contender]:
    """Return yjs as contenders, run by the Node `program` from a folder of npm packages."""
    module = str(modules / "yjs" / "dist" / "yjs.mjs")
    command = [program, "--expose-gc", str(npm.FOLDER / "merge.mjs"), module]
    return {
        YJS: partial(_run, command=command, arguments=("0", "1")),
        YJS_LISTENER: partial(_run, command=command, arguments=("1", "1")),
        YJS_TRANSACTIONS: partial(_run, command=command, arguments=("1", "10")),
    }


def plain(names: Iterable[str]) -> dict[str, Contender]:
    """Return contenders of ours by other names, in plain Python; none where this is plain Python anyway."""
    command = [sys.executable, "-m", "bench.merge.plain"]
    variables = {PURE_PYTHON: "1"}
    return {
        f"{name}, plain": partial(_run, command=command, arguments=(name,), variables=variables)
        for name in names
        if IS_COMPILED
    }


def _run(
    work: Work,
    watch: Stopwatch,
    *,
    command: list[str],
    arguments: tuple[str, ...],
    variables: Mapping[str, str] | None = None,
) -> Made:
    if work.base is not None:
        raise ValueError("only a new document is typed into by other processes")
    with tempfile.TemporaryDirectory(prefix="crdt-bench-") as folder:
        file = Path(folder) / "updates"
        file.write_bytes(packed(work.updates))
        done = subprocess.run(
            [*command, str(file), *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | (variables or {}),
        )
    if done.returncode != 0:
        raise WrongAnswer(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()[-200:]}")
    said: dict[str, Any] = json.loads(done.stdout)
    watch.add(said["wall_s"], said["cpu_s"])
    vector = decode_state_vector(bytes.fromhex(said["vector"]))
    return Made({}, vector, Digest.of(said["text"], vector))


def packed(updates: Iterable[bytes]) -> bytes:
    """Return updates behind their lengths, in 32 bits."""
    return b"".join(_LENGTH.pack(len(update)) + update for update in updates)


def unpacked(data: bytes) -> list[bytes]:
    """Return the updates that were packed."""
    updates: list[bytes] = []
    pos = 0
    while pos < len(data):
        (size,) = _LENGTH.unpack_from(data, pos)
        pos += _LENGTH.size + size
        updates.append(data[pos - size : pos])
    return updates
