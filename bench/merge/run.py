"""Runs the merge scenario: contenders in turns, so that a machine that slows down slows all of them."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bench import traces
from bench.contenders.contender import Absent
from bench.digest import Digest, WrongAnswer
from bench.edits import large_document, old_document, opened, text_of, typed
from bench.result import Goal, Measurement, Result
from bench.scenarios import Merge, Size
from bench.stopwatch import Stopwatch
from crdt_server.compiled import IS_COMPILED
from crdt_server.protocol.update import decode_state_vector

from . import outside, squash
from .contenders import CONTENDERS, GROWING, ROOM
from .outside import YJS, YJS_LISTENER, YJS_TRANSACTIONS
from .path import PATH_1, PATH_10, PATHS
from .work import Contender, Work

REPLAY, YOUNG, OLD, LARGE = "replay", "young document", "old document", "large document"
WALL, CPU, GROWTH = "wall", "cpu", "growth"
UNIT = "us/update"


@dataclass(frozen=True, slots=True)
class Timed:
    """CPU and wall time of one run, in microseconds per update."""

    wall: float
    cpu: float


Runs = dict[tuple[str, str], list[Timed]]
"""Finished runs per workload and contender."""


def run(
    scenario: Merge, size: Size, folder: Path | None, console: Console, *, with_yjs: bool = True
) -> Result:
    """Measure; Ctrl-C ends it with what is finished. Raises `TraceError`."""
    trace = traces.find(folder, scenario.trace, scenario.edits_max)
    result = Result("merge", size, asdict(scenario) | {"trace": trace.name, "edits": len(trace.edits)})
    replay = Work(None, typed(trace.edits))
    result.scenario |= {"updates": len(replay.updates), "update_bytes": sum(map(len, replay.updates))}
    result.digest = Digest.of(trace.end, _vector(replay))
    contenders = CONTENDERS | outside.plain(PATHS)
    if with_yjs:
        contenders |= _yjs(result, console)
    runs: Runs = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        try:
            console.print(f"{trace.name}: {len(trace.edits)} edits; Ctrl-C keeps the runs that are finished")
            works = {REPLAY: (replay, result.digest)}
            _take_turns(contenders, works, scenario.runs, runs=runs, progress=progress)
            works = _growth_works(scenario, trace)
            _take_turns(GROWING, works, scenario.growth_runs, runs=runs, progress=progress)
            progress.add_task("the log squashed in the worker", total=None)
            result.measurements = squash.measure(replay.updates, result.digest, scenario.squash_runs)
        except KeyboardInterrupt:
            result.interrupted = True
        except WrongAnswer as wrong:
            result.problems.append(str(wrong))
    result.measurements += _measurements(runs)
    if size == "full":
        result.goals += _goals(result)
    return result


def _yjs(result: Result, console: Console) -> Mapping[str, Contender]:
    try:
        return outside.found(console.print)
    except Absent as absent:
        result.absent[YJS] = str(absent)
        console.print(f"without yjs: {absent}", highlight=False, soft_wrap=True)
        return {}


def _growth_works(scenario: Merge, trace: traces.Trace) -> dict[str, tuple[Work, Digest]]:
    """The same keystrokes, for an empty document, one that has seen many clients, and a large one."""
    start = trace.first(scenario.keystrokes)
    works: dict[str, tuple[Work, Digest]] = {}
    bases = {
        YOUNG: None,
        OLD: old_document(scenario.past_clients),
        LARGE: large_document(scenario.large_bytes),
    }
    for name, base in bases.items():
        work = Work(base, typed(start.edits, base=base))
        before = "" if base is None else text_of(opened([base]))
        works[name] = work, Digest.of(before + start.end, _vector(work))
    return works


def _take_turns(
    contenders: Mapping[str, Contender],
    works: Mapping[str, tuple[Work, Digest]],
    count: int,
    *,
    runs: Runs,
    progress: Progress,
) -> None:
    """Let every contender do every work `count` times, each round in another order."""
    pairs = [(workload, name) for name in contenders for workload in works]
    task = progress.add_task("", total=count * len(pairs))
    for turn in range(count):
        shift = turn * len(pairs) // count
        for workload, name in pairs[shift:] + pairs[:shift]:
            work, expected = works[workload]
            progress.update(task, description=f"{workload}: {name}")
            timed = run_once(contenders[name], name, work, expected)
            runs.setdefault((workload, name), []).append(timed)
            progress.advance(task)


def run_once(contender: Contender, name: str, work: Work, expected: Digest) -> Timed:
    """Time one run and check what it made. Raises `WrongAnswer`."""
    watch = Stopwatch()
    gc.collect()
    made = contender(work, watch)
    base = [] if work.base is None else [work.base]
    if made.digest is not None and made.digest != expected:
        raise WrongAnswer(f"{name}: its document holds {made.digest}; expected {expected}")
    for stream, updates in made.streams.items():
        got = Digest.of_document(opened([*base, *updates]))
        if got != expected:
            raise WrongAnswer(f"{name}: {stream} holds {got}; expected {expected}")
    if Digest.of("", made.vector).state_vector != expected.state_vector:
        raise WrongAnswer(f"{name}: its state vector is not the document's")
    per_us = 1e6 / len(work.updates)
    return Timed(watch.wall_s * per_us, watch.cpu_s * per_us)


def _vector(work: Work) -> dict[int, int]:
    base = [] if work.base is None else [work.base]
    return decode_state_vector(opened([*base, *work.updates]).get_state())


def _measurements(runs: Runs) -> list[Measurement]:
    found: list[Measurement] = []
    for (workload, name), timed in runs.items():
        found.append(Measurement.of_runs(workload, name, WALL, UNIT, [run.wall for run in timed]))
        found.append(Measurement.of_runs(workload, name, CPU, UNIT, [run.cpu for run in timed]))
    for workload in (OLD, LARGE):
        for name in GROWING:
            pairs = zip(runs.get((YOUNG, name), ()), runs.get((workload, name), ()), strict=False)
            ratios = [grown.cpu / young.cpu for young, grown in pairs]
            if ratios:
                unit = "times the young document's CPU"
                found.append(Measurement.of_runs(workload, name, GROWTH, unit, ratios))
    return found


def faster(result: Result, name: str, other: str = YJS_LISTENER) -> float | None:
    """Return how many times as fast as `other` a contender replayed the session.

    By CPU time: wall time says as much about whoever else uses the machine.
    """
    ours, theirs = result.find(REPLAY, name, CPU), result.find(REPLAY, other, CPU)
    return None if ours is None or theirs is None else theirs.value / ours.value


def _goals(result: Result) -> list[Goal]:
    goals: list[Goal] = []
    for name, wanted in ((PATH_1, 2.0), (PATH_10, 3.0)):
        times = faster(result, name)
        if times is not None:
            goals.append(Goal.at_least(f"{name}, against {YJS_LISTENER}", wanted, times, "x faster"))
    for quantity, wanted in ((squash.SECONDS, 1.0), (squash.PAUSE, 5.0)):
        took = result.find(squash.SQUASH, squash.WORKER, quantity)
        if took is not None:
            goals.append(Goal.at_most(f"squash: {quantity}", wanted, took.value, took.unit))
    for workload in (OLD, LARGE):
        for name in (PATH_1, ROOM):
            growth = result.find(workload, name, GROWTH)
            if growth is not None:
                goals.append(Goal.at_most(f"{name}, {workload}", 1.2, growth.value, "x a new one"))
    return goals


def show(result: Result, console: Console) -> None:
    """Print the tables."""
    console.print(_replay_table(result))
    console.print(_growth_table(result))
    measured = [
        result.find(squash.SQUASH, squash.WORKER, quantity)
        for quantity in (squash.SECONDS, squash.PAUSE, squash.PAUSE_IDLE)
    ]
    said = [f"{found.quantity} {found.value:.3g} {found.unit}" for found in measured if found is not None]
    if said:
        console.print(f"squash of the whole log in the worker: {', '.join(said)}", highlight=False)


def _replay_table(result: Result) -> Table:
    kind = "compiled" if IS_COMPILED else "plain Python"
    table = Table(
        title=f"{result.scenario['trace']}: us per update, median of the runs; ours is {kind}",
        caption=f"x: times as fast as {YJS_LISTENER!r}, by CPU; x 10: as {YJS_TRANSACTIONS!r}",
    )
    for column in ("contender", "wall", "min", "max", "cpu", "x", "x 10"):
        table.add_column(column, justify="left" if column == "contender" else "right", no_wrap=True)
    names = {m.contender: None for m in result.measurements if m.workload == REPLAY}
    for name in names:
        wall, cpu = result.find(REPLAY, name, WALL), result.find(REPLAY, name, CPU)
        if wall is None or cpu is None:
            continue
        spread = (f"{min(wall.samples):.2f}", f"{max(wall.samples):.2f}")
        ratios = [faster(result, name, other) for other in (YJS_LISTENER, YJS_TRANSACTIONS)]
        shown = ["" if ratio is None else f"{ratio:.2f}" for ratio in ratios]
        table.add_row(name, f"{wall.value:.2f}", *spread, f"{cpu.value:.2f}", *shown)
    return table


def _growth_table(result: Result) -> Table:
    past, size = result.scenario["past_clients"], result.scenario["large_bytes"] / 1e6
    table = Table(title=f"a keystroke's CPU in a new document, after {past} clients, and in {size:g} MB")
    for column in ("contender", "new us", "old us", "ratio", "large us", "ratio"):
        table.add_column(column, justify="left" if column == "contender" else "right")
    for name in GROWING:
        row = [result.find(YOUNG, name, CPU)]
        for workload in (OLD, LARGE):
            row += result.find(workload, name, CPU), result.find(workload, name, GROWTH)
        table.add_row(name, *("" if found is None else f"{found.value:.2f}" for found in row))
    return table
