"""The journal: in order, many at a time, back-pressure, and no way to lose a record."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from crdt_server.core.limits import Limits
from crdt_server.runtime.journal import RECORD_OVERHEAD_BYTES, Journal
from crdt_server.runtime.metrics import Metrics
from persistence.port import Append, DocumentErased
from tests.conditions import until
from tests.runtime.stores import SlowStore

TIGHT = Limits(
    journal_bytes_max=1000,
    journal_batch_bytes_max=300,
    message_bytes_max=1000,
    awareness_state_bytes_max=100,
    store_retry_s_max=0.02,
    store_timeout_s=0.2,
    drain_timeout_s=0.2,
)


@pytest.fixture
async def store() -> AsyncIterator[SlowStore]:
    store = SlowStore()
    await store.open()
    yield store
    store.may_write.set()
    await store.close()


@pytest.fixture
async def journal(store: SlowStore) -> AsyncIterator[Journal]:
    journal = Journal(store, TIGHT, Metrics())
    journal.start()
    yield journal
    await journal.close()


async def record(store: SlowStore, size: int = 10, document: str = "a") -> Append:
    return Append(document, (await store.load(document)).epoch, "", b"x" * size)


async def test_outcomes_come_in_order_after_the_commit(store: SlowStore, journal: Journal) -> None:
    outcomes: list[int | DocumentErased] = []
    store.may_write.clear()
    append = await record(store)
    for _ in range(5):
        journal.append(append, outcomes.append)
    await until(lambda: store.attempts)
    assert outcomes == []
    store.may_write.set()
    await until(lambda: len(outcomes) == 5)
    assert outcomes == sorted(outcomes, key=str)


async def test_a_commit_is_bounded_in_bytes(store: SlowStore, journal: Journal) -> None:
    outcomes: list[int | DocumentErased] = []
    append = await record(store, 200)
    for _ in range(4):
        journal.append(append, outcomes.append)
    await until(lambda: len(outcomes) == 4)
    assert store.commits == [1, 1, 1, 1]


async def test_who_brings_edits_waits_while_the_store_is_behind(store: SlowStore, journal: Journal) -> None:
    outcomes: list[int | DocumentErased] = []
    store.may_write.clear()
    append = await record(store, 400)
    for _ in range(3):
        journal.append(append, outcomes.append)
    waiting = asyncio.create_task(journal.has_room())
    await until(lambda: store.attempts)
    assert not waiting.done()
    store.may_write.set()
    await waiting
    await until(lambda: len(outcomes) == 3)


async def test_small_records_count_with_the_memory_they_take(store: SlowStore, journal: Journal) -> None:
    """A keystroke is 20 bytes and takes some hundred: bytes of updates alone would bound nothing."""
    outcomes: list[int | DocumentErased] = []
    store.may_write.clear()
    append = await record(store, 1)
    for _ in range(TIGHT.journal_bytes_max // RECORD_OVERHEAD_BYTES + 1):
        journal.append(append, outcomes.append)
    waiting = asyncio.create_task(journal.has_room())
    await until(lambda: store.attempts)
    assert not waiting.done()
    store.may_write.set()
    await waiting


async def test_a_failing_store_is_tried_until_it_takes_the_records(
    store: SlowStore, journal: Journal
) -> None:
    outcomes: list[int | DocumentErased] = []
    append = await record(store)
    store.fails = True
    journal.append(append, outcomes.append)
    await until(lambda: store.attempts >= 3)
    assert journal.failure is not None
    assert outcomes == []
    store.fails = False
    await until(lambda: outcomes)
    assert journal.failure is None


async def test_a_store_that_hangs_counts_as_failing(store: SlowStore, journal: Journal) -> None:
    outcomes: list[int | DocumentErased] = []
    append = await record(store)
    store.may_write.clear()
    journal.append(append, outcomes.append)
    await until(lambda: journal.failure is not None)
    assert "timed out" in str(journal.failure)
    store.may_write.set()
    await until(lambda: outcomes)


async def test_a_defect_of_a_store_does_not_end_the_writer(store: SlowStore, journal: Journal) -> None:
    outcomes: list[int | DocumentErased] = []
    append = await record(store)
    store.defect = True
    journal.append(append, outcomes.append)
    await until(lambda: journal.failure is not None)
    assert "ZeroDivisionError" in str(journal.failure)
    store.defect = False
    await until(lambda: outcomes)


async def test_a_callback_that_fails_holds_nobody_up(store: SlowStore, journal: Journal) -> None:
    outcomes: list[int | DocumentErased] = []

    def fail(outcome: int | DocumentErased) -> None:
        raise ZeroDivisionError

    append = await record(store)
    journal.append(append, fail)
    journal.append(append, outcomes.append)
    await until(lambda: outcomes)


async def test_an_erased_document_says_so_and_holds_nobody_up(store: SlowStore, journal: Journal) -> None:
    outcomes: list[int | DocumentErased] = []
    old = await record(store)
    await store.append([old])
    await store.delete("a")
    journal.append(old, outcomes.append)
    journal.append(await record(store, document="b"), outcomes.append)
    await until(lambda: len(outcomes) == 2)
    assert isinstance(outcomes[0], DocumentErased)
    assert isinstance(outcomes[1], int)


async def test_closing_waits_for_what_is_left_and_no_longer_than_it_may(store: SlowStore) -> None:
    outcomes: list[int | DocumentErased] = []
    journal = Journal(store, TIGHT, Metrics())
    journal.start()
    append = await record(store)
    journal.append(append, outcomes.append)
    assert await journal.close() == 0
    journal = Journal(store, TIGHT, Metrics())
    journal.start()
    store.fails = True
    journal.append(append, outcomes.append)
    assert await journal.close() == 1


async def test_what_is_announced_takes_room_before_it_is_appended(journal: Journal) -> None:
    journal.announce(1001)
    assert not journal.takes_edits
    journal.announce(-1001)
    assert journal.takes_edits
    await journal.has_room()
