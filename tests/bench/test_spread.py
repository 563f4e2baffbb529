"""`python -m bench fanout | rooms` in small sizes, on real servers: answers, names, goals; never times."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bench import spread
from bench.contenders.contender import Absent, Launch
from bench.contenders.others import OTHERS
from bench.contenders.ours import HOCUSPOCUS, YWEBSOCKET
from bench.fanout.run import IN_A_HALL, TYPING
from bench.fanout.run import SPREAD as FANOUT_SPREAD
from bench.result import Measurement, Result
from bench.rooms.run import FOURS, THREES
from bench.rooms.run import SPREAD as ROOMS_SPREAD
from bench.rounds import CPU
from bench.scenarios import FANOUT, HALL, ROOMS, TRIPLES, Fanout

from .commands import measured, result_in, run

P99 = "propagation p99"


def _assert_all_came(counts: dict[str, Any], edits: int, deliveries: int) -> None:
    assert counts["edits"] == edits
    assert counts["deliveries"] == counts["deliveries_expected"] == deliveries
    assert counts["lost"] == counts["duplicated"] == counts["connections_lost"] == 0


def test_rooms(tmp_path: Path) -> None:
    code, output = run("rooms", "--small", "--results", tmp_path)
    assert code == 0, output
    result = result_in(tmp_path)
    loads = (ROOMS["small"], TRIPLES["small"])
    edits = [load.rooms * load.writers * load.edits_per_writer for load in loads]
    deliveries = sum(count * (load.clients - 1) for count, load in zip(edits, loads, strict=True))
    _assert_all_came(result["counts"][YWEBSOCKET.name], sum(edits), deliveries)
    for workload in (FOURS, THREES):
        assert measured(result, workload, YWEBSOCKET.name, P99)["value"] > 0
    assert result["goals"] == []


@pytest.mark.parametrize("name", [YWEBSOCKET.name, HOCUSPOCUS.name, "pycrdt-websocket"])
def test_a_hall(tmp_path: Path, name: str) -> None:
    arguments = ("--workload", IN_A_HALL, "--only", name, "--results", tmp_path)
    code, output = run("fanout", "--small", *arguments)
    assert code == 0, output
    result, small = result_in(tmp_path), HALL["small"]
    counts = result["counts"][name]
    edits = small.writers * small.edits_per_writer
    _assert_all_came(counts, edits, edits * (small.clients - 1))
    assert counts["acknowledged"] == edits
    assert counts["cursors"] == small.clients * small.moves_per_client
    assert counts["cursors_missing"] == 0
    assert 0 < counts["cursor_deliveries"] <= counts["cursor_deliveries_expected"]
    assert measured(result, IN_A_HALL, name, "cursor staleness")["quantiles"]["100"] >= 0


def test_growth_and_rounds(tmp_path: Path) -> None:
    code, output = run(
        "fanout", "--small", "--times", "0.5", "--times", "2", "--rounds", "2", "--results", tmp_path
    )
    assert code == 0, output
    result = result_in(tmp_path)
    for workload, clients in ((f"{TYPING}, x0.5", 4), (f"{TYPING}, x2", 16)):
        assert result["scenario"]["workloads"][workload]["clients"] == clients
        assert len(measured(result, workload, YWEBSOCKET.name, CPU)["samples"]) == 2


def test_a_load_grows_without_more_edits() -> None:
    load = FANOUT["full"]
    for grown in (load.with_clients(10), load.with_clients(0.1)):
        assert grown.writers * grown.edits_per_s == pytest.approx(load.writers * load.edits_per_s)
    many = ROOMS["full"].with_rooms(10)
    assert many.rooms == 2_500
    assert many.rooms * many.edits_per_s == pytest.approx(ROOMS["full"].rooms * ROOMS["full"].edits_per_s)


def test_who_is_not_installed_is_named_with_what_to_do_and_the_others_go_on() -> None:
    def absent(*_: object) -> Any:
        raise Absent("bun is not installed; `npm ci` does it")

    unknown = replace(OTHERS[0], name="unknown", version=absent, needs_npm=False)
    missing = replace(OTHERS[0], name="missing", launch=absent, needs_npm=False)
    broken = replace(
        OTHERS[0],
        name="broken",
        launch=lambda _folder, _port: Launch([sys.executable, "-c", "import no_such_package"]),
        needs_npm=False,
    )
    result = spread.run(
        "fanout",
        {TYPING: FANOUT["small"]},
        rounds=1,
        size="small",
        folder=None,
        console=Console(quiet=True),
        contenders=[unknown, missing, broken, YWEBSOCKET],
    )
    assert set(result.absent) == {"unknown", "missing", "broken"}
    assert "`npm ci`" in result.absent["unknown"] == result.absent["missing"]
    assert set(result.counts) == {YWEBSOCKET.name}
    assert result.problems == []


def _met(kind: spread.Spread, workload: str, quantity: str, **values: float) -> list[bool]:
    """Which goals were met with such measurements of ours, of Hocuspocus and of bun."""
    result = Result(kind.name, "full", {})
    names = {"ours": YWEBSOCKET.name, "hocuspocus": "Hocuspocus", "bun": "bun, relay"}
    for name, value in values.items():
        result.measurements.append(Measurement(workload, names[name], quantity, "", value))
    return [goal.met for goal in kind.goals(result)]


def test_goals_are_asked_of_those_who_were_measured() -> None:
    assert _met(FANOUT_SPREAD, TYPING, CPU, ours=2, hocuspocus=10, bun=1.9) == [True, False]
    assert _met(FANOUT_SPREAD, TYPING, CPU, ours=2, hocuspocus=9) == [False]
    assert _met(FANOUT_SPREAD, TYPING, P99, ours=20) == [True]
    assert _met(FANOUT_SPREAD, IN_A_HALL, P99, ours=101) == [False]
    assert _met(ROOMS_SPREAD, FOURS, CPU, ours=10, hocuspocus=30, bun=6) == [True, False]
    assert _met(ROOMS_SPREAD, THREES, P99, ours=3, hocuspocus=3) == [True]
    assert _met(ROOMS_SPREAD, THREES, P99, hocuspocus=3) == []


def test_a_load_that_makes_no_sense_is_refused() -> None:
    for numbers in ({"rooms": 0}, {"presence_hz": -1.0}, {"writers": 9}):
        with pytest.raises(ValueError, match=r"at least one|cursors"):
            Fanout(**{"clients": 8, "writers": 3, "edits_per_s": 1, "seconds": 1} | numbers)
