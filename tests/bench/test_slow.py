"""`python -m bench slow` in its small size, and how the edits that come are counted."""

from pathlib import Path

import pytest

from bench.edits import TYPIST, typed
from bench.load.dialect import YWebsocket
from bench.scenarios import SLOW
from bench.slow.tally import Tally

from .commands import interrupted, measured, result_in, run

OURS, OTHER = "ours, y-websocket", "pycrdt-websocket"


@pytest.mark.parametrize("contender", [OURS, OTHER])
def test_who_did_not_read_catches_up(tmp_path: Path, contender: str) -> None:
    code, output = run("slow", "--small", "--only", contender, "--results", tmp_path)
    assert code == 0, output
    result = result_in(tmp_path)
    (slow,) = SLOW["small"]
    assert result["problems"] == []
    counts = result["counts"][f"{contender}, {slow.name}"]
    assert counts["lost"] == counts["readers_gone"] == 0
    assert counts["edits"] == 2 * (slow.writers * slow.edits_per_writer + slow.pastes)
    ended = {name: count for name, count in counts.items() if "_read_" in name}
    assert sum(ended.values()) == slow.never + slow.crawling
    if contender == OURS:
        assert ended == {"never_read_caught_up": slow.never, "crawling_read_caught_up": slow.crawling}
    for quantity in ("propagation alone", "propagation beside slow readers"):
        quantiles = measured(result, slow.name, contender, quantity)["quantiles"]
        assert 0 < quantiles["0"] <= quantiles["100"]


def test_ctrl_c_keeps_the_finished_runs(tmp_path: Path) -> None:
    result = interrupted("slow", "--small", "--rounds", "100", "--only", OURS, "--results", tmp_path)
    assert all(len(m["samples"]) < 100 for m in result["measurements"])


def test_edits_are_late_since_they_were_due_and_lost_where_they_never_came() -> None:
    dialect = YWebsocket("d")
    tally = Tally(dialect, 2)
    tally.due_ns = [[1_000_000, 2_000_000, 3_000_000], [0, 5_000_000]]
    letters = typed([[(number, 0, "x")] for number in range(3)], client=TYPIST)
    other = typed([[(number, 0, "y")] for number in range(2)], client=TYPIST + 1)
    arrivals = [(4_000_000, dialect.edit(letters[0])), (6_000_000, dialect.edit(letters[1]))]
    assert tally.late_ms(arrivals, None) == ([3.0, 4.0], 3)
    assert tally.late_ms([*arrivals, *arrivals], None) == ([3.0, 4.0], 3)
    assert tally.late_ms([*arrivals, (9_000_000, dialect.edit(other[0]))], 0) == ([], 1)
    assert tally.late_ms([(9_000_000, dialect.edit(update)) for update in other], None) == ([4.0], 3)
    assert tally.late_ms([(9_000_000, dialect.edit(letters[1]))], None) == ([], 5)
