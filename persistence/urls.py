"""Stores by URL, as settings and the command line name them."""

from __future__ import annotations

from persistence.memory import MemoryStore
from persistence.port import Store
from persistence.sqlite import SqliteStore

SUPPORTED = "memory: or sqlite:PATH (sqlite:data/documents.db, sqlite:/var/lib/documents.db)"


def store_from_url(url: str) -> Store:
    """Make the store that `url` names, not opened yet.

    `memory:` is forgotten at the end of the process. `sqlite:PATH` is one file; `sqlite:///PATH` is the same
    as `sqlite:/PATH`. Raises ValueError, which names what is supported and repeats no more of the URL than
    its scheme: there may be a password in it.
    """
    scheme, colon, rest = url.strip().partition(":")
    match scheme.lower() if colon else "":
        case "memory":
            if rest:
                raise ValueError(f"a memory: URL has nothing after the colon; supported is {SUPPORTED}")
            return MemoryStore()
        case "sqlite":
            return SqliteStore(_sqlite_path(rest))
        case "":
            raise ValueError(f"a store's URL starts with its scheme and a colon; supported is {SUPPORTED}")
        case other:
            raise ValueError(f"a store of the kind {other!r} is not known; supported is {SUPPORTED}")


def _sqlite_path(rest: str) -> str:
    path = rest
    if rest.startswith("//"):
        if not rest.startswith("///"):
            raise ValueError(f"a sqlite: URL has no host: write sqlite:PATH; supported is {SUPPORTED}")
        path = "/" + rest.lstrip("/")
    if path in {"", "/", ":memory:"} or "\0" in path:
        raise ValueError(f"a sqlite: URL needs the path of a file; supported is {SUPPORTED}")
    return path
