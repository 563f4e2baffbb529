"""The committed golden files are what the pinned npm packages write today."""

from pathlib import Path

from tests.interop.node import run_node

GOLDEN = Path(__file__).parent
BYTES_MAX = 300_000


def test_golden_files_are_what_the_real_packages_write(tmp_path: Path) -> None:
    run_node(GOLDEN / "generate.mjs", str(tmp_path))
    committed = {path.name: path.read_text("utf-8") for path in GOLDEN.glob("*.json")}
    written = {path.name: path.read_text("utf-8") for path in tmp_path.glob("*.json")}
    assert committed.keys() == written.keys()
    stale = [name for name, text in written.items() if committed[name] != text]
    assert not stale, f"run: node tests/golden/generate.mjs tests/golden  (differ: {', '.join(stale)})"


def test_golden_files_stay_small() -> None:
    assert sum(path.stat().st_size for path in GOLDEN.glob("*.json")) < BYTES_MAX
