"""The picture of a comparison: every contender has its bars, none leaves its panel."""

from xml.etree import ElementTree as ET

from bench.compare.chart import draw
from bench.compare.quantities import CPU, PROPAGATION, SURVIVED, WORKLOAD
from bench.compare.survival import ACKNOWLEDGED
from bench.result import Measurement, Result

SVG = "{http://www.w3.org/2000/svg}"


def _result(cpu: dict[str, list[float]], stored: str) -> Result:
    fanout = {"clients": 50, "writers": 40, "edits_per_s": 20}
    result = Result("compare", "full", {"fanout": fanout}, counts={name: {} for name in cpu})
    for name, values in cpu.items():
        for quantity in (CPU, *PROPAGATION):
            result.measurements.append(Measurement.of_runs(WORKLOAD, name, quantity, "", values))
        left = ACKNOWLEDGED if name == stored else 0
        result.measurements.append(Measurement(WORKLOAD, name, SURVIVED, "", left))
    return result


def _bars(picture: ET.Element) -> list[ET.Element]:
    """The bars, but not the background and the squares of the key."""
    return [rect for rect in picture.iter(f"{SVG}rect") if rect.get("height") == "16"]


def test_bars_are_as_long_as_the_values_and_the_longest_that_dwarfs_all_is_cut() -> None:
    picture = ET.fromstring(draw(_result({"a & b": [10.0], "c": [20.0, 22.0, 21.0], "d": [9000.0]}, "c")))
    widths = [float(bar.get("width", "")) for bar in _bars(picture)]
    assert widths[:3] == widths[3:]
    assert widths[2] == max(widths)
    assert widths[2] / widths[1] == 2
    assert round(widths[1] / widths[0], 2) == 2.1
    words = [text.text for text in picture.iter(f"{SVG}text")]
    assert {"a & b", "c", "d", "21.0", "9,000.0"} <= set(words)


def test_who_stores_what_it_acknowledges_has_another_colour() -> None:
    picture = ET.fromstring(draw(_result({"a": [1.0], "b": [2.0]}, "b")))
    a, b, *_ = (bar.get("fill") for bar in _bars(picture))
    assert a != b


def test_nothing_measured_is_no_error() -> None:
    result = _result({"a": [1.0]}, "a")
    result.measurements.clear()
    assert _bars(ET.fromstring(draw(result))) == []
