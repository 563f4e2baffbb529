"""`python -m bench joins` in its small size; what a joiner must have; who lacks something is found."""

from pathlib import Path

import pytest

from bench.joins.document import write
from bench.joins.judge import Everything, Judge
from bench.load.dialect import YWebsocket
from bench.scenarios import JOINS
from bench.traces import generate

from .commands import interrupted, measured, result_in, run

OURS, OTHER = "ours, y-websocket", "pycrdt-websocket"


@pytest.mark.parametrize("contender", [OURS, OTHER])
def test_all_who_join_get_the_document(tmp_path: Path, contender: str) -> None:
    code, output = run("joins", "--small", "--only", contender, "--results", tmp_path)
    assert code == 0, output
    result = result_in(tmp_path)
    assert result["problems"] == []
    assert result["absent"] == {}
    for storm in JOINS["small"].storms:
        counts = result["counts"][f"{contender}, {storm.name}"]
        assert counts["joins"] == counts["complete"] == storm.clients
        assert counts["document_bytes"] >= storm.document_bytes
        joins = measured(result, storm.name, contender, "join")["quantiles"]
        assert (
            0 < joins["0"] <= joins["100"] == measured(result, storm.name, contender, "last has all")["value"]
        )
        assert measured(result, storm.name, contender, "bystander before")["quantiles"]["100"] > 0
    alone, back = (storm for storm in JOINS["small"].storms if storm.kind != "typing")
    whole, lacking = (
        measured(result, storm.name, contender, "received by each")["value"] for storm in (alone, back)
    )
    if contender == OURS:  # who comes back gets what it lacks, and every deletion
        assert lacking < whole / 2


def test_ctrl_c_keeps_the_finished_storms(tmp_path: Path) -> None:
    result = interrupted("joins", "--small", "--rounds", "100", "--only", OURS, "--results", tmp_path)
    assert all(len(m["samples"]) < 100 for m in result["measurements"])


def test_a_document_is_complete_with_its_last_chapter() -> None:
    document = write(generate(300).edits, 3_000)
    assert len(document.chapters) > 2
    dialect = YWebsocket("d")
    judge = Judge(dialect)
    judge.want(document.everything)
    arrivals = [(at, dialect.edit(chapter)) for at, chapter in enumerate(document.chapters)]
    assert judge.complete_at(arrivals) == len(arrivals) - 1
    assert judge.complete_at([*arrivals, (99, b"\x01\x01\x00")]) == len(arrivals) - 1
    assert judge.complete_at(arrivals[1:]) is None
    assert judge.digest(arrivals, []) == document.digest()
    assert judge.digest(arrivals[1:], []) != document.digest()


def test_deletions_count() -> None:
    document = write(generate(300).edits, 1)
    dialect = YWebsocket("d")
    judge = Judge(dialect)
    arrivals = [(7, dialect.edit(document.chapters[0]))]
    vector, deletions = document.everything.vector, document.everything.deletions
    assert deletions
    (author,) = vector
    judge.want(Everything(vector, [*deletions, (author, vector[author] - 1, vector[author] + 1)]))
    assert judge.complete_at(arrivals) is None
    judge.want(document.everything)
    assert judge.complete_at(arrivals) == 7
