"""The architecture is a test: who may import whom is declared in pyproject.toml and checked here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def lint_imports(folder: Path, config: Path) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [command, "--config", config, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


def test_the_layers_hold() -> None:
    result = lint_imports(ROOT, ROOT / "pyproject.toml")
    assert result.returncode == 0, result.stdout


def test_a_forbidden_import_is_found(tmp_path: Path) -> None:
    for package in ("crdt_server", "persistence"):
        for source in (ROOT / package).rglob("*.py"):
            copy = tmp_path / source.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(source.read_bytes())
    room = tmp_path / "crdt_server/core/room.py"
    room.write_text(room.read_text() + "\nimport asyncio\nimport crdt_server.runtime.engine\n")
    result = lint_imports(tmp_path, ROOT / "pyproject.toml")
    assert result.returncode == 1
    assert "crdt_server.core.room -> asyncio" in result.stdout.replace("\n", " ")
    assert "crdt_server.core.room -> crdt_server.runtime.engine" in result.stdout.replace("\n", " ")
