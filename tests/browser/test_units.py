"""The demo's own unit tests, which need Node and no browser."""

import shutil
import subprocess
from pathlib import Path

WEB_DEMO = Path(__file__).parents[2] / "web-demo"


def test_the_demo_passes_its_unit_tests() -> None:
    npm = shutil.which("npm")
    assert npm is not None, "Node is needed on PATH: `make test` provides it"
    run = subprocess.run([npm, "test"], cwd=WEB_DEMO, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
