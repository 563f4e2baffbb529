"""Traces: recorded ones are checked when they are read, generated ones have the same shape."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from bench.edits import opened, text_of, typed
from bench.traces import TraceError, find, generate, load

RECORDED: dict[str, Any] = {
    "startContent": "ab",
    "endContent": "aXYb!",
    "txns": [{"patches": [[1, 0, "XY"]]}, {"patches": [[2, 1, "Y"], [4, 0, "!"]]}],
}


def _written(folder: Path, content: Any) -> Path:
    path = folder / "session.json.gz"
    path.write_bytes(gzip.compress(json.dumps(content).encode()))
    return path


def test_a_recorded_trace_leads_to_its_text(tmp_path: Path) -> None:
    trace = load(_written(tmp_path, RECORDED))
    assert trace.end == "aXYb!"
    assert text_of(opened(typed(trace.edits))) == trace.end


def test_the_first_edits_are_a_trace_of_their_own(tmp_path: Path) -> None:
    _written(tmp_path, RECORDED)
    assert find(tmp_path, "session", 2).end == "aXYb"


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        ({"endContent": "something else"}, "recorded text"),
        ({"txns": [{"parents": [], "agent": 0, "patches": []}]}, "several authors"),
        ({"txns": [{"patches": []}, {}]}, r"txns\[1\]: KeyError"),
        ({"txns": [{"patches": [[0, 0]]}]}, r"txns\[0\]"),
        (
            {"txns": [{"patches": [[0, 0, "x"], [4, 0, "y"]]}]},
            r"txns\[0\]: .*patches\[1\] is not within the 3",
        ),
        ({"txns": [{"patches": [[-1, 0, "x"]]}]}, r"patches\[0\]"),
        ({"txns": [{"patches": [[1, 2, ""]]}]}, r"patches\[0\]"),
        ({"txns": [{"patches": [[0, 0, "\u00e4"]]}]}, "not ASCII"),
        ({"txns": [{"patches": [["0", 0, "x"]]}]}, r"txns\[0\]: TypeError"),
        ({"txns": [7]}, r"txns\[0\]: TypeError"),
        ({"txns": None}, "TypeError"),
    ],
)
def test_what_cannot_be_replayed_is_refused_and_named(
    tmp_path: Path, damage: dict[str, Any], named: str
) -> None:
    with pytest.raises(TraceError, match=rf"session.*{named}"):
        load(_written(tmp_path, RECORDED | damage))


def test_what_is_no_json_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "session.json.gz"
    path.write_bytes(gzip.compress(b'{"startContent": "",\n"endContent": }'))
    with pytest.raises(TraceError, match="line 2 column"):
        load(path)


@pytest.mark.parametrize("content", [b"", b"no gzip", gzip.compress(b"no json"), gzip.compress(b"{}")[:-4]])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "session.json.gz"
    path.write_bytes(content)
    with pytest.raises(TraceError, match="session"):
        load(path)


def test_a_generated_trace_is_always_the_same_and_shaped_like_a_paper() -> None:
    trace = generate(20_000)
    assert trace == generate(20_000)
    assert len(trace.edits) == 20_000
    assert all(len(edit) == 1 for edit in trace.edits)
    deletions = sum(deleted for ((_, deleted, _),) in trace.edits)
    assert 0.25 < deletions / 20_000 < 0.35  # automerge-paper: 0.30
    assert len(trace.end) == 20_000 - 2 * deletions
