"""Other people's servers, with their defaults, of the versions in package.json and in the lock file."""

from __future__ import annotations

import platform
import sys
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Final

from . import npm
from .contender import Absent, Contender, Launch
from .node import node

_PRODUCTION = {"NODE_ENV": "production"}
_MACHINES = {"x86_64": "x64", "AMD64": "x64", "arm64": "aarch64"}
_LINUX_BUN = "@oven/bun-linux-x64"  # they all have one version
_BUN = f"@oven/bun-{sys.platform}-{_MACHINES.get(platform.machine(), platform.machine())}"


def _hocuspocus(folder: Path, port: int, *, database: str = "") -> Launch:
    arguments = [str(port), str(folder / database)] if database else [str(port)]
    return Launch([node().program, str(npm.FOLDER / "hocuspocus.mjs"), *arguments], _PRODUCTION)


def _pycrdt_version() -> str:
    try:
        return metadata.version("pycrdt-websocket")
    except metadata.PackageNotFoundError:
        raise Absent("pycrdt-websocket is not installed; it is in requirements/dev.lock") from None


def _ywebsocket(_folder: Path, port: int) -> Launch:
    program = npm.FOLDER / "node_modules" / "@y" / "websocket-server" / "src" / "server.js"
    return Launch([node().program, str(program)], _PRODUCTION | {"HOST": "127.0.0.1", "PORT": str(port)})


def _pycrdt(_folder: Path, port: int) -> Launch:
    return Launch([sys.executable, "-m", "bench.contenders.pycrdt_websocket", str(port)])


def _bun(_folder: Path, port: int) -> Launch:
    program = npm.FOLDER / "node_modules" / _BUN / "bin" / "bun"
    if not program.exists():
        raise Absent(f"{_BUN} is not installed; `npm ci` in bench/contenders does it on Linux and macOS")
    return Launch([str(program), "run", str(npm.FOLDER / "relay.mjs"), str(port)], _PRODUCTION)


OTHERS: Final = (
    Contender(
        "Hocuspocus",
        partial(npm.version, "@hocuspocus/server"),
        dialect="hocuspocus",
        path="/",
        launch=_hocuspocus,
        is_stored=False,
        acknowledgement="SyncStatus, sent when the edit is in memory; there is no store",
        needs_npm=True,
    ),
    Contender(
        "Hocuspocus, SQLite",
        partial(npm.version, "@hocuspocus/server"),
        dialect="hocuspocus",
        path="/",
        launch=partial(_hocuspocus, database="documents.db"),
        is_stored=False,
        acknowledgement="SyncStatus, sent when the edit is in memory; stored 2 to 10 s later",
        needs_npm=True,
    ),
    Contender(
        "pycrdt-websocket",
        _pycrdt_version,
        dialect="y-websocket, echo",
        path="",
        launch=_pycrdt,
        is_stored=False,
        acknowledgement="none; its own edit came back to the author; there is no store",
    ),
    Contender(
        "@y/websocket-server",
        partial(npm.version, "@y/websocket-server"),
        dialect="y-websocket, echo",
        path="",
        launch=_ywebsocket,
        is_stored=False,
        acknowledgement="none; its own edit came back to the author; there is no store",
        needs_npm=True,
    ),
    Contender(
        "bun, relay",
        partial(npm.version, _LINUX_BUN),
        dialect="y-websocket, relay",
        path="",
        launch=_bun,
        is_stored=False,
        acknowledgement="none; no server but a limit: it sends on what comes, and knows no documents",
        needs_npm=True,
    ),
)
