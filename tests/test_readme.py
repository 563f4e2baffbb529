"""README's programs run as they stand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text()
PROGRAMS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
LINES_OF_THE_EXAMPLE = 10


def run(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "program.py").write_text(program)
    return subprocess.run(
        [sys.executable, "-W", "error", "program.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("program", PROGRAMS, ids=["embedding", "application"])
def test_a_program_in_readme_runs(program: str, tmp_path: Path) -> None:
    result = run(program, tmp_path)
    assert result.returncode == 0, result.stderr


def test_the_embedding_example_is_short_and_keeps_what_it_saved(tmp_path: Path) -> None:
    code = [line for line in PROGRAMS[0].splitlines() if line.strip()]
    assert len(code) <= LINES_OF_THE_EXAMPLE
    run(PROGRAMS[0], tmp_path)
    again = PROGRAMS[0].replace("await document.saved()", "print(text)\n        await document.saved()")
    assert run(again, tmp_path).stdout == "Hello from Python. Hello from Python. \n"


def test_what_readme_names_exists() -> None:
    root = Path(__file__).parents[1]
    for path in re.findall(r"`(tests/[\w/.]+)`|\]\(((?!http)[\w/.-]+)\)", README):
        assert (root / (path[0] or path[1])).exists(), path
