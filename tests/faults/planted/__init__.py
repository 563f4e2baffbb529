"""Defects and shortened times, planted into a server process that tests start.

Python imports `sitecustomize` at its start; each folder here holds one that changes the server's code.
"""

from __future__ import annotations

import os
from pathlib import Path

_HERE = Path(__file__).parent
_PROJECT = _HERE.parents[2]


def planted(name: str) -> dict[str, str]:
    """The environment of a server with the change in the folder `name`."""
    paths = [str(_HERE / name), str(_PROJECT), os.environ.get("PYTHONPATH", "")]
    return {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
