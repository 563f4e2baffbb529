"""Yjs and pycrdt read the same in the same bytes; what does not survive pycrdt is known."""

import pycrdt
import pytest

from tests.interop.content import content_in_pycrdt
from tests.interop.generated import generate_documents, load_in_yjs

FIRST_SEED = 1
COUNT = 60

# Updates of client 1 that insert one value into the root "array".
ARRAY_OF_ONE = "01010100080105617272617901{}00"
BIGINT_ONE = "7a0000000000000001"
BIGINT_BEYOND_DOUBLE = "7a4000000000000001"
NUMBER_ONE = "7d01"


@pytest.mark.parametrize("gc", [True, False])
def test_yjs_and_pycrdt_agree_on_random_documents(gc: bool) -> None:
    for document in generate_documents(FIRST_SEED, COUNT, gc=gc):
        assert content_in_pycrdt(document.state) == document.content, f"seed {document.seed}"


def test_a_merge_of_all_updates_has_the_clients_content() -> None:
    documents = generate_documents(FIRST_SEED, COUNT)
    merged = [pycrdt.merge_updates(*document.updates) for document in documents]
    for document, update, loaded in zip(documents, merged, load_in_yjs(merged), strict=True):
        assert not loaded.pending, f"seed {document.seed}"
        assert loaded.state_vector == document.state_vector, f"seed {document.seed}"
        assert loaded.content == document.content, f"seed {document.seed}"
        assert content_in_pycrdt(update) == document.content, f"seed {document.seed}"


def test_the_generator_repeats_itself() -> None:
    assert generate_documents(FIRST_SEED, 3) == generate_documents(FIRST_SEED, 3)


def test_yjs_refusing_an_update_is_an_error() -> None:
    with pytest.raises(AssertionError, match="Yjs refuses"):
        load_in_yjs([b"\x01\x01"])


def test_pycrdt_makes_a_number_of_a_bigint_that_a_double_can_hold() -> None:
    small = bytes.fromhex(ARRAY_OF_ONE.format(BIGINT_ONE))
    large = bytes.fromhex(ARRAY_OF_ONE.format(BIGINT_BEYOND_DOUBLE))
    assert pycrdt.merge_updates(small) == bytes.fromhex(ARRAY_OF_ONE.format(NUMBER_ONE))
    assert pycrdt.merge_updates(large) == large
