"""Our server, in both dialects: a SQLite file with full fsync, and no other setting."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from typing import Final

from .contender import Contender, Launch

_STORED = "sent after the edit's group commit, with fsync"


def _launch(folder: Path, port: int) -> Launch:
    command = [sys.executable, "-m", "crdt_server", "serve", "--host", "127.0.0.1", "--port", str(port)]
    return Launch([*command, "--store", f"sqlite:{folder / 'documents.db'}", "--log-level", "warning"])


def _version() -> str:
    return metadata.version("crdt-server")


YWEBSOCKET: Final = Contender(
    "ours, y-websocket",
    _version,
    dialect="y-websocket",
    path="/ws",
    launch=_launch,
    is_stored=True,
    acknowledgement=f"a number behind the echo, {_STORED}",
    is_ours=True,
)

HOCUSPOCUS: Final = Contender(
    "ours, Hocuspocus",
    _version,
    dialect="hocuspocus",
    path="/hocuspocus",
    launch=_launch,
    is_stored=True,
    acknowledgement=f"SyncStatus, {_STORED}",
    is_ours=True,
)
