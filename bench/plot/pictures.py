"""Which pictures a result makes, by its benchmark."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.compare import quantities as comparison
from bench.compare.survival import ACKNOWLEDGED
from bench.idle import run as idle
from bench.joins import run as joins
from bench.merge import run as merge
from bench.result import Measurement, Result
from bench.rounds import CPU
from bench.scenarios import Size
from bench.slow import run as slow

from . import bars, lines
from .bars import Panel
from .card import Card, Words

Pictures = Iterator[tuple[str, Card]]
"""Names, which become the end of the files' names, and cards."""

_TIMES = re.compile(r"^(.*), x([\d.]+)$")


def draw(result: Result, path: Path) -> list[Path]:
    """Draw a result beside its file `path`; return the pictures, none where nothing was measured.

    Raises OSError.
    """
    pictures = _BENCHMARKS.get(result.benchmark)
    if pictures is None or not result.measurements:
        return []
    return [card.save(path.with_name(f"{path.stem}-{name}.png")) for name, card in pictures(result)]


def _foot(result: Result, better: str, what: str = "") -> str:
    rounds = max((len(m.samples) for m in result.measurements), default=1)
    runs = f"Median and range of up to {rounds} runs" if rounds > 1 else "One run"
    size: Size | str = "" if result.size == "full" else f"; size {result.size}, which is no comparison"
    return f"{better} {what}{runs} of each on the same machine{size}; {result.started:%Y-%m-%d}.".replace(
        "  ", " "
    )


def _compare(result: Result) -> Pictures:
    fanout = result.scenario["fanout"]
    panels = [
        Panel("CPU of the server per delivery, µs", comparison.WORKLOAD, comparison.CPU, digits=1),
        Panel("keystroke to the others, p99, ms", comparison.WORKLOAD, comparison.PROPAGATION[1]),
        Panel(f"left of {ACKNOWLEDGED} edits, kill -9", comparison.WORKLOAD, comparison.SURVIVED),
    ]
    if names := bars.contenders_in(result, panels[:1]):
        title = f"{fanout['clients']} people in one document, {fanout['writers']} of them typing"
        subtitle = f"{fanout['edits_per_s']:g} edits a second each; everybody with its defaults, in turns"
        foot = _foot(result, "Shorter is better, but for the edits that a killed server kept.")
        yield "servers", bars.draw(_only(result, names), Words(title, subtitle, foot), panels)


def _spread(result: Result) -> Pictures:
    goals = {goal.name: goal.wanted for goal in result.goals}
    names = [name for name in result.scenario["workloads"] if result.find_all(name, CPU)]
    for name in (name for name in names if not _TIMES.match(name)):
        load = result.scenario["workloads"][name]
        rooms = f"{load['rooms']:,} documents of " if load["rooms"] > 1 else "one document, "
        title = f"{rooms}{load['clients']:,} people, {load['writers']:,} of them typing"
        cursors = f", all move a cursor {load['presence_hz']:g} times a second" if load["presence_hz"] else ""
        subtitle = f"{load['edits_per_s']:g} edits a second each{cursors}; {load['seconds']:g} s"
        p99 = goals.get(f"{name}: p99")
        panels = [
            Panel("CPU of the server per delivery, µs", name, CPU, digits=1),
            Panel("edit to the others, p99, ms", name, "propagation p99", goal=p99),
            Panel("memory, most, MiB", name, "memory, most"),
        ]
        slug = _slug(name)
        yield slug, bars.draw(result, Words(title, subtitle, _foot(result, "Shorter is better.")), panels)
        shown = {
            "an edit is seen by the others": result.find_all(name, "propagation"),
            "an edit is acknowledged": result.find_all(name, "acknowledgement"),
        }
        found = {panel: measured for panel, measured in shown.items() if measured}
        foot = _foot(result, "Lower is better.", "From when an edit was due. ")
        if found:
            yield f"{slug}-delay", lines.quantiles(Words(title, subtitle, foot), found, "ms", p99)
        grown = [other for other in names if other == name or _base(other) == name]
        if len(grown) > 1:
            points = {
                "CPU of the server per delivery, µs": _grown(result, grown, CPU, ""),
                "edit to the others, p99, ms": _grown(result, grown, "propagation", "99"),
            }
            foot = _foot(result, "Lower is better.", "The same number of edits. ")
            axis = "times the size"
            yield (
                f"{slug}-growth",
                lines.growth(Words(f"{title}, and more of them", subtitle, foot), points, axis, None),
            )


def _joins(result: Result) -> Pictures:
    storms = {storm["name"]: storm for key in ("storms", "large", "growth") for storm in result.scenario[key]}
    measured = {name: storm for name, storm in storms.items() if result.find_all(name, joins.LAST)}
    goals = {(workload, quantity): wanted for workload, quantity, wanted, _ in joins.GOALS}
    growth = [storm["name"] for storm in result.scenario["growth"] if storm["name"] in measured]
    words = "The document is by many authors, with corrections. "
    for name, storm in measured.items():
        if name in growth:
            continue
        panels = [
            Panel("the last one has all, s", name, joins.LAST, digits=2, goal=goals.get((name, joins.LAST))),
            Panel("more memory, MiB", name, joins.MEMORY, goal=goals.get((name, joins.MEMORY))),
            Panel("longest wait elsewhere, ms", name, joins.BYSTANDER, "100"),
        ]
        subtitle = "All connect and ask at the same moment, while two others type in another document"
        about = words if storm["kind"] != "return" else "They lack the last 100 edits. "
        foot = _foot(result, "Shorter is better.", about)
        title = f"{name}, at once"
        yield _slug(name), bars.draw(result, Words(title, subtitle, foot), panels)
        shown = {"a joiner has everything after": result.find_all(name, joins.JOIN)}
        shown["an edit in another document arrives after (s)"] = [
            _in_seconds(m) for m in result.find_all(name, joins.BYSTANDER)
        ]
        yield (
            f"{_slug(name)}-times",
            lines.quantiles(Words(title, subtitle, foot.replace("Shorter", "Lower")), shown, "s", None),
        )
    if len(growth) > 1:
        at = {name: float(measured[name]["clients"]) for name in growth}
        points = {
            "the last one has all, s": _against(result, at, joins.LAST),
            "more memory, MiB": _against(result, at, joins.MEMORY),
        }
        title, subtitle = "Ten times as many join", "A document of 400 KB, which all open at the same moment"
        yield (
            "growth",
            lines.growth(Words(title, subtitle, _foot(result, "Lower is better.")), points, "clients", None),
        )


def _idle(result: Result) -> Pictures:
    at = {f"{s['connections']:,} in {s['documents']:,} documents": s for s in result.scenario["scenarios"]}
    measured = {name: scenario for name, scenario in at.items() if result.find_all(name, idle.MEMORY)}
    goals = {quantity: wanted for quantity, wanted, _ in idle.GOALS}
    for name, scenario in list(measured.items())[-1:]:
        panels = [
            Panel("memory of a connection, KiB", name, idle.MEMORY, digits=1, goal=goals[idle.MEMORY]),
            Panel("CPU, all are silent, %", name, idle.CPU, digits=1, goal=goals[idle.CPU]),
            Panel("CPU, all renew presence, %", name, f"{idle.CPU}, all renew their presence", digits=1),
        ]
        title = f"{scenario['connections']:,} idle connections in {scenario['documents']:,} documents"
        subtitle = f"Nobody types; presence is renewed every {scenario['renewal_s']:g} s, as y-websocket does"
        foot = _foot(result, "Shorter is better.", "Memory above the empty process; CPU in % of a core. ")
        yield "connections", bars.draw(result, Words(title, subtitle, foot), panels)
    if len(measured) > 1:
        across = {name: float(scenario["connections"]) for name, scenario in measured.items()}
        points = {
            "memory of a connection, KiB": _against(result, across, idle.MEMORY),
            "all connected after, s": _against(result, across, "connect all"),
        }
        title, subtitle = "Ten times as many idle connections", "Four to a document"
        foot = _foot(result, "Lower is better.")
        yield "growth", lines.growth(Words(title, subtitle, foot), points, "connections", goals[idle.MEMORY])


def _slow(result: Result) -> Pictures:
    for scenario in result.scenario["scenarios"]:
        name = f"{scenario['never']:,} never read, {scenario['crawling']} hardly, {scenario['readers']} do"
        if not result.find_all(name, slow.BESIDE):
            continue
        panels = [
            Panel("p99 without slow readers, ms", name, slow.ALONE, "99"),
            Panel("p99 beside them, ms", name, slow.BESIDE, "99"),
            Panel("more memory, MiB", name, slow.MEMORY),
        ]
        title = f"{scenario['never']:,} clients that never read, beside {scenario['readers']} that do"
        subtitle = (
            f"{scenario['writers']} type {scenario['edits_per_s']:g} times a second, one pastes; one document"
        )
        foot = _foot(result, "Shorter is better.")
        slug = f"{scenario['never']}-never"
        yield slug, bars.draw(result, Words(title, subtitle, foot), panels)
        shown = {"without slow readers": result.find_all(name, slow.ALONE)}
        shown["beside them"] = result.find_all(name, slow.BESIDE)
        foot = _foot(result, "Lower is better.", "From when an edit was due until the others have it. ")
        yield f"{slug}-delay", lines.quantiles(Words(title, subtitle, foot), shown, "ms", None)


def _merge(result: Result) -> Pictures:
    panels = [Panel("CPU per update, µs", merge.REPLAY, merge.CPU, digits=2)]
    if bars.contenders_in(result, panels):
        title = "What one keystroke costs in the process"
        subtitle = f"{result.scenario['updates']:,} updates, {result.scenario['trace']}; no network, no disk"
        yield "replay", bars.draw(result, Words(title, subtitle, _foot(result, "Shorter is better.")), panels)
    grown = [workload for workload in (merge.OLD, merge.LARGE) if result.find_all(workload, merge.GROWTH)]
    if grown:
        panels = [
            Panel(f"{workload}: times a new one", workload, merge.GROWTH, digits=2, goal=1.2)
            for workload in grown
        ]
        title = "The same keystroke in an old and in a large document"
        subtitle = "How many times the cost of a new document"
        yield "growth", bars.draw(result, Words(title, subtitle, _foot(result, "Shorter is better.")), panels)


_BENCHMARKS: Final[Mapping[str, Callable[[Result], Pictures]]] = {
    "compare": _compare,
    "fanout": _spread,
    "rooms": _spread,
    "joins": _joins,
    "idle": _idle,
    "slow": _slow,
    "merge": _merge,
}


def _only(result: Result, contenders: list[str]) -> Result:
    return replace(result, measurements=[m for m in result.measurements if m.contender in contenders])


def _base(workload: str) -> str:
    found = _TIMES.match(workload)
    return found[1] if found else workload


def _grown(
    result: Result, workloads: list[str], quantity: str, percent: str
) -> dict[str, list[tuple[float, float]]]:
    at = {name: float(found[2]) if (found := _TIMES.match(name)) else 1.0 for name in workloads}
    return _against(result, at, quantity, percent)


def _against(
    result: Result, at: Mapping[str, float], quantity: str, percent: str = ""
) -> dict[str, list[tuple[float, float]]]:
    """Return lines by contender: a quantity against a number that each workload has."""
    points: dict[str, list[tuple[float, float]]] = {}
    for workload, x in sorted(at.items(), key=lambda item: item[1]):
        for measured in result.find_all(workload, quantity):
            value = measured.quantiles[percent] if percent else measured.value
            points.setdefault(measured.contender, []).append((x, value))
    return points


def _in_seconds(measured: Measurement) -> Measurement:
    return replace(measured, quantiles={percent: ms / 1e3 for percent, ms in measured.quantiles.items()})


def _slug(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")
