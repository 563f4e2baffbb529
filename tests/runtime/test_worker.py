"""The worker: squashes, verifies, and its death is an answer."""

from __future__ import annotations

import os

import pytest

from crdt_server.core.known import Known
from crdt_server.core.limits import Limits
from crdt_server.core.merge import merge
from crdt_server.runtime import squash as module
from crdt_server.runtime.squash import SquashRefused, squash
from crdt_server.runtime.worker import Worker
from tests.updates import Author, after, deletes, insert, item, section, struct, text_of, update


def nested(levels: int) -> list[bytes]:
    """Arrays inside arrays, one tiny update each."""
    first = update(section(1, 0, item(0x07, 1, "t", 0)))
    return [first, *[update(section(1, at, item(0x07, 0, 1, at - 1, 0))) for at in range(1, levels)]]


def slow_map(clients: int) -> bytes:
    """One key set by many clients: quadratic to integrate, well-formed, and small."""
    return update(*[section(c, 0, item(0x28, 1, "m", "k", 1, b"\x7e")) for c in range(clients, 0, -1)])


async def test_a_squash_says_what_the_log_says_in_another_process() -> None:
    author = Author(1)
    log = [author.type(letter) for letter in "hello"] + [author.erase(0, 1)]
    worker = Worker(Limits())
    try:
        state = (await worker.squash(None, log)).state
        assert text_of(state) == "ello"
        again = await worker.squash(state, [author.type("!")])
        assert text_of(again.state) == "ello!"
    finally:
        await worker.close()
    assert again.vector == Known.of_update(again.state).vector == {1: 6}


async def test_a_squash_that_takes_too_long_is_killed_and_the_next_one_works() -> None:
    worker = Worker(Limits(worker_timeout_s=3.0))
    try:
        with pytest.raises(SquashRefused, match=r"not done within"):
            await worker.squash(None, [slow_map(50_000)])
        assert text_of((await worker.squash(None, [insert(1, 0, "a")])).state) == "a"
    finally:
        await worker.close()


async def test_deep_nesting_does_not_reach_the_server_process() -> None:
    """A Doc on an ordinary stack ends its process at this depth."""
    worker = Worker(Limits())
    levels = 60_000
    deletion = update(deletes=struct(1, 1, 1, 0, 1))
    try:
        state = await worker.squash(None, [*nested(levels), deletion])
    finally:
        await worker.close()
    assert state.vector == {1: levels}


def test_a_state_that_lacks_something_is_refused() -> None:
    whole, part = insert(1, 0, "ab"), insert(1, 0, "a")
    with pytest.raises(SquashRefused, match="state vector"):
        module._compare(Known.of_update(whole), part)
    deleted = update(section(1, 0, item(0x04, 1, "t", "ab")), deletes=struct(1, 1, 1, 0, 1))
    with pytest.raises(SquashRefused, match="lacks a deletion"):
        module._compare(Known.of_update(deleted), whole)
    with pytest.raises(SquashRefused, match="changes when it is loaded"):
        module._compare(Known.of_update(deleted), deleted)


def test_what_is_known_of_a_log_is_what_is_known_of_its_merge() -> None:
    log = [insert(1, 0, "abc"), update(section(2, 0, after(1, 2, "d")), deletes=deletes({1: [(1, 1)]}))]
    in_order, in_disorder = module._known(log), module._known(log[::-1])
    expected = Known.of_update(merge(log))
    assert in_order.vector == in_disorder.vector == expected.vector == {1: 3, 2: 1}
    assert in_order.deletions == in_disorder.deletions == expected.deletions


def test_what_a_doc_cannot_take_is_refused() -> None:
    with pytest.raises(SquashRefused):
        squash(None, [insert(1, 3, "a gap")])
    with pytest.raises(SquashRefused):
        squash(b"\x05", [])


async def test_a_worker_may_be_nice_to_others() -> None:
    worker = Worker(Limits(), niceness=3)
    try:
        assert await worker._run(os.getpriority, os.PRIO_PROCESS, 0) == os.getpriority(os.PRIO_PROCESS, 0) + 3
    finally:
        await worker.close()


async def test_closing_a_worker_that_never_worked_is_nothing() -> None:
    await Worker(Limits()).close()
