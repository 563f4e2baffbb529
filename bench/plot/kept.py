"""A result read back from its file."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from pathlib import Path

from bench.digest import Digest
from bench.result import SCHEMA, Goal, Measurement, Result


class Unreadable(Exception):
    """A file is no result of ours; the message says why."""


def read(path: Path) -> Result:
    """Read a result that was kept. Raises `Unreadable`."""
    try:
        values = json.loads(path.read_text("utf-8"))
        if values["schema"] != SCHEMA:
            raise Unreadable(f"{path}: schema {values['schema']}, and this is {SCHEMA}")
        known = {field.name for field in fields(Result)}
        named = {name: value for name, value in values.items() if name in known}
        named["measurements"] = [Measurement(**m) for m in values["measurements"]]
        named["goals"] = [Goal(**goal) for goal in values.get("goals", [])]
        named["digest"] = None if values["digest"] is None else Digest(**values["digest"])
        named["started"] = datetime.fromisoformat(values["started"])
        return Result(**named)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"{path}: {type(error).__name__}: {error}") from error
