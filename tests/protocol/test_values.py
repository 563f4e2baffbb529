"""Values inside updates: equal to npm's encoding, bounded in depth, JSON that both sides read."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdt_server.protocol import values
from crdt_server.protocol.errors import InvalidUpdate, MalformedMessage, ProtocolError
from tests.golden_files import golden

DEEP = values.VALUE_DEPTH_MAX


@pytest.mark.parametrize("entry", golden("lib0")["any"], ids=lambda entry: entry["hex"][:20])
def test_a_value_ends_where_npm_ends_it(entry: dict[str, str]) -> None:
    data = bytes.fromhex(entry["hex"])
    assert values.skip_any(data + b"\xff", 0) == len(data)


@given(st.binary(max_size=40))
def test_any_bytes_give_an_end_or_a_documented_error(data: bytes) -> None:
    with contextlib.suppress(ProtocolError, IndexError):
        assert 0 < values.skip_any(data, 0) <= len(data)


def test_nested_arrays_are_bounded() -> None:
    values.skip_any(b"\x75\x01" * DEEP + b"\x7e", 0)
    with pytest.raises(InvalidUpdate, match="nested"):
        values.skip_any(b"\x75\x01" * (DEEP + 1) + b"\x7e", 0)


def test_nested_objects_are_bounded() -> None:
    with pytest.raises(InvalidUpdate, match="nested"):
        values.skip_any(b"\x76\x01\x01k" * (DEEP + 1) + b"\x7e", 0)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("73", "unknown kind"),
        ("75ffffff7f", "more elements"),
        ("7405", "larger than"),
        ("7b0000", "larger than"),
        ("7701ff", "UTF-8"),
    ],
)
def test_a_value_that_cannot_be_is_refused(data: str, why: str) -> None:
    with pytest.raises(MalformedMessage, match=why):
        values.skip_any(bytes.fromhex(data), 0)


def test_an_object_that_says_it_is_bytes_is_refused() -> None:
    with pytest.raises(InvalidUpdate, match="bytes"):
        values.skip_any(b"\x76\x01\x09__proto__\x74\x00", 0)
    values.skip_any(b"\x76\x01\x09__proto__\x7e", 0)


def test_text_is_measured_in_utf16_units() -> None:
    assert values.utf16_length(b"abc") == 3
    assert values.utf16_length("é😀".encode()) == 3
    with pytest.raises(MalformedMessage):
        values.utf16_length(b"\xed\xa0\xbd")  # half a pair, spelled in bytes


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(2**53), 2**53)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(json_values)
def test_json_is_accepted(value: object) -> None:
    text = json.dumps(value)
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        with pytest.raises(InvalidUpdate):
            values.check_json(text.encode())
        return
    values.check_json(text.encode())


@pytest.mark.parametrize(
    "text", ["", "{", "undefined", "NaN", "Infinity", "1e999", "9" * 400, str(2**63), "'a'", r'"\ud83d"']
)
def test_what_is_not_json_to_both_sides_is_refused(text: str) -> None:
    with pytest.raises(InvalidUpdate, match="not JSON"):
        values.check_json(text.encode())


def test_whole_surrogate_pairs_may_be_escaped() -> None:
    values.check_json(rb'"\ud83d\ude00"')


def test_json_depth_is_counted_outside_strings() -> None:
    values.check_json(json.dumps(["[" * DEEP + '"' + "{" * DEEP + "\\"]).encode())
    values.check_json(b"[" + b",".join([b"[]"] * (DEEP + 1)) + b"]")
    with pytest.raises(InvalidUpdate, match="nested"):
        values.check_json(b"[" * (DEEP + 1) + b"]" * (DEEP + 1))
