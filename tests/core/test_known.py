"""What a room knows: ranges behave like sets of numbers, and equal what Yjs encodes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdt_server.core.known import DeleteSet, Known, covers
from crdt_server.protocol.update import vet
from tests.golden_files import golden
from tests.updates import after, deletes, section, update

spans = st.tuples(st.integers(1, 3), st.integers(0, 30), st.integers(1, 10)).map(
    lambda span: (span[0], span[1], span[1] + span[2])
)


def members(deletions: DeleteSet) -> set[tuple[int, int]]:
    return {(client, clock) for client, ranges in deletions for a, b in ranges for clock in range(a, b)}


@given(st.lists(spans))
def test_a_delete_set_is_a_set_of_clocks(added: list[tuple[int, int, int]]) -> None:
    deletions = DeleteSet(added)
    assert members(deletions) == {(client, clock) for client, a, b in added for clock in range(a, b)}
    for _, ranges in deletions:
        assert all(ranges[i][1] < ranges[i + 1][0] for i in range(len(ranges) - 1))
    assert bool(deletions) == bool(added)


@given(st.lists(spans), st.lists(spans, min_size=60, max_size=120))
def test_many_ranges_at_once_are_the_same_as_one_by_one(
    before: list[tuple[int, int, int]], added: list[tuple[int, int, int]]
) -> None:
    deletions = DeleteSet(before)
    deletions.update(added)
    assert deletions == DeleteSet([*before, *added])


@given(st.lists(spans), spans)
def test_missing_is_the_difference(added: list[tuple[int, int, int]], asked: tuple[int, int, int]) -> None:
    deletions = DeleteSet(added)
    client, start, end = asked
    gaps = deletions.missing(client, start, end)
    inside = {clock for gap in gaps for clock in range(*gap)}
    assert inside == {clock for clock in range(start, end) if (client, clock) not in members(deletions)}


@given(st.lists(spans))
def test_the_order_of_adding_does_not_matter(added: list[tuple[int, int, int]]) -> None:
    assert DeleteSet(added) == DeleteSet(reversed(added))
    assert DeleteSet(added) != added


@pytest.mark.parametrize("entry", golden("documents"), ids=lambda entry: entry["name"])
def test_a_document_is_known_as_yjs_knows_it(entry: dict[str, Any]) -> None:
    state = bytes.fromhex(entry["state"])
    known = Known.of_update(state)
    assert known.vector == {int(client): clock for client, clock in entry["stateVector"].items()}
    assert known.deletions == DeleteSet(vet(state).deletions)
    assert vet(b"\x00" + known.deletions.encode()).deletions == [
        (client, a, b) for client, ranges in sorted(known.deletions, reverse=True) for a, b in ranges
    ]


def test_the_encoded_vector_is_kept_until_something_comes() -> None:
    known = Known({1: 2})
    first = known.encoded_vector()
    known.grow({}, [(1, 0, 1)])
    assert known.encoded_vector() is first
    known.grow({1: 3}, [])
    assert known.encoded_vector() == b"\x01\x01\x03"


@given(st.lists(spans, max_size=60), st.lists(spans, max_size=60))
def test_what_it_touches_is_what_is_not_missing_whole(
    added: list[tuple[int, int, int]], asked: list[tuple[int, int, int]]
) -> None:
    deletions = DeleteSet(added)
    for client, start, end in asked:
        assert deletions.touches(client, start, end) == (
            deletions.missing(client, start, end) != [(start, end)]
        )


@pytest.mark.parametrize("ranges", [1, 40])
def test_to_learn_an_update_is_to_grow_by_what_it_says(ranges: int) -> None:
    spans = [(3 * index, 1) for index in range(ranges)]
    read = vet(update(section(1, 2, after(1, 1, "xyz")), deletes=deletes({1: spans})))
    learned, grown = Known({1: 2, 5: 1}), Known({1: 2, 5: 1})
    learned.encoded_vector()
    learned.learn(read)
    grown.grow(read.clocks, read.deletions)
    assert learned.vector == grown.vector == {1: 5, 5: 1}
    assert learned.deletions == grown.deletions
    assert learned.encoded_vector() == grown.encoded_vector()


def test_covers_compares_every_client() -> None:
    assert covers({1: 5, 2: 1}, {1: 5})
    assert not covers({1: 5}, {1: 5, 2: 1})
    assert covers({}, {})
