"""`python -m bench`: the command line. Exit codes: 0 measured, 1 the answer was wrong, 2 wrong usage,
3 a server or the load client failed.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from bench import spread
from bench.compare import run as compare
from bench.compare import table
from bench.compare.run import CONTENDERS
from bench.contenders.contender import Contender
from bench.contenders.ours import HOCUSPOCUS, YWEBSOCKET
from bench.contenders.process import ServerFailed
from bench.fanout import run as fanout
from bench.idle import run as idle
from bench.joins import run as joins
from bench.load.started import LoadClientFailed
from bench.merge import run as merge
from bench.plot import pictures
from bench.plot.kept import Unreadable, read
from bench.result import FOLDER, Result
from bench.rooms import run as rooms
from bench.scenarios import COMPARE, IDLE, JOINS, MERGE, SLOW, Size
from bench.scenes.open_files import TooFewFiles
from bench.slow import run as slow
from bench.spread import Spread
from bench.traces import TraceError

EXIT_WRONG = 1
EXIT_FAILED = 3


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
def main() -> None:
    """Benchmarks of crdt-server. Each prints a table and writes a JSON file."""
    # A shell's background jobs begin with SIGINT ignored; one that is sent to us is meant.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _common(command: Callable[..., None]) -> Callable[..., None]:
    options = (
        click.option("--small", is_flag=True, help="A few seconds: to see that it works, not to compare."),
        click.option(
            "--traces",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            envvar="CRDT_BENCH_TRACES",
            help="Folder with recorded traces, NAME.json.gz of github.com/josephg/editing-traces. Without "
            "it a trace of the same shape is generated.",
        ),
        click.option(
            "--results",
            type=click.Path(file_okay=False, path_type=Path),
            default=FOLDER,
            show_default="bench/results",
            help="Folder for the JSON file.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@main.command("merge")
@_common
@click.option("--runs", type=click.IntRange(1), help="How often everything is measured.")
@click.option(
    "--yjs/--no-yjs",
    default=None,
    help="Whether yjs in Node is measured too.",
    show_default="not with --small",
)
def merge_command(
    small: bool, traces: Path | None, results: Path, runs: int | None, yjs: bool | None
) -> None:
    """What one update costs in the process: our merge path, its steps, a room, pycrdt's Doc, and yjs."""
    size = _size(small)
    chosen: dict[str, Any] = {} if runs is None else {"runs": runs, "growth_runs": runs}
    console = Console()
    with _usage(TraceError):
        scenario = replace(MERGE[size], **chosen)
        result = merge.run(scenario, size, traces, console, with_yjs=not small if yjs is None else yjs)
    merge.show(result, console)
    _finish(result, results, console)


def _spreads(kind: Spread) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Options of the benchmarks of how edits spread, in one room or in many."""

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        number = click.FloatRange(0, min_open=True)
        options = (
            click.option(
                "--rounds",
                type=click.IntRange(1),
                help="How often everybody is measured.",
                show_default="3; 1 with --small",
            ),
            click.option(
                "--only",
                type=click.Choice([contender.name for contender in CONTENDERS]),
                multiple=True,
                show_default=f"{'; '.join(kind.contenders)}. Ours with --small",
                help="Whom to measure; may be given again.",
            ),
            click.option(
                "--workload",
                "workloads",
                type=click.Choice(list(kind.workloads)),
                multiple=True,
                default=kind.default,
                help="What to measure; may be given again.",
            ),
            click.option(
                "--times",
                type=number,
                multiple=True,
                help="As large so many times, at the same number of edits; may be given again.",
            ),
            click.option("--rooms", type=click.IntRange(1), help="Documents."),
            click.option("--clients", type=click.IntRange(2), help="Connections to each document."),
            click.option("--writers", type=click.IntRange(1), help="How many of them type."),
            click.option("--rate", "edits_per_s", type=number, help="Edits/s of each writer."),
            click.option(
                "--presence", "presence_hz", type=click.FloatRange(0), help="Cursor moves/s of each client."
            ),
            click.option("--seconds", type=number, help="How long they type."),
        )
        for option in reversed(options):
            command = option(command)
        return command

    return decorated


@main.command("fanout")
@_common
@_spreads(fanout.SPREAD)
def fanout_command(**chosen: Any) -> None:
    """Propagation and acknowledgement in one room: what a delivery costs a server, and when it comes."""
    _measure(fanout.SPREAD, **chosen)


@main.command("rooms")
@_common
@_spreads(rooms.SPREAD)
def rooms_command(**chosen: Any) -> None:
    """The same in many rooms with few people each."""
    _measure(rooms.SPREAD, **chosen)


def _measure(
    kind: Spread,
    *,
    small: bool,
    traces: Path | None,
    results: Path,
    rounds: int | None,
    only: tuple[str, ...],
    workloads: tuple[str, ...],
    times: tuple[float, ...],
    **chosen: Any,
) -> None:
    size = _size(small)
    given = {name: value for name, value in chosen.items() if value is not None}
    console = Console()
    with _usage(ValueError):
        loads = kind.loads(size, workloads, times, given)
    wanted = only or (YWEBSOCKET.name,) if small else only or kind.contenders
    contenders = [contender for contender in CONTENDERS if contender.name in wanted]
    rounds = rounds or (1 if small else 3)
    with _failures(), _usage(TraceError):
        result = spread.run(
            kind.name,
            loads,
            rounds=rounds,
            size=size,
            folder=traces,
            console=console,
            contenders=contenders,
        )
    if size == "full" and not given:
        result.goals += kind.goals(result)
    spread.show(result, console)
    _finish(result, results, console)


@main.command("compare")
@_common
@click.option("--rounds", type=click.IntRange(1), help="How often everybody is measured.")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), help="How long they type.")
@click.option(
    "--only",
    type=click.Choice([contender.name for contender in CONTENDERS]),
    multiple=True,
    show_default="all; ours with --small",
    help="Whom to measure; may be given again.",
)
def compare_command(
    small: bool, traces: Path | None, results: Path, only: tuple[str, ...], **chosen: Any
) -> None:
    """The fan-out scenario on our server, in both dialects, and on other people's servers."""
    size = _size(small)
    scenario = COMPARE[size]
    if chosen["seconds"] is not None:
        scenario = replace(scenario, fanout=replace(scenario.fanout, seconds=chosen["seconds"]))
    if chosen["rounds"] is not None:
        scenario = replace(scenario, rounds=chosen["rounds"], our_rounds=chosen["rounds"])
    contenders = [c for c in CONTENDERS if (c.name in only if only else c.is_ours or not small)]
    console = Console()
    with _failures(), _usage(TraceError):
        result = compare.run(scenario, size, traces, console, contenders)
    table.show(result, console)
    _finish(result, results, console)


def _contended(command: Callable[..., None]) -> Callable[..., None]:
    """Options of the benchmarks that measure several servers, in rounds."""
    options = (
        click.option("--rounds", type=click.IntRange(1), help="How often everybody is measured."),
        click.option(
            "--only",
            type=click.Choice([contender.name for contender in CONTENDERS]),
            multiple=True,
            show_default="ours and the others' as they come; ours with --small",
            help="Whom to measure; may be given again.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _chosen(only: tuple[str, ...], *, small: bool, relays: bool = False) -> list[Contender]:
    """Return the contenders of a scene. A relay keeps no document, so nobody can join one there."""
    able = [c for c in CONTENDERS if relays or not c.dialect.endswith("relay")]
    if only:
        return [contender for contender in able if contender.name in only]
    return [YWEBSOCKET] if small else [c for c in able if c is not HOCUSPOCUS and "SQLite" not in c.name]


@main.command("joins")
@_common
@_contended
def joins_command(
    small: bool, traces: Path | None, results: Path, rounds: int | None, only: tuple[str, ...]
) -> None:
    """Many open one document at once: when the last has it, what it takes, what others feel."""
    size = _size(small)
    scenario = JOINS[size] if rounds is None else replace(JOINS[size], rounds=rounds)
    console = Console()
    with _failures(), _usage(TraceError):
        result = joins.run(scenario, size, traces, console, _chosen(only, small=small))
    joins.show(result, console)
    _finish(result, results, console)


@main.command("idle")
@_common
@_contended
@click.option("--connections", type=click.IntRange(1), help="Connections, four to a document.")
def idle_command(
    small: bool, results: Path, rounds: int | None, only: tuple[str, ...], connections: int | None, **_: Any
) -> None:
    """What connections cost while nobody types: memory, CPU, and the time to open them."""
    size = _size(small)
    scenarios = IDLE[size]
    if connections is not None:
        one = replace(scenarios[-1], connections=connections, documents=-(-connections // 4))
        scenarios = (one,)
    console = Console()
    with _failures(), _usage(TooFewFiles):
        contenders = _chosen(only, small=small, relays=True)
        result = idle.run(scenarios, size, console, contenders, rounds or 1)
    idle.show(result, console)
    _finish(result, results, console)


@main.command("slow")
@_common
@_contended
def slow_command(small: bool, results: Path, rounds: int | None, only: tuple[str, ...], **_: Any) -> None:
    """Clients that do not read, in a busy room: memory, how they end, and what the others feel."""
    size = _size(small)
    console = Console()
    with _failures():
        contenders = _chosen(only, small=small, relays=True)
        result = slow.run(SLOW[size], size, console, contenders, rounds or 1)
    slow.show(result, console)
    _finish(result, results, console)


@main.command("plot")
@click.argument(
    "results", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def plot_command(results: tuple[Path, ...]) -> None:
    """Draw kept results again: RESULTS are JSON files, the pictures are written beside them."""
    for path in results:
        with _usage(Unreadable):
            result = read(path)
        for picture in pictures.draw(result, path):
            click.echo(f"drawn in {picture}")


def _size(small: bool) -> Size:
    return "small" if small else "full"


@contextmanager
def _usage(mendable: type[Exception]) -> Iterator[None]:
    """Turn an error that the caller can mend into a message and exit code 2."""
    try:
        yield
    except mendable as error:
        raise click.UsageError(str(error)) from error


@contextmanager
def _failures() -> Iterator[None]:
    """Turn a server or load client that does not work into a message and exit code 3."""
    try:
        yield
    except (ServerFailed, LoadClientFailed) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(EXIT_FAILED)


def _finish(result: Result, folder: Path, console: Console) -> None:
    """Print the digest and the problems, keep the result and its pictures, exit."""
    if result.interrupted:
        console.print("interrupted: fewer runs or edits than the scenario says")
    if result.was_disturbed:
        console.print(f"the machine was busy before (load {result.load_before:.1f}): do not compare times")
    for goal in result.goals:
        console.print(
            f"goal: {goal}", style="green" if goal.met else "yellow", highlight=False, soft_wrap=True
        )
    console.print(f"digest: {result.digest}", highlight=False, soft_wrap=True)
    for problem in result.problems:
        console.print(f"[red]wrong:[/red] {problem}", highlight=False, soft_wrap=True)
    path = result.write(folder)
    console.print(f"kept in {path}", highlight=False, soft_wrap=True)
    for picture in pictures.draw(result, path):
        console.print(f"drawn in {picture}", highlight=False, soft_wrap=True)
    sys.exit(EXIT_WRONG if result.problems else 0)


if __name__ == "__main__":
    main(prog_name="python -m bench")
