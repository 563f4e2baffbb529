"""pycrdt's stateless functions behind one door: complete in any order, errors that are ours."""

from __future__ import annotations

import random
from typing import Any

import pycrdt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdt_server.core import merge as module
from crdt_server.core.known import Known
from crdt_server.core.merge import MERGE_FAN_IN, MergeError, difference, merge, state_vector_of
from crdt_server.protocol.update import EMPTY_UPDATE, encode_state_vector, vet
from tests.golden_files import golden
from tests.updates import insert, text_of

DOCUMENTS = golden("documents")


@given(st.sampled_from(DOCUMENTS), st.randoms())
def test_merging_is_complete_in_any_order(entry: dict[str, Any], choose: random.Random) -> None:
    updates = [bytes.fromhex(data) for data in entry["updates"]]
    shuffled = updates + choose.choices(updates, k=2)
    choose.shuffle(shuffled)
    merged = Known.of_update(merge(shuffled))
    assert merged.vector == {int(client): clock for client, clock in entry["stateVector"].items()}
    # A map key that two set at once loses one value: Yjs deletes that when it integrates, no update says so.
    state = Known.of_update(bytes.fromhex(entry["state"])).deletions
    assert not [
        span for client, a, b in vet(merge(shuffled)).deletions for span in state.missing(client, a, b)
    ]


@given(st.sampled_from(DOCUMENTS), st.integers(0, 10))
def test_merging_is_associative_in_what_is_known(entry: dict[str, Any], cut: int) -> None:
    updates = [bytes.fromhex(data) for data in entry["updates"]]
    parts = merge([merge(updates[:cut]), merge(updates[cut:])])
    whole = merge(updates)
    assert Known.of_update(parts).vector == Known.of_update(whole).vector
    assert Known.of_update(parts).deletions == Known.of_update(whole).deletions
    assert len(merge([whole, whole])) == len(merge([whole, EMPTY_UPDATE]))


def test_more_than_one_call_can_take_is_merged_in_levels() -> None:
    updates = [insert(1, clock, "x") for clock in range(MERGE_FAN_IN * 3 + 1)]
    assert text_of(merge(updates)) == "x" * len(updates)


def test_merging_nothing_is_the_empty_update() -> None:
    assert merge([]) == EMPTY_UPDATE


def test_a_difference_is_what_is_lacking() -> None:
    whole = merge([insert(1, clock, "x") for clock in range(5)])
    assert state_vector_of(whole) == encode_state_vector({1: 5})
    lacking = difference(whole, encode_state_vector({1: 3}))
    assert text_of(insert(1, 0, "xxx"), lacking) == "xxxxx"


@pytest.mark.parametrize("garbage", [b"", b"\x01", b"\xff" * 10])
def test_garbage_is_our_error(garbage: bytes) -> None:
    with pytest.raises(MergeError):
        state_vector_of(garbage)
    with pytest.raises(MergeError):
        merge([garbage, EMPTY_UPDATE])


def test_a_rust_panic_is_our_error() -> None:
    """The poison of seven bytes makes a Doc panic when it is encoded; our door turns that into an error."""
    document: pycrdt.Doc[Any] = pycrdt.Doc()
    document.apply_update(bytes.fromhex("01010001000000"))
    with pytest.raises(MergeError, match="get_update"):
        module._guarded(document.get_update)


def test_an_interrupt_passes() -> None:
    def interrupted() -> bytes:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        module._guarded(interrupted)
