"""What the campaign found once stays found; and a short campaign on every run."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crdt_server.core.content import Content
from crdt_server.core.known import Known
from crdt_server.core.readiness import sift
from crdt_server.core.room import Room
from crdt_server.core.session import FramedSession
from crdt_server.protocol import ywebsocket
from crdt_server.protocol.messages import SyncUpdate
from crdt_server.protocol.update import CLOCK_MAX, Update, vet

from .campaign import run_campaign, summary
from .case import Case
from .model import Model, Part, write_uint
from .rooms import LIMITS, Wire
from .sequences import check_sequence

CASES = json.loads((Path(__file__).parent / "cases.json").read_text("utf-8"))
GROWTH_MAX = 10.0
"""Between what is linear and what is the square, see `growth`."""
CASES_MIN = 200
"""Cases of a short campaign even on a slow machine."""


@pytest.mark.parametrize("found", CASES, ids=[case["name"] for case in CASES])
def test_what_was_found_once(found: dict[str, Any], tmp_path: Path) -> None:
    """Each is a sequence of updates; everything that holds for any sequence holds for it."""
    updates = [bytes.fromhex(update) for update in found["updates"]]
    case = Case(tmp_path / "current")
    for seed in range(20):
        case.start(seed, 0, found["name"])
        check_sequence(case, updates)
    accepted = case.counts["updates accepted"] // 20
    assert accepted == found.get("accepted", len(updates))


def growth(work: Callable[[int], Callable[[], None]], size: int) -> float:
    """How the CPU time of work grows when it is four times as much: 4 is linear, 16 is the square.

    `work(size)` prepares, what it returns is measured; the best of three runs each.
    """
    seconds = {size: math.inf, 4 * size: math.inf}
    for _ in range(3):
        for amount, best in seconds.items():
            measured = work(amount)
            start = time.thread_time()
            measured()
            seconds[amount] = min(best, time.thread_time() - start)
    return seconds[4 * size] / seconds[size]


def test_sections_that_wait_for_one_another_in_front_of_a_skip_take_linear_time() -> None:
    def work(size: int) -> Callable[[], None]:
        one, two = Part(1, 0, [b"\x04\x01\x01t\x01a"]), Part(2, 0, [])
        for clock in range(size):
            two.structs.append(b"\x84\x01" + write_uint(clock) + b"\x01a")
            one.structs.append(b"\x84\x02" + write_uint(clock) + b"\x01a")
        one.structs.append(b"\x0a\x05")
        two.structs.append(b"\x0a\x05")
        update = vet(Model([one, two]).encode())

        def measured() -> None:
            sifted = sift(update, Known())
            assert sifted.fresh is not None
            assert sifted.fresh.clocks == {1: size + 1, 2: size}

        return measured

    assert growth(work, 4_000) < GROWTH_MAX


def test_deletions_in_falling_order_take_linear_time() -> None:
    def work(size: int) -> Callable[[], None]:
        falling = [(1, 3 * index, 1) for index in reversed(range(size))]
        update = vet(Model([Part(1, 0, [b"\x00" + write_uint(CLOCK_MAX)])], falling).encode())

        def measured() -> None:
            known = Known()
            _learn(known, update)
            assert [len(ranges) for _, ranges in known.deletions] == [size]

        return measured

    assert growth(work, 25_000) < GROWTH_MAX


def test_deletions_between_deletions_take_linear_time() -> None:
    def work(size: int) -> Callable[[], None]:
        known = Known()
        whole = [Part(1, 0, [b"\x00" + write_uint(CLOCK_MAX)])]
        _learn(known, vet(Model(whole, [(1, 12 * index, 1) for index in range(size)]).encode()))
        between = vet(Model([], [(1, 12 * index + 6, 1) for index in range(size)]).encode())

        def measured() -> None:
            _learn(known, between)
            assert [len(ranges) for _, ranges in known.deletions] == [2 * size]

        return measured

    assert growth(work, 25_000) < GROWTH_MAX


def test_what_waits_for_much_does_not_slow_others() -> None:
    """A keystroke costs the same whether 10 or 40 times 2,000 missing operations are waited for."""

    def work(size: int) -> Callable[[], None]:
        room = Room("fuzz", Content(), LIMITS)
        waiting, writing = (FramedSession(ywebsocket, Wire()) for _ in range(2))
        room.join(waiting)
        room.join(writing)
        for first in range(1_000, 1_000 + size * 2_000, 2_000):
            unknown = Model([], [(client, 5, 1) for client in range(first, first + 2_000)]).encode()
            room.receive(waiting, SyncUpdate(unknown))
        room.turn()

        def measured() -> None:
            for clock in range(500):
                letter = b"\x84\x01" + write_uint(clock - 1) if clock else b"\x04\x01\x01t"
                room.receive(writing, SyncUpdate(Model([Part(1, clock, [letter + b"\x01a"])]).encode()))
                room.turn()
            assert room.content.known.vector == {1: 500}

        return measured

    assert growth(work, 10) < GROWTH_MAX / 4


def test_a_short_campaign_finds_nothing() -> None:
    outcome = run_campaign(seed=1, seconds=10, quiet=True)
    assert not outcome.findings, summary(outcome)
    assert outcome.cases > CASES_MIN, summary(outcome)


def _learn(known: Known, update: Update) -> None:
    sifted = sift(update, known)
    assert sifted.fresh is not None
    known.grow(sifted.fresh.clocks, sifted.fresh.deletions)
