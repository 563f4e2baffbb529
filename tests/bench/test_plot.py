"""Pictures of results: every benchmark has them, and they say who is measured and which way is better."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from matplotlib.text import Text
from PIL import Image

from bench.compare import quantities as comparison
from bench.idle import run as idle
from bench.joins import run as joins
from bench.plot import bars
from bench.plot.bars import Panel
from bench.plot.card import GOAL, OTHER, OURS, Words
from bench.plot.kept import Unreadable, read
from bench.plot.pictures import draw
from bench.result import Goal, Measurement, Result
from bench.rounds import CPU
from bench.scenarios import COMPARE, FANOUT, IDLE, JOINS, SLOW
from bench.slow import run as slow

from .commands import run

NAMES = ("ours, y-websocket", "Hocuspocus", "bun, relay")
WORDS = Words("A title", "what was done", "Shorter is better.")


def _result(benchmark: str, scenario: dict[str, object], quantities: dict[str, list[str]]) -> Result:
    """A result in which every contender has all quantities, by workload, as a distribution with two runs."""
    result = Result(benchmark, "full", scenario)
    for workload, found in quantities.items():
        for quantity in found:
            for number, name in enumerate(NAMES, start=1):
                values = [float(number * value) for value in range(1, 1001)]
                measured = Measurement.of_distribution(workload, name, quantity, "ms", values)
                result.measurements.append(measured)
    return result


def _storms(quantities: list[str]) -> dict[str, list[str]]:
    full = JOINS["full"]
    return {storm.name: quantities for storm in (*full.storms, *full.large, *full.growth)}


FANNED = [CPU, "propagation", "propagation p99", "acknowledgement", "memory, most"]
RESULTS: dict[str, tuple[Callable[[], Result], int]] = {
    "compare": (
        lambda: _result(
            "compare",
            asdict(COMPARE["full"]),
            {comparison.WORKLOAD: [comparison.CPU, *comparison.PROPAGATION, comparison.SURVIVED]},
        ),
        1,
    ),
    "fanout": (
        lambda: _result(
            "fanout",
            {"workloads": {"room": asdict(FANOUT["full"]), "room, x10": asdict(FANOUT["full"])}},
            {"room": FANNED, "room, x10": FANNED},
        ),
        3,
    ),
    "joins": (
        lambda: _result(
            "joins",
            asdict(JOINS["full"]),
            _storms([joins.LAST, joins.MEMORY, joins.JOIN, joins.BYSTANDER]),
        ),
        9,
    ),
    "idle": (
        lambda: _result(
            "idle",
            {"scenarios": [asdict(scenario) for scenario in IDLE["full"]]},
            {scenario.name: [idle.MEMORY, idle.CPU, "connect all"] for scenario in IDLE["full"]},
        ),
        2,
    ),
    "slow": (
        lambda: _result(
            "slow",
            {"scenarios": [asdict(scenario) for scenario in SLOW["full"]]},
            {scenario.name: [slow.ALONE, slow.BESIDE, slow.MEMORY] for scenario in SLOW["full"]},
        ),
        4,
    ),
}


@pytest.mark.parametrize("benchmark", RESULTS)
def test_a_result_is_drawn_again_from_its_file(benchmark: str, tmp_path: Path) -> None:
    make, count = RESULTS[benchmark]
    path = make().write(tmp_path)
    drawn = draw(read(path), path)
    assert len(drawn) == len(set(drawn)) == count
    for picture in drawn:
        with Image.open(picture) as image:
            assert image.format == "PNG"
            assert image.width > 1_600
            assert image.convert("RGBA").getpixel((0, 0))[3] < 255  # type: ignore[index]  # the card is round
            assert image.convert("RGBA").getpixel((60, image.height // 2)) == (255, 255, 255, 255)


def test_the_merge_benchmark_is_drawn_as_it_ends(tmp_path: Path) -> None:
    code, output = run("merge", "--small", "--runs", "1", "--results", tmp_path)
    assert code == 0, output
    pictures = sorted(tmp_path.glob("*.png"))
    assert [picture.stem.rsplit("-", 1)[1] for picture in pictures] == ["growth", "replay"]
    for picture in pictures:
        picture.unlink()
    (path,) = tmp_path.glob("*.json")
    code, output = run("plot", path)
    assert code == 0, output
    assert sorted(tmp_path.glob("*.png")) == pictures


def test_what_is_no_result_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "some.json"
    path.write_text("{}", "utf-8")
    with pytest.raises(Unreadable, match="schema"):
        read(path)
    code, output = run("plot", path)
    assert code == 2
    assert "Traceback" not in output


def test_a_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    result = RESULTS["idle"][0]()
    result.goals.append(Goal.at_most("memory", 20, 30, "KiB"))
    again = read(result.write(tmp_path))
    assert again.measurements == result.measurements
    assert again.goals == result.goals
    assert again.scenario == result.scenario


def _drawn(
    values: dict[str, list[float]], goal: float | None = None
) -> tuple[list[float], list[str], set[str]]:
    """Lengths and colours of the bars, and all that is written."""
    result = Result("some", "full", {})
    result.measurements += [Measurement.of_runs("w", name, "q", "ms", runs) for name, runs in values.items()]
    card = bars.draw(result, WORDS, [Panel("a quantity", "w", "q", goal=goal, digits=1)])
    (axes,) = card.panels
    patches = [patch for patch in axes.patches if patch.get_height() > 0.5]  # type: ignore[attr-defined]
    lengths = [patch.get_width() for patch in patches]  # type: ignore[attr-defined]
    colours = [str(container[0].get_facecolor()) for container in axes.containers]
    texts = {text.get_text() for text in axes.findobj(Text)}
    return lengths, colours, texts


def test_bars_are_as_long_as_the_values_and_the_longest_that_dwarfs_all_is_cut() -> None:
    lengths, _, texts = _drawn({"a & b": [10.0], "c": [20.0, 22.0, 21.0], "d": [9000.0]})
    assert lengths[1] / lengths[0] == pytest.approx(2.1)
    assert 2 < lengths[2] / lengths[1] < 3
    assert {"a & b", "c", "d", "21.0", "9,000.0"} <= texts


def test_ours_has_another_colour_and_the_goal_is_drawn() -> None:
    _, colours, texts = _drawn({"ours, y-websocket": [1.0], "Hocuspocus": [2.0]}, goal=1.5)
    assert len(set(colours)) == 2
    assert " goal" in texts
    assert len({OURS, OTHER, GOAL}) == 3


def test_nothing_measured_is_no_picture(tmp_path: Path) -> None:
    assert draw(Result("joins", "full", asdict(JOINS["full"])), tmp_path / "x.json") == []
