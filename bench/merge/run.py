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
from bench.digest import Digest, WrongAnswer
from bench.edits import old_document, opened, text_of, typed
from bench.result import Measurement, Result
from bench.scenarios import Merge, Size
from bench.stopwatch import Stopwatch
from crdt_server.protocol.update import decode_state_vector

from .contenders import CONTENDERS, DOC_OBSERVED, GROWING, Contender, Work

REPLAY, YOUNG, OLD = "replay", "young document", "old document"
WALL, CPU, GROWTH = "wall", "cpu", "growth"
UNIT = "us/update"


@dataclass(frozen=True, slots=True)
class Timed:
    """CPU and wall time of one run, in microseconds per update."""

    wall: float
    cpu: float


Runs = dict[tuple[str, str], list[Timed]]
"""Finished runs per workload and contender."""


def run(scenario: Merge, size: Size, folder: Path | None, console: Console) -> Result:
    """Measure; Ctrl-C ends it with what is finished. Raises `TraceError`."""
    trace = traces.find(folder, scenario.trace, scenario.edits_max)
    result = Result("merge", size, asdict(scenario) | {"trace": trace.name, "edits": len(trace.edits)})
    replay = Work(None, typed(trace.edits))
    result.scenario |= {"updates": len(replay.updates), "update_bytes": sum(map(len, replay.updates))}
    result.digest = Digest.of(trace.end, _vector(replay))
    runs: Runs = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        try:
            console.print(f"{trace.name}: {len(trace.edits)} edits; Ctrl-C keeps the runs that are finished")
            works = {REPLAY: (replay, result.digest)}
            _take_turns(CONTENDERS, works, scenario.runs, runs=runs, progress=progress)
            works = _growth_works(scenario, trace)
            _take_turns(GROWING, works, scenario.growth_runs, runs=runs, progress=progress)
        except KeyboardInterrupt:
            result.interrupted = True
        except WrongAnswer as wrong:
            result.problems.append(str(wrong))
    result.measurements = _measurements(runs)
    return result


def _growth_works(scenario: Merge, trace: traces.Trace) -> dict[str, tuple[Work, Digest]]:
    """The same keystrokes, for an empty document and for one that has seen many clients."""
    start = trace.first(scenario.keystrokes)
    base = old_document(scenario.past_clients)
    before = text_of(opened([base]))
    young, old = Work(None, typed(start.edits)), Work(base, typed(start.edits, base=base))
    return {
        YOUNG: (young, Digest.of(start.end, _vector(young))),
        OLD: (old, Digest.of(before + start.end, _vector(old))),
    }


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
    for name in GROWING:
        pairs = zip(runs.get((YOUNG, name), ()), runs.get((OLD, name), ()), strict=False)
        ratios = [old.cpu / young.cpu for young, old in pairs]
        if ratios:
            found.append(Measurement.of_runs(OLD, name, GROWTH, "times the young document's CPU", ratios))
    return found


def show(result: Result, console: Console) -> None:
    """Print the tables."""
    table = Table(
        title=f"{result.scenario['trace']}: us per update, median of the runs; ratio to {DOC_OBSERVED!r}"
    )
    for column in ("contender", "wall", "min", "max", "cpu", "cpu ratio"):
        table.add_column(column, justify="left" if column == "contender" else "right", no_wrap=True)
    base = result.find(REPLAY, DOC_OBSERVED, CPU)
    for name in CONTENDERS:
        wall, cpu = result.find(REPLAY, name, WALL), result.find(REPLAY, name, CPU)
        if wall is None or cpu is None:
            continue
        ratio = f"{cpu.value / base.value:.2f}" if base is not None else ""
        spread = (f"{min(wall.samples):.2f}", f"{max(wall.samples):.2f}")
        table.add_row(name, f"{wall.value:.2f}", *spread, f"{cpu.value:.2f}", ratio)
    console.print(table)
    table = Table(title=f"a keystroke's CPU after {result.scenario['past_clients']} past clients")
    for column in ("contender", "young us", "old us", "ratio"):
        table.add_column(column, justify="left" if column == "contender" else "right")
    for name in GROWING:
        young, old = result.find(YOUNG, name, CPU), result.find(OLD, name, CPU)
        growth = result.find(OLD, name, GROWTH)
        if young is not None and old is not None and growth is not None:
            table.add_row(name, f"{young.value:.2f}", f"{old.value:.2f}", f"{growth.value:.2f}")
    console.print(table)
