"""What the campaign found once stays found; and a short campaign on every run."""

from __future__ import annotations

import json
import time
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
LINEAR_S = 2.0
"""What each of these once took many seconds for takes a tenth of this."""
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


def test_sections_that_wait_for_one_another_in_front_of_a_skip_take_linear_time() -> None:
    one, two = Part(1, 0, [b"\x04\x01\x01t\x01a"]), Part(2, 0, [])
    for clock in range(20_000):
        two.structs.append(b"\x84\x01" + write_uint(clock) + b"\x01a")
        one.structs.append(b"\x84\x02" + write_uint(clock) + b"\x01a")
    one.structs.append(b"\x0a\x05")
    two.structs.append(b"\x0a\x05")
    update = vet(Model([one, two]).encode())
    start = time.thread_time()
    sifted = sift(update, Known())
    assert time.thread_time() - start < LINEAR_S
    assert sifted.fresh is not None
    assert sifted.fresh.clocks == {1: 20_001, 2: 20_000}


def test_deletions_in_falling_order_take_linear_time() -> None:
    falling = [(1, 3 * index, 1) for index in reversed(range(100_000))]
    update = vet(Model([Part(1, 0, [b"\x00" + write_uint(CLOCK_MAX)])], falling).encode())
    start = time.thread_time()
    known = Known()
    _learn(known, update)
    assert time.thread_time() - start < LINEAR_S
    assert [len(ranges) for _, ranges in known.deletions] == [100_000]


def test_deletions_between_deletions_take_linear_time() -> None:
    known = Known()
    whole = [Part(1, 0, [b"\x00" + write_uint(CLOCK_MAX)])]
    _learn(known, vet(Model(whole, [(1, 12 * index, 1) for index in range(200_000)]).encode()))
    between = vet(Model([], [(1, 12 * index + 6, 1) for index in range(200_000)]).encode())
    start = time.thread_time()
    _learn(known, between)
    assert time.thread_time() - start < LINEAR_S
    assert [len(ranges) for _, ranges in known.deletions] == [400_000]


def test_what_waits_for_much_does_not_slow_others() -> None:
    room = Room("fuzz", Content(), LIMITS)
    waiting, writing = (FramedSession(ywebsocket, Wire()) for _ in range(2))
    room.join(waiting)
    room.join(writing)
    for first in range(1_000, 101_000, 10_000):
        unknown = Model([], [(client, 5, 1) for client in range(first, first + 10_000)]).encode()
        room.receive(waiting, SyncUpdate(unknown))
    room.turn()
    start = time.thread_time()
    for clock in range(200):
        letter = b"\x84\x01" + write_uint(clock - 1) if clock else b"\x04\x01\x01t"
        room.receive(writing, SyncUpdate(Model([Part(1, clock, [letter + b"\x01a"])]).encode()))
        room.turn()
    assert time.thread_time() - start < LINEAR_S
    assert room.content.known.vector == {1: 200}


def test_a_short_campaign_finds_nothing() -> None:
    outcome = run_campaign(seed=1, seconds=10, quiet=True)
    assert not outcome.findings, summary(outcome)
    assert outcome.cases > CASES_MIN, summary(outcome)


def _learn(known: Known, update: Update) -> None:
    sifted = sift(update, known)
    assert sifted.fresh is not None
    known.grow(sifted.fresh.clocks, sifted.fresh.deletions)
