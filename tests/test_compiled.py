"""Compiled modules: made from the sources as they are, never found beside others, and never needed."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crdt_server import compiled

ROOT = Path(__file__).parents[1]
ASK = "import crdt_server.compiled as c, crdt_server.core.known as k; print(c.IS_COMPILED, k.__file__)"


def run(folder: Path, *arguments: str, **environment: str) -> str:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CRDT_")}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=inherited | {"PYTHONPATH": str(folder)} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the working tree, compiled: from what is compiled here, or anew."""
    ignored = shutil.ignore_patterns("__pycache__", "static", "building-*")
    for package in ("crdt_server", "persistence", "scripts"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    run(tmp_path, "scripts/compile_modules.py")
    return tmp_path


def test_what_was_compiled_runs(tree: Path) -> None:
    is_compiled, file = run(tree, "-c", ASK).split()
    assert is_compiled == "True"
    assert Path(file).is_relative_to(tree / "crdt_server" / "_compiled")


def test_a_source_that_was_edited_runs_itself_until_it_is_compiled_again(tree: Path) -> None:
    source = tree / "crdt_server" / "core" / "known.py"
    before = source.read_bytes()
    source.write_bytes(before + b"\n")
    assert run(tree, "-c", ASK).split() == ["False", str(source)]
    source.write_bytes(before)
    assert run(tree, "-c", ASK).split()[0] == "True"


def test_plain_python_can_be_asked_for(tree: Path) -> None:
    source = tree / "crdt_server" / "core" / "known.py"
    assert run(tree, "-c", ASK, CRDT_PURE_PYTHON="1").split() == ["False", str(source)]


@pytest.mark.parametrize("missing", ["a compiler", "what can be compiled"])
def test_where_it_cannot_be_compiled_one_line_says_so_and_plain_python_goes_on(
    tree: Path, missing: str
) -> None:
    source = tree / "crdt_server" / "core" / "known.py"
    source.write_bytes(source.read_bytes() + b"\nWRONG: int = 'text'\n")
    environment = {"CC": "no-such-compiler"} if missing == "a compiler" else {}
    said = run(tree, "scripts/compile_modules.py", **environment).splitlines()
    assert said[-1].startswith("Not compiled, plain Python runs: ")
    assert ("no-such-compiler" in said[-1]) == (missing == "a compiler")
    assert ("known.py" in said[-1]) == (missing != "a compiler")
    assert run(tree, "-c", ASK).split() == ["False", str(source)]
    assert not list((tree / "crdt_server" / "_compiled").glob("building-*"))


def test_these_tests_run_what_they_say() -> None:
    is_wanted = not os.environ.get(compiled.PURE_PYTHON) and compiled.home().is_dir()
    assert compiled.IS_COMPILED is is_wanted
    for name in compiled.MODULES:
        file = importlib.import_module(name).__file__
        assert file is not None
        assert file.endswith(compiled.SUFFIX if is_wanted else ".py")
