"""The small sizes of the benchmarks, run as a user runs them. Structure and answers; never times."""

import gzip
import json
from pathlib import Path

import pytest

from bench.contenders.ours import YWEBSOCKET
from bench.fanout.run import TYPING
from bench.merge.contenders import CONTENDERS, DOC_OBSERVED, GROWING, ROOM
from bench.merge.run import CPU, GROWTH, LARGE, OLD, REPLAY, WALL
from bench.scenarios import FANOUT, MERGE
from bench.traces import generate
from crdt_server.compiled import IS_COMPILED

from .commands import interrupted, measured, result_in, run


def test_merge(tmp_path: Path) -> None:
    code, output = run("merge", "--small", "--results", tmp_path)
    assert code == 0, output
    result = result_in(tmp_path)
    small = MERGE["small"]
    assert result["scenario"]["updates"] == small.edits_max
    assert result["problems"] == []
    assert not result["interrupted"]
    assert result["digest"]["characters"] == len(generate(small.edits_max).end)
    assert f"text {result['digest']['text'][:16]}" in output
    for contender in CONTENDERS:
        for quantity in (WALL, CPU):
            assert len(measured(result, REPLAY, contender, quantity)["samples"]) == small.runs
        assert contender in output
    for contender in GROWING:
        for workload in (OLD, LARGE):
            assert len(measured(result, workload, contender, GROWTH)["samples"]) == small.growth_runs
    assert result["machine"]["compiled"] == IS_COMPILED
    assert ("ours is compiled" in output) == IS_COMPILED
    # A keystroke costs the same however many clients wrote before; where it does not, the measure sees it.
    assert measured(result, OLD, ROOM, GROWTH)["value"] <= 3
    assert measured(result, OLD, DOC_OBSERVED, GROWTH)["value"] > 10


def test_merge_replays_recorded_traces(tmp_path: Path) -> None:
    trace = generate(300)
    recorded = {
        "startContent": "",
        "endContent": trace.end,
        "txns": [{"patches": [list(patch) for patch in edit]} for edit in trace.edits],
    }
    (tmp_path / "automerge-paper.json.gz").write_bytes(gzip.compress(json.dumps(recorded).encode()))
    results = tmp_path / "results"
    code, output = run("merge", "--small", "--runs", "1", "--traces", tmp_path, "--results", results)
    assert code == 0, output
    result = result_in(results)
    assert result["scenario"]["trace"] == "automerge-paper"
    assert result["scenario"]["updates"] == 300


def test_fanout(tmp_path: Path) -> None:
    code, output = run("fanout", "--small", "--results", tmp_path)
    assert code == 0, output
    result = result_in(tmp_path)
    small, counts = FANOUT["small"], result["counts"][YWEBSOCKET.name]
    edits = small.writers * small.edits_per_writer
    assert counts["edits"] == counts["acknowledged"] == counts["echoes"] == edits
    assert counts["deliveries"] == counts["deliveries_expected"] == edits * (small.clients - 1)
    assert counts["lost"] == counts["duplicated"] == counts["connections_lost"] == 0
    assert result["problems"] == []
    assert not result["interrupted"]
    for quantity in ("propagation", "acknowledgement", "send lateness"):
        quantiles = measured(result, TYPING, YWEBSOCKET.name, quantity)["quantiles"]
        assert 0 <= quantiles["0"] <= quantiles["50"] <= quantiles["99"] <= quantiles["100"]
    assert measured(result, TYPING, YWEBSOCKET.name, "server memory, most")["value"] > 0


def test_ctrl_c_ends_the_typing_and_keeps_what_was_measured(tmp_path: Path) -> None:
    result = interrupted("fanout", "--small", "--seconds", "600", "--results", tmp_path)
    counts = result["counts"][YWEBSOCKET.name]
    assert counts["edits"] < FANOUT["small"].writers * 20 * 600
    assert counts["lost"] == 0
    assert counts["deliveries"] == counts["deliveries_expected"]


def test_ctrl_c_keeps_the_finished_runs(tmp_path: Path) -> None:
    result = interrupted("merge", "--small", "--runs", "10000", "--results", tmp_path)
    assert all(len(measurement["samples"]) < 10_000 for measurement in result["measurements"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["fanout", "--small", "--clients", "2", "--writers", "3"],
        ["merge", "--small", "--traces", "{folder}"],  # has no trace
        ["fanout", "--small", "--traces", "{folder}"],
        ["merge", "--traces", "{folder}/missing"],
        ["compare", "--small", "--only", "nobody"],
        ["compare", "--small", "--traces", "{folder}"],
        ["nothing"],
    ],
)
def test_wrong_usage_is_said_in_one_line(tmp_path: Path, arguments: list[str]) -> None:
    code, output = run(*(argument.format(folder=tmp_path) for argument in arguments))
    assert code == 2
    assert "Traceback" not in output
    assert "Error: " in output
