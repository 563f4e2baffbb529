"""Runs the comparison: the fan-out scenario on every server, and what their acknowledgements are worth."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from rich.console import Console

from bench import traces
from bench.contenders.contender import Absent, Contender
from bench.contenders.others import OTHERS
from bench.contenders.ours import HOCUSPOCUS, YWEBSOCKET
from bench.contenders.process import ServerFailed
from bench.result import Measurement, Result
from bench.rounds import Rounds
from bench.scenarios import Compare, Size

from . import ratio, survival
from .quantities import LIGHT, SURVIVED, WORKLOAD

CONTENDERS: Final = (YWEBSOCKET, HOCUSPOCUS, *OTHERS)


def run(
    scenario: Compare, size: Size, folder: Path | None, console: Console, contenders: Sequence[Contender]
) -> Result:
    """Measure; Ctrl-C while they type ends everything and keeps the rounds that were finished.

    That another server is not there or does not run is a remark in the result, and no problem.
    Raises `TraceError`, and `ServerFailed` or `LoadClientFailed` where a server of ours does not work.
    """
    fanout = scenario.fanout
    trace = traces.find(folder, fanout.trace, fanout.edits_per_writer)
    result = Result("compare", size, asdict(scenario) | {"trace": trace.name})
    console.print(
        f"{fanout.clients} clients, {fanout.writers} of them type {fanout.edits_per_s:g}/s for "
        f"{fanout.seconds:g} s; {scenario.rounds} rounds in turns"
    )
    rounds = Rounds(
        trace, result, console, others_max=scenario.others_max, attempts_max=scenario.attempts_max
    )
    present = [contender for contender in rounds.present(contenders) if _is_worth(contender, rounds)]
    ours = [contender for contender in present if contender.is_ours]
    rounds.measure(WORKLOAD, fanout, present, scenario.rounds)
    rounds.measure(WORKLOAD, fanout, ours, scenario.our_rounds - scenario.rounds)
    rounds.measure(LIGHT, scenario.light, ours, scenario.our_rounds)
    rounds.finish()
    for workload in (WORKLOAD, LIGHT):
        ratio.judge(workload, scenario, size, result)
    return result


def _is_worth(contender: Contender, rounds: Rounds) -> bool:
    """Find out what an acknowledgement is worth, and whether the server runs here at all."""
    if contender.dialect.endswith("relay"):
        return True  # there is nothing to survive: it acknowledges and keeps nothing
    result = rounds.result
    try:
        with (
            tempfile.TemporaryDirectory(prefix="crdt-bench-") as folder,
            rounds.console.status(f"{contender.name}: killed after acknowledging"),
        ):
            survived = survival.survivors(contender, Path(folder))
    except (Absent, ServerFailed) as error:
        if contender.is_ours:
            raise ServerFailed(f"{contender.name}: {error}") from error
        rounds.leave_out(contender, error)
        return False
    result.measurements.append(Measurement(WORKLOAD, contender.name, SURVIVED, "", survived))
    if contender.is_ours and survived < survival.ACKNOWLEDGED:
        lost = survival.ACKNOWLEDGED - survived
        result.problems.append(f"{contender.name}: {lost} acknowledged edits lost by kill -9")
    return True
