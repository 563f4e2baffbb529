"""Document names are ids, never paths."""

from __future__ import annotations

import pytest

from crdt_server.runtime.engine import Engine
from crdt_server.runtime.errors import (
    InvalidName,
)


@pytest.mark.parametrize(
    "name", ["", " ", " a", "a ", "a\0b", "a\nb", "..", "a/../b", "./a", "x" * 513, "\ud800"]
)
async def test_names_that_are_none_are_refused(engine: Engine, name: str) -> None:
    with pytest.raises(InvalidName):
        await engine.enter(name)


@pytest.mark.parametrize("name", ["a", "a/b/c", "notes.2026", "été ☀", "..a", "x" * 512, "100%"])
async def test_names_are_ids(engine: Engine, name: str) -> None:
    engine.leave(await engine.enter(name))
