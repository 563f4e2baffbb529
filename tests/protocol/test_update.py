"""The structural check: everything honest passes, everything poisonous is refused."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdt_server.protocol.errors import InvalidUpdate, MalformedMessage, ProtocolError
from crdt_server.protocol.update import (
    CLOCK_MAX,
    EMPTY_UPDATE,
    decode_state_vector,
    encode_state_vector,
    vet,
)
from tests.golden_files import golden
from tests.updates import after, deletes, item, prefixes, section, struct, text_struct, update

UPDATES = golden("updates")
KINDS = {
    "GC": 0, "ContentDeleted": 1, "ContentBinary": 3, "ContentString": 4, "ContentEmbed": 5,
    "ContentFormat": 6, "ContentType": 7, "ContentAny": 8, "ContentDoc": 9, "Skip": 10,
}  # fmt: skip


@pytest.mark.parametrize("entry", UPDATES, ids=lambda entry: entry["name"])
def test_real_updates_are_read_as_yjs_reads_them(entry: dict[str, Any]) -> None:
    read = vet(bytes.fromhex(entry["hex"]))
    structs = [
        (part.client, clock, following - clock, kind)
        for part in read.sections
        for clock, following, kind in zip(part.clocks, [*part.clocks[1:], part.end], part.kinds, strict=True)
    ]
    assert structs == [(s[0], s[1], s[2], KINDS[s[3].partition(":")[0]]) for s in entry["structs"]]
    assert {(client, start, end) for client, start, end in read.deletions} == {
        (int(client), clock, clock + length)
        for client, ranges in entry["deletes"].items()
        for clock, length in ranges
    }


@pytest.mark.parametrize("entry", UPDATES, ids=lambda entry: entry["name"])
def test_real_updates_say_what_they_build_on(entry: dict[str, Any]) -> None:
    read = vet(bytes.fromhex(entry["hex"]))
    expected = set()
    for client, clock, _, _, origin, right_origin, parent, _ in entry["structs"]:
        inside = [parent] if isinstance(parent, list) else []
        for other in (origin, right_origin, *inside):
            if other is not None and other[0] != client:
                expected.add((client, clock, other[0], other[1]))
    needs = {(part.client, own, client, clock) for part in read.sections for own, client, clock in part.needs}
    assert needs == expected


@pytest.mark.parametrize("entry", UPDATES[::7], ids=lambda entry: entry["name"])
def test_an_update_cut_anywhere_is_refused(entry: dict[str, Any]) -> None:
    for cut in prefixes(bytes.fromhex(entry["hex"])):
        with pytest.raises(ProtocolError):
            vet(cut)


@pytest.mark.parametrize("entry", UPDATES[::7], ids=lambda entry: entry["name"])
def test_trailing_bytes_are_refused(entry: dict[str, Any]) -> None:
    with pytest.raises(MalformedMessage, match="follows"):
        vet(bytes.fromhex(entry["hex"]) + b"\x00")


@given(st.binary(max_size=60))
def test_any_bytes_give_an_update_or_a_documented_error(data: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        vet(data)


@given(st.sampled_from(UPDATES), st.integers(0), st.integers(0, 255))
def test_any_changed_byte_gives_an_update_or_a_documented_error(
    entry: dict[str, Any], where: int, value: int
) -> None:
    data = bytearray.fromhex(entry["hex"])
    data[where % len(data)] = value
    with contextlib.suppress(ProtocolError):
        vet(bytes(data))


ROOT = text_struct("ab")
POISON = {
    "the seven bytes: a GC of no length": bytes.fromhex("01010001000000"),
    "a Deleted item of no length": bytes.fromhex("0101000002010000010000"),
    "ContentJSON": bytes.fromhex("01010000020100010131010000"),
    "an empty text": update(section(1, 0, text_struct(""))),
    "no values": update(section(1, 0, item(0x08, 1, "t", 0))),
    "a Skip of no length": update(section(1, 0, item(10, 0))),
    "a GC with flags": update(section(1, 0, item(0x80, 1))),
    "a client twice": update(section(1, 0, ROOT), section(1, 2, item(0, 1))),
    "a client without operations": update(section(1, 0, count=0)),
    "a clock overflow": update(section(1, CLOCK_MAX - 1, item(0, 2))),
    "an origin that is itself": update(section(1, 0, after(1, 0, "a"))),
    "an origin that comes later": update(section(1, 0, after(1, 5, "a"))),
    "a right origin that comes later": update(section(1, 0, item(0x44, 1, 7, "a"))),
    "a parent that is itself": update(section(1, 0, item(0x04, 0, 1, 0, "a"))),
    "another client's clock out of range": update(section(1, 0, after(2, CLOCK_MAX, "a"))),
    "a parent that is text": update(section(1, 0, ROOT, item(0x04, 0, 1, 0, "x"))),
    "a parent that is another client's text": update(
        section(2, 0, item(0x04, 0, 1, 1, "x")), section(1, 0, ROOT)
    ),
    "an unknown shared type": update(section(1, 0, item(0x07, 1, "t", 7))),
    "XmlHook": update(section(1, 0, item(0x07, 1, "t", 5, "hook"))),
    "an unknown content": update(section(1, 0, item(0x0B, 1, "t", 1))),
    "an embed that is not JSON": update(section(1, 0, item(0x05, 1, "t", "{"))),
    "a format that is not JSON": update(section(1, 0, item(0x06, 1, "t", "bold", "tru"))),
    "a sub-document without options": update(section(1, 0, item(0x09, 1, "t", "guid", b"\x7e"))),
    "a sub-document whose guid is no text": update(
        section(1, 0, item(0x09, 1, "t", "guid", b"\x76\x01", "guid", b"\x7e"))
    ),
    "a sub-document with a filter": update(
        section(1, 0, item(0x09, 1, "t", "guid", b"\x76\x01", "gcFilter", b"\x7e"))
    ),
    "a deletion of nothing": update(deletes=deletes({1: [(0, 0)]})),
    "a deletion out of range": update(deletes=deletes({1: [(CLOCK_MAX, 1)]})),
    "a client twice in the delete set": b"\x00\x02" + struct(1, 1, 0, 1) * 2,
    "a client without a range": update(deletes=struct(1, 1, 0)),
    "26,000 nested arrays": update(section(1, 0, item(0x08, 1, "t", 1, b"\x75\x01" * 26_000 + b"\x7e"))),
}
MALFORMED = {
    "nothing": b"",
    "a parent that is neither root nor operation": update(section(1, 0, item(0x04, 2, "t", "a"))),
    "text that is not UTF-8": update(section(1, 0, item(0x04, 1, "t", 1, b"\xff"))),
    "more values than bytes": update(section(1, 0, item(0x08, 1, "t", 10**8, b"\x7e"))),
    "more clients than bytes": struct(10**8),
    "more structs than bytes": struct(1, 10**8, 1, 0),
    "more ranges than bytes": struct(0, 1, 1, 10**8),
}


@pytest.mark.parametrize("data", POISON.values(), ids=POISON.keys())
def test_poison_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidUpdate):
        vet(data)


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_not_the_grammar_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        vet(data)


def test_a_parent_may_be_deleted_or_unknown() -> None:
    child = item(0x04, 0, 1, 0, "x")
    vet(update(section(2, 0, child), section(1, 0, item(0x01, 1, "t", 1))))
    vet(update(section(2, 0, child), section(1, 0, item(0, 1))))
    vet(update(section(2, 0, child), section(1, 5, item(0, 1))))
    vet(update(section(2, 0, child)))


def test_what_an_update_announces_costs_nothing() -> None:
    """A lie about a length is found before anything is allocated: 10^8 of anything takes no time."""
    started = time.process_time()
    for data in MALFORMED.values():
        with pytest.raises(MalformedMessage):
            vet(data)
    honest = update(section(1, 0, *[ROOT] * 2_000))
    lie_seconds = time.process_time() - started
    started = time.process_time()
    for _ in range(20):
        vet(honest)
    assert lie_seconds < time.process_time() - started


def test_the_empty_update_brings_nothing() -> None:
    read = vet(EMPTY_UPDATE)
    assert (read.sections, read.deletions) == ([], [])


# State vectors.


@pytest.mark.parametrize("entry", golden("state_vectors"), ids=lambda entry: entry["hex"][:20])
def test_state_vectors_are_read_as_yjs_reads_them(entry: dict[str, Any]) -> None:
    clocks = {int(client): clock for client, clock in entry["clocks"].items()}
    if max(clocks.values(), default=0) > CLOCK_MAX:
        with pytest.raises(InvalidUpdate):  # pycrdt keeps clocks in 32 bits
            decode_state_vector(bytes.fromhex(entry["hex"]))
        return
    assert decode_state_vector(bytes.fromhex(entry["hex"])) == clocks
    assert decode_state_vector(encode_state_vector(clocks)) == clocks


@given(st.dictionaries(st.integers(0, 2**53 - 1), st.integers(1, CLOCK_MAX), max_size=8))
def test_a_state_vector_round_trips(vector: dict[int, int]) -> None:
    assert decode_state_vector(encode_state_vector(vector)) == vector


def test_clients_at_clock_zero_are_left_out() -> None:
    assert encode_state_vector({1: 0}) == b"\x00"


@given(st.binary(max_size=30))
def test_any_bytes_give_a_state_vector_or_a_documented_error(data: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        decode_state_vector(data)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (struct(10**8, 1, 1), MalformedMessage),
        (struct(1, 5), MalformedMessage),
        (b"\x01\x85", MalformedMessage),
        (struct(1, 5, 5, 0), MalformedMessage),
        (struct(2, 5, 5, 5, 5), InvalidUpdate),
        (struct(1, 5, CLOCK_MAX + 1), InvalidUpdate),
        (b"", MalformedMessage),
    ],
)
def test_a_state_vector_that_lies_is_refused(data: bytes, error: type[ProtocolError]) -> None:
    with pytest.raises(error):
        decode_state_vector(data)


def test_a_state_vector_cut_anywhere_is_refused() -> None:
    for cut in prefixes(encode_state_vector({1: 300, 2**40: 5})):
        with pytest.raises(MalformedMessage):
            decode_state_vector(cut)
