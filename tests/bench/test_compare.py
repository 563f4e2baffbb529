"""`python -m bench compare` in its small size: our server in both dialects, and a server of others."""

import io
import sys
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from bench.compare.quantities import (
    ACKNOWLEDGEMENT,
    CPU,
    LIGHT,
    MEMORY,
    PROPAGATION,
    RATIO,
    SURVIVED,
    WORKLOAD,
)
from bench.compare.run import run as compare
from bench.compare.survival import ACKNOWLEDGED
from bench.contenders.contender import Absent, Launch
from bench.contenders.others import OTHERS
from bench.contenders.ours import HOCUSPOCUS, YWEBSOCKET
from bench.scenarios import COMPARE, FANOUT

from .commands import interrupted, measured, result_in, run


def test_both_of_our_dialects(tmp_path: Path) -> None:
    code, output = run("compare", "--small", "--results", tmp_path)
    assert code == 0, output
    result = result_in(tmp_path)
    small = FANOUT["small"]
    edits = (small.writers + COMPARE["small"].light_writers) * small.edits_per_writer
    assert result["problems"] == []
    assert result["absent"] == {}
    for contender in (YWEBSOCKET.name, HOCUSPOCUS.name):
        counts = result["counts"][contender]
        assert counts["edits"] == counts["acknowledged"] == edits
        assert counts["deliveries"] == counts["deliveries_expected"] == edits * (small.clients - 1)
        assert counts["lost"] == counts["duplicated"] == counts["connections_lost"] == 0
        for quantity in (CPU, MEMORY, *PROPAGATION, *ACKNOWLEDGEMENT):
            assert measured(result, WORKLOAD, contender, quantity)["value"] > 0
        assert measured(result, WORKLOAD, contender, SURVIVED)["value"] == ACKNOWLEDGED
        assert contender in output
    for workload in (WORKLOAD, LIGHT):
        assert measured(result, workload, HOCUSPOCUS.name, RATIO)["value"] > 0
        assert f"{workload}: our Hocuspocus dialect costs" in output
    assert [picture.stem.endswith("-servers") for picture in tmp_path.glob("*.png")] == [True]


def test_a_server_of_somebody_else(tmp_path: Path) -> None:
    code, output = run("compare", "--small", "--only", "pycrdt-websocket", "--results", tmp_path)
    assert code == 0, output
    result = result_in(tmp_path)
    counts = result["counts"]["pycrdt-websocket"]
    assert counts["deliveries"] == counts["deliveries_expected"]
    assert measured(result, WORKLOAD, "pycrdt-websocket", SURVIVED)["value"] == 0


def test_who_is_not_there_or_does_not_start_is_named_with_the_reason() -> None:
    def nowhere(_folder: Path, _port: int) -> Launch:
        raise Absent("`node` was not found")

    broken = Launch([sys.executable, "-c", "import no_such_package"])
    contenders = [
        replace(OTHERS[0], name="missing", launch=nowhere, needs_npm=False),
        replace(OTHERS[0], name="broken", launch=lambda _folder, _port: broken, needs_npm=False),
    ]
    said = Console(file=io.StringIO(), width=200)
    result = compare(COMPARE["small"], "small", None, said, contenders)
    assert result.absent == {
        "missing": "`node` was not found",
        "broken": "ModuleNotFoundError: No module named 'no_such_package'",
    }
    assert result.problems == []


def test_ctrl_c_keeps_what_was_measured(tmp_path: Path) -> None:
    only = ("--only", YWEBSOCKET.name)
    result = interrupted("compare", "--small", *only, "--seconds", "600", "--results", tmp_path)
    counts = result["counts"][YWEBSOCKET.name]
    assert counts["deliveries"] == counts["deliveries_expected"]
    assert counts["edits"] < FANOUT["small"].writers * FANOUT["small"].edits_per_s * 600
