"""`python -m bench idle` in its small size."""

import resource
from pathlib import Path

import pytest

from bench.scenarios import IDLE
from bench.scenes.open_files import TooFewFiles, allow_sockets

from .commands import interrupted, measured, result_in, run

OURS, OTHER = "ours, y-websocket", "pycrdt-websocket"


def test_connections_stay_and_their_memory_is_counted(tmp_path: Path) -> None:
    code, output = run("idle", "--small", "--only", OURS, "--only", OTHER, "--results", tmp_path)
    assert code == 0, output
    result = result_in(tmp_path)
    (idle,) = IDLE["small"]
    assert result["problems"] == []
    assert result["absent"] == {}
    assert result["goals"] == []
    for contender in (OURS, OTHER):
        counts = result["counts"][f"{contender}, {idle.name}"]
        assert counts == {"connections": idle.connections, "connections_lost": 0}
        for quantity in ("memory per connection", "connect all", "server cpu per connect"):
            assert measured(result, idle.name, contender, quantity)["value"] > 0
        assert contender in output


def test_ctrl_c_keeps_the_finished_runs(tmp_path: Path) -> None:
    result = interrupted("idle", "--small", "--rounds", "100", "--only", OURS, "--results", tmp_path)
    assert all(len(m["samples"]) < 100 for m in result["measurements"])


def test_more_connections_than_the_system_allows_are_refused_with_a_remedy() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        allow_sockets(1 << 40)
    else:
        with pytest.raises(TooFewFiles, match="ulimit"):
            allow_sockets(hard)
