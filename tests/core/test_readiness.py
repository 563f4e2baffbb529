"""Taking updates apart: what is ready is complete, what waits is complete, nothing falls between."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crdt_server.core.known import DeleteSet, Known
from crdt_server.core.merge import merge
from crdt_server.core.readiness import sift
from crdt_server.protocol.update import EMPTY_UPDATE, Update, vet
from tests.updates import Author, after, delete, deletes, insert, item, section, text_of, text_struct, update


def operations(read: Update | None) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """All clocks that an update brings, and all that it deletes."""
    if read is None:
        return set(), set()
    brought = set()
    for part in read.sections:
        for clock, end, kind in zip(part.clocks, [*part.clocks[1:], part.end], part.kinds, strict=True):
            if kind != 10:
                brought |= {(part.client, tick) for tick in range(clock, end)}
    return brought, {(client, tick) for client, a, b in read.deletions for tick in range(a, b)}


def conversation(seed: int) -> list[bytes]:
    """Updates of three authors who hear each other now and then."""
    choose = random.Random(seed)
    authors = [Author(client) for client in (5, 70_000, 2**40)]
    said: list[bytes] = []
    for _ in range(choose.randint(3, 25)):
        author = choose.choice(authors)
        length = len(author.text)
        if length > 2 and choose.random() < 0.3:
            start = choose.randrange(length - 1)
            said.append(author.erase(start, choose.randint(start + 1, length)))
        else:
            said.append(author.type(choose.choice(["a", "bc", "def"]), choose.randint(0, length)))
        for other in authors:
            if other is not author and choose.random() < 0.6:
                other.hear([author.doc.get_update()])
    return said


@settings(max_examples=200)
@given(st.integers(0, 10**6), st.data())
def test_nothing_falls_between_fresh_and_waiting(seed: int, data: st.DataObject) -> None:
    said = conversation(seed)
    split = data.draw(st.integers(0, len(said)))
    have, rest = said[:split], data.draw(st.permutations(said[split:])) if split < len(said) else []
    known = Known.of_update(merge(have))
    chosen = rest[: data.draw(st.integers(0, len(rest)))] + data.draw(
        st.lists(st.sampled_from(said), max_size=3)
    )
    incoming = vet(merge(chosen))
    sifted = sift(incoming, known)

    brought, deleted = operations(incoming)
    fresh = vet(sifted.fresh.data) if sifted.fresh else None
    fresh_brought, fresh_deleted = operations(fresh)
    waiting_brought, waiting_deleted = operations(sifted.waiting)
    have_brought = {(c, tick) for c, end in known.vector.items() for tick in range(end)}
    have_deleted = {(c, tick) for c, ranges in known.deletions for a, b in ranges for tick in range(a, b)}
    assert brought - have_brought <= fresh_brought | waiting_brought <= brought
    assert deleted - have_deleted <= fresh_deleted | waiting_deleted <= deleted
    assert bool(sifted.waiting) == bool(sifted.missing)

    if sifted.fresh is not None:
        whole = merge([*have, sifted.fresh.data])
        known.grow(sifted.fresh.clocks, sifted.fresh.deletions)
        assert Known.of_update(whole).vector == known.vector
        assert Known.of_update(whole).deletions == known.deletions
        again = sift(vet(sifted.fresh.data), known)
        assert again.fresh is None
        assert again.waiting is None


@given(st.integers(0, 10**6), st.randoms())
def test_any_order_ends_with_everything(seed: int, choose: random.Random) -> None:
    said = conversation(seed)
    shuffled = said + choose.choices(said, k=3)
    choose.shuffle(shuffled)
    known, log, waiting = Known(), [EMPTY_UPDATE], [vet(data) for data in shuffled]
    while waiting:
        held: list[Update] = []
        for arrival in waiting:
            sifted = sift(arrival, known)
            if sifted.fresh is not None:
                known.grow(sifted.fresh.clocks, sifted.fresh.deletions)
                log.append(sifted.fresh.data)
            if sifted.waiting is not None:
                held.append(sifted.waiting)
        assert len(held) < len(waiting), "an honest update never waits for ever"
        waiting = held
    assert text_of(*log) == text_of(*said)


def test_an_honest_keystroke_keeps_its_bytes() -> None:
    data = insert(1, 0, "a")
    sifted = sift(vet(data), Known())
    assert sifted.fresh is not None
    assert sifted.fresh.data is data
    assert sifted.fresh.clocks == {1: 1}
    assert sifted.missing == frozenset()


def test_the_empty_update_brings_nothing() -> None:
    sifted = sift(vet(EMPTY_UPDATE), Known())
    assert sifted.fresh is None
    assert sifted.waiting is None


@pytest.mark.parametrize(
    ("data", "missing"),
    [
        (insert(1, 4, "x"), (1, 3)),
        (update(section(1, 0, after(2, 7, "x"))), (2, 7)),
        (update(section(1, 0, item(0x04, 0, 3, 9, "x"))), (3, 9)),
        (delete(4, 2), (4, 2)),
    ],
    ids=["a gap", "an origin", "a parent", "a deletion"],
)
def test_what_it_builds_on_is_named(data: bytes, missing: tuple[int, int]) -> None:
    sifted = sift(vet(data), Known())
    assert sifted.fresh is None
    assert sifted.missing == {missing}


def test_behind_a_skip_waits_until_the_hole_is_filled() -> None:
    holed = update(section(1, 0, text_struct("ab"), item(10, 3), after(1, 4, "xy")))
    known = Known()
    first = sift(vet(holed), known)
    assert first.fresh is not None
    assert first.waiting is not None
    assert first.fresh.clocks == {1: 2}
    assert first.waiting.sections[0].clock == 5
    assert first.missing == {(1, 4)}
    assert sift(first.waiting, Known({1: 4})).fresh is None
    filled = sift(vet(holed), Known({1: 5}))
    assert filled.waiting is None
    assert filled.fresh is not None
    assert filled.fresh.clocks == {1: 7}
    half = sift(vet(holed), Known({1: 3}))
    assert half.fresh is None
    assert half.waiting is not None
    assert half.waiting.sections[0].clock == 5


def test_a_skip_at_the_end_waits_for_nothing() -> None:
    sifted = sift(vet(update(section(1, 0, text_struct("ab"), item(10, 3)))), Known())
    assert sifted.fresh is not None
    assert sifted.fresh.clocks == {1: 2}
    assert sifted.waiting is None


def test_clients_that_wait_for_one_another_in_one_update_are_ready_together() -> None:
    ladder = update(
        section(3, 0, after(2, 0, "a"), after(2, 2, "b")),
        section(2, 0, after(1, 0, "a"), after(3, 0, "b"), after(1, 1, "cc")),
        section(1, 0, text_struct("a"), after(2, 0, "b")),
    )
    sifted = sift(vet(ladder), Known())
    assert sifted.waiting is None
    assert sifted.fresh is not None
    assert sifted.fresh.clocks == {1: 2, 2: 4, 3: 2}


def test_a_circle_is_never_ready() -> None:
    circle = update(section(2, 0, after(1, 0, "a")), section(1, 0, after(2, 0, "a")))
    sifted = sift(vet(circle), Known())
    assert sifted.fresh is None
    assert sifted.waiting is not None


def test_insert_and_delete_of_the_same_text_are_ready_together() -> None:
    data = update(section(1, 0, text_struct("ab")), deletes=deletes({1: [(0, 1)]}))
    sifted = sift(vet(data), Known())
    assert sifted.fresh is not None
    assert sifted.fresh.data is data


def test_ranges_out_of_order_are_put_in_order() -> None:
    """pycrdt's merge loses deletions whose ranges overlap or stand in falling order."""
    data = update(deletes=deletes({1: [(5, 2), (0, 3), (2, 4)]}))
    sifted = sift(vet(data), Known({1: 10}))
    assert sifted.fresh is not None
    assert sifted.fresh.data != data
    assert vet(sifted.fresh.data).deletions == sorted(sifted.fresh.deletions)
    assert DeleteSet(sifted.fresh.deletions) == DeleteSet([(1, 0, 7)])


def test_a_deletion_is_cut_to_what_is_new_and_known() -> None:
    known = Known({1: 10}, DeleteSet([(1, 2, 4)]))
    sifted = sift(vet(delete(1, 0, 20)), known)
    assert sifted.fresh is not None
    assert sifted.waiting is not None
    assert sifted.fresh.deletions == [(1, 0, 2), (1, 4, 10)]
    assert sifted.waiting.deletions == [(1, 10, 20)]
    assert sifted.missing == {(1, 19)}


def test_of_a_struct_that_is_known_in_part_the_rest_is_taken() -> None:
    sifted = sift(vet(insert(1, 0, "abc")), Known({1: 1}))
    assert sifted.fresh is not None
    assert sifted.fresh.clocks == {1: 3}
    assert text_of(insert(1, 0, "a"), sifted.fresh.data) == "abc"


def test_whom_an_update_builds_on_is_told() -> None:
    data = update(section(1, 0, after(2, 0, "x")), deletes=deletes({3: [(0, 1)]}))
    sifted = sift(vet(data), Known({2: 1, 3: 1}))
    assert sifted.fresh is not None
    assert sifted.fresh.builds_on == {1, 2, 3}
