"""The wheel: with the demo, types and both packages; who installs it needs no Node."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from crdt_server import compiled

ROOT = Path(__file__).parents[1]
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("CRDT_")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ROOT],
        check=True,
        capture_output=True,
        timeout=100,
        env=ENVIRONMENT,
    )
    return next(folder.glob("crdt_server-*.whl"))


def test_the_wheel_has_the_packages_the_demo_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "crdt_server/web/static/index.html" in names
    assert any(name.startswith("crdt_server/web/static/assets/") for name in names)
    assert {"crdt_server/py.typed", "persistence/py.typed", "persistence/sqlite/store.py"} <= set(names)
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"crdt_server", "persistence"}


def test_the_wheel_is_compiled_and_for_this_platform(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert not wheel.name.endswith("-none-any.whl")
    libraries = [name for name in names if name.endswith(compiled.SUFFIX)]
    assert len(libraries) == len(compiled.MODULES) + 1
    assert len({name.split("/")[2] for name in libraries}) == 1


def test_the_demo_is_served_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    program = (
        "import crdt_server, starlette.testclient\n"
        "assert crdt_server.compiled.IS_COMPILED\n"
        f"assert crdt_server.__file__.startswith({str(tmp_path)!r})\n"
        "client = starlette.testclient.TestClient(crdt_server.create_app())\n"
        "assert '<script' in client.get('/').text\n"
    )
    environment = ENVIRONMENT | {"PYTHONPATH": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment, cwd=tmp_path, timeout=60)
