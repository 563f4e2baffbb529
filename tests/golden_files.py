"""The golden bytes of the real lib0, y-protocols and Yjs; golden/generate.mjs tells their shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "golden"


def golden(name: str) -> Any:
    """Read one golden file."""
    return json.loads((_FOLDER / f"{name}.json").read_text())
