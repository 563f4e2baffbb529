"""The merge benchmark: contenders in processes of their own answer as the others, and may be absent."""

import shutil
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bench.contenders.contender import Absent
from bench.digest import Digest, WrongAnswer
from bench.edits import large_document, opened, text_of, typed
from bench.merge import outside, run, squash
from bench.merge.outside import YJS, YJS_LISTENER, packed, unpacked
from bench.merge.path import PATH_1, PATHS
from bench.merge.run import REPLAY, WALL, run_once
from bench.merge.work import Work
from bench.scenarios import Merge
from bench.traces import generate
from crdt_server.compiled import IS_COMPILED

WORK = Work(None, typed(generate(300).edits))
EXPECTED = Digest.of_document(opened(WORK.updates))
TINY = Merge(
    edits_max=50, runs=1, keystrokes=20, growth_runs=1, past_clients=50, large_bytes=50_000, squash_runs=1
)
MODULES = Path(__file__).parents[1] / "interop" / "node_modules"


def node() -> str:
    program = shutil.which("node")
    assert program is not None
    return program


@pytest.mark.parametrize("name", [YJS, YJS_LISTENER, outside.YJS_TRANSACTIONS])
def test_yjs_times_itself_and_makes_the_document(name: str) -> None:
    timed = run_once(outside.yjs(node(), MODULES)[name], name, WORK, EXPECTED)
    assert timed.wall > 0
    assert timed.cpu > 0


def test_plain_python_makes_the_document_in_a_process_of_its_own() -> None:
    contenders = outside.plain(PATHS)
    assert len(contenders) == (len(PATHS) if IS_COMPILED else 0)
    for name, contender in contenders.items():
        assert run_once(contender, name, WORK, EXPECTED).wall > 0


def test_a_process_that_holds_something_else_is_found() -> None:
    fewer = Digest.of_document(opened(WORK.updates[:-1]))
    with pytest.raises(WrongAnswer, match="the fast one: its document holds"):
        run_once(outside.yjs(node(), MODULES)[YJS], "the fast one", WORK, fewer)


def test_a_process_that_fails_is_found(tmp_path: Path) -> None:
    with pytest.raises(WrongAnswer, match="ended with"):
        run_once(outside.yjs(node(), tmp_path)[YJS], YJS, WORK, EXPECTED)


def test_updates_are_packed_for_other_processes() -> None:
    assert unpacked(packed(WORK.updates)) == WORK.updates
    assert packed([]) == b""


def test_without_yjs_it_says_how_to_install_it_and_measures_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nowhere(_: object) -> str:
        raise Absent("Node 22 could not be installed")

    monkeypatch.setattr("bench.contenders.npm.install", nowhere)
    said = StringIO()
    result = run.run(TINY, "small", None, Console(file=said, width=200))
    assert "npm ci" in result.absent[YJS]
    assert "without yjs" in said.getvalue()
    assert result.find(REPLAY, PATH_1, WALL) is not None
    assert result.problems == []


def test_a_squash_is_measured_and_checked() -> None:
    found = {m.quantity: m.value for m in squash.measure(WORK.updates, EXPECTED, 1)}
    assert found[squash.SECONDS] > 0
    assert found[squash.PAUSE] >= 0
    with pytest.raises(WrongAnswer, match="snapshot"):
        squash.measure(WORK.updates[:-1], EXPECTED, 1)


def test_a_large_document_is_as_large_as_was_asked_for() -> None:
    state = large_document(100_000)
    assert 100_000 <= len(state) < 150_000
    assert len(text_of(opened([state]))) == 100_000
