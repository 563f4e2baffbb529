"""The hot modules as machine code, made by mypyc from the same files; where there is none, those files run.

What was compiled lies in a folder named after the digest of the sources, so nothing that was compiled from
other sources is ever found: who edits a file runs what is in it, in plain Python, until it is compiled again
(`make run` and `make test` do that, or `python scripts/compile_modules.py`).
"""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Final

MODULES: Final = (
    "crdt_server.protocol.lib0",
    "crdt_server.protocol.values",
    "crdt_server.protocol.update",
    "crdt_server.protocol.remainder",
    "crdt_server.protocol.presence",
    "crdt_server.protocol.messages",
    "crdt_server.protocol.ywebsocket",
    "crdt_server.protocol.errors",
    "crdt_server.core.known",
    "crdt_server.core.readiness",
    "crdt_server.core.merge",
    "crdt_server.core.joining",
    "crdt_server.core.drafts",
    "crdt_server.core.waiting",
    "crdt_server.core.session",
    "crdt_server.core.content",
    "crdt_server.core.bulletin",
    "crdt_server.core.awareness",
    "crdt_server.core.room",
    "crdt_server.protocol.frames",
    "crdt_server.runtime.outbox",
)
"""In one group: calls between them are calls of C functions."""

LIBRARY: Final = "crdt_server__mypyc"
"""The module that holds the code of all of them."""

PURE_PYTHON: Final = "CRDT_PURE_PYTHON"
"""A variable of the environment; where it is set, nothing that was compiled is used."""

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = ROOT / "crdt_server" / "_compiled"
SUFFIX: Final = str(sysconfig.get_config_var("EXT_SUFFIX"))


def source(module: str) -> Path:
    """Return the file that a module is written in."""
    return ROOT / (module.replace(".", "/") + ".py")


def home() -> Path:
    """Return where the sources as they are would lie compiled for this Python. Raises OSError."""
    digest = hashlib.sha256()
    for module in MODULES:
        text = source(module).read_bytes()
        digest.update(b"%s %d\n" % (module.encode(), len(text)))
        digest.update(text)
    return FOLDER / f"{SUFFIX.split('.')[1]}-{digest.hexdigest()[:16]}"


class _Finder(MetaPathFinder):
    """Finds the compiled modules before Python finds their sources."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - they are where they are
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        if fullname != LIBRARY and fullname not in MODULES:
            return None
        return spec_from_file_location(fullname, self._folder / (fullname.replace(".", "/") + SUFFIX))


def _install() -> bool:
    if os.environ.get(PURE_PYTHON):
        return False
    try:
        folder = home()
    except OSError:  # the package is not in a folder
        return False
    if not folder.is_dir():
        return False
    sys.meta_path.insert(0, _Finder(folder))
    return True


IS_COMPILED: Final = _install()
"""Whether this process runs what was compiled. Decided when this module is imported, before all others."""
