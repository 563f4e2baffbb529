"""The lib0 codec: equal to npm's bytes, round trips, and nothing but documented errors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdt_server.protocol import lib0
from crdt_server.protocol.errors import MalformedMessage
from tests.golden_files import golden

GOLDEN = golden("lib0")


@pytest.mark.parametrize("entry", GOLDEN["varUint"], ids=lambda entry: entry["hex"])
def test_numbers_are_written_and_read_as_npm_does(entry: dict[str, object]) -> None:
    data = bytes.fromhex(str(entry["hex"]))
    assert lib0.read_var_uint(data, 0) == (entry["value"], len(data))
    assert lib0.write_var_uint(int(str(entry["value"]))) == data


@pytest.mark.parametrize("entry", GOLDEN["varInt"], ids=lambda entry: entry["hex"])
def test_signed_numbers_end_where_npm_ends_them(entry: dict[str, object]) -> None:
    data = bytes.fromhex(str(entry["hex"]))
    assert lib0.skip_var_int(data + b"\x80", 0) == len(data)


@pytest.mark.parametrize("entry", GOLDEN["varString"], ids=lambda entry: entry["hex"][:16])
def test_strings_are_written_and_read_as_npm_does(entry: dict[str, str]) -> None:
    data = bytes.fromhex(entry["hex"])
    assert lib0.read_var_string(data, 0) == (entry["value"], len(data))
    assert lib0.write_var_string(entry["value"]) == data


@pytest.mark.parametrize("entry", GOLDEN["varUint8Array"], ids=lambda entry: entry["hex"][:16])
def test_byte_arrays_are_written_and_read_as_npm_does(entry: dict[str, str]) -> None:
    data = bytes.fromhex(entry["hex"])
    assert lib0.read_var_bytes(data, 0) == (bytes.fromhex(entry["value"]), len(data))
    assert lib0.write_var_bytes(bytes.fromhex(entry["value"])) == data


@given(st.integers(0, lib0.SAFE_INTEGER_MAX), st.binary(max_size=4))
def test_a_number_round_trips_whatever_follows(value: int, rest: bytes) -> None:
    data = lib0.write_var_uint(value)
    assert lib0.read_var_uint(data + rest, 0) == (value, len(data))


@given(st.text(max_size=50))
def test_a_string_round_trips(text: str) -> None:
    try:
        data = lib0.write_var_string(text)
    except UnicodeEncodeError:
        return  # half a surrogate pair is no text
    assert lib0.read_var_string(data, 0) == (text, len(data))


@given(st.binary(max_size=20))
def test_any_bytes_give_a_value_or_a_documented_error(data: bytes) -> None:
    for read in (lib0.read_var_uint, lib0.read_var_bytes, lib0.read_var_string, lib0.skip_var_int):
        try:
            read(data, 0)
        except (MalformedMessage, IndexError):
            continue


@pytest.mark.parametrize("data", ["8000", "ff00", "818000"])
def test_a_number_has_one_spelling(data: str) -> None:
    with pytest.raises(MalformedMessage, match="shortest"):
        lib0.read_var_uint(bytes.fromhex(data), 0)


def test_a_signed_number_has_one_spelling() -> None:
    with pytest.raises(MalformedMessage, match="shortest"):
        lib0.skip_var_int(bytes.fromhex("8000"), 0)


@pytest.mark.parametrize("data", ["ffffffffffffff1f", "ffffffffffffffffff01", "8080808080808080808001"])
def test_a_number_has_at_most_53_bits(data: str) -> None:
    for read in (lib0.read_var_uint, lib0.skip_var_int):
        if read is lib0.skip_var_int and data == "ffffffffffffff1f":
            continue  # the largest negative number
        with pytest.raises(MalformedMessage, match="53 bits"):
            read(bytes.fromhex(data), 0)


def test_a_signed_number_beyond_53_bits_is_refused() -> None:
    with pytest.raises(MalformedMessage, match="53 bits"):
        lib0.skip_var_int(bytes.fromhex("ffffffffffffff7f"), 0)


def test_a_length_is_compared_before_anything_is_copied() -> None:
    with pytest.raises(MalformedMessage, match="larger than what follows"):
        lib0.read_var_bytes(bytes.fromhex("ffffffff0f00"), 0)


def test_text_must_be_utf8() -> None:
    with pytest.raises(MalformedMessage, match="UTF-8"):
        lib0.read_var_string(b"\x01\xff", 0)


@pytest.mark.parametrize("value", [-1, lib0.SAFE_INTEGER_MAX + 1])
def test_numbers_out_of_range_are_not_written(value: int) -> None:
    with pytest.raises(ValueError, match="varUint"):
        lib0.write_var_uint(value)
