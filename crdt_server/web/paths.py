"""The paths that an operator may give to endpoints."""

from __future__ import annotations


def check_path(path: str) -> str:
    """Return `path` if an endpoint may have it. Raises ValueError."""
    if not path.startswith("/") or set(path) & set("{}?#"):
        raise ValueError(f"{path!r} is not a path; it starts with a slash")
    return path
