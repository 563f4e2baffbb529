"""Defects and shortened times, planted into a server process that tests start.

Python imports `sitecustomize` at its start; each folder here holds one that changes the server's code.
"""

from __future__ import annotations

import os
from pathlib import Path


def planted(name: str) -> dict[str, str]:
    """The environment of a server with the change in the folder `name`."""
    paths = [str(Path(__file__).parent / name), os.environ.get("PYTHONPATH", "")]
    return {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
