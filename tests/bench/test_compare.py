"""`python -m bench compare` in its small size: our server in both dialects, and a server of others."""

from pathlib import Path

from bench.compare.run import ACKNOWLEDGEMENT, CPU, MEMORY, PROPAGATION, RATIO, SURVIVED, WORKLOAD
from bench.compare.survival import ACKNOWLEDGED
from bench.contenders.ours import HOCUSPOCUS, YWEBSOCKET
from bench.scenarios import FANOUT

from .commands import measured, result_in, run


def test_both_of_our_dialects(tmp_path: Path) -> None:
    code, output = run("compare", "--small", "--results", tmp_path)
    assert code == 0, output
    result = result_in(tmp_path)
    small = FANOUT["small"]
    edits = small.writers * small.edits_per_writer
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
    assert measured(result, WORKLOAD, HOCUSPOCUS.name, RATIO)["value"] > 0
    assert "x the CPU per delivery" in output


def test_a_server_of_somebody_else(tmp_path: Path) -> None:
    code, output = run("compare", "--small", "--only", "pycrdt-websocket", "--results", tmp_path)
    assert code == 0, output
    result = result_in(tmp_path)
    counts = result["counts"]["pycrdt-websocket"]
    assert counts["deliveries"] == counts["deliveries_expected"]
    assert measured(result, WORKLOAD, "pycrdt-websocket", SURVIVED)["value"] == 0
