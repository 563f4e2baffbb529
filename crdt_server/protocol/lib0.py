"""The lib0 encoding that Yjs speaks: variable-length integers, strings, byte arrays.

`varUint` is 7-bit groups, least significant first, the high bit set on all but the last. Numbers are at
most 2**53 - 1, JavaScript's largest safe integer. Only the shortest form of a number is accepted: no
encoder writes another, and two spellings of one message help nobody but an attacker.

Source: the npm package lib0 0.2; the bytes are compared with it in tests/golden.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .errors import MalformedMessage

if TYPE_CHECKING:
    from mypy_extensions import i64  # a native integer where this is compiled, any integer elsewhere

SAFE_INTEGER_MAX: Final = 2**53 - 1
_VAR_UINT_BYTES_MAX: Final = 8  # 53 bits in groups of 7


def read_var_uint(data: bytes, pos: i64) -> tuple[i64, i64]:
    """Return the number at `pos` and the position behind it.

    Raises `MalformedMessage` (too large, not the shortest form) or IndexError (the data ends).
    """
    byte: i64 = data[pos]
    if byte < 0x80:
        return byte, pos + 1
    value: i64 = byte & 0x7F
    shift: i64 = 7
    end: i64 = pos + _VAR_UINT_BYTES_MAX
    while True:
        pos += 1
        if pos >= end:
            raise MalformedMessage("a number has more than 53 bits")
        byte = data[pos]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
    if byte == 0:
        raise MalformedMessage("a number is not in its shortest form")
    if value > SAFE_INTEGER_MAX:
        raise MalformedMessage("a number has more than 53 bits")
    return value, pos + 1


def skip_var_int(data: bytes, pos: i64) -> i64:
    """Return the position behind a signed number (sign in bit 7 of the first byte, then 6 bits).

    Raises as `read_var_uint`.
    """
    byte: i64 = data[pos]
    if byte < 0x80:
        return pos + 1
    value: i64 = byte & 0x3F
    shift: i64 = 6
    end: i64 = pos + _VAR_UINT_BYTES_MAX
    while byte >= 0x80:
        pos += 1
        if pos >= end:
            raise MalformedMessage("a number has more than 53 bits")
        byte = data[pos]
        value |= (byte & 0x7F) << shift
        shift += 7
    if byte == 0:
        raise MalformedMessage("a number is not in its shortest form")
    if value > SAFE_INTEGER_MAX:
        raise MalformedMessage("a number has more than 53 bits")
    return pos + 1


def read_var_bytes(data: bytes, pos: i64) -> tuple[bytes, i64]:
    """Return the length-prefixed bytes at `pos` and the position behind them.

    The announced length is compared with what is left before anything is copied.
    Raises `MalformedMessage` or IndexError.
    """
    size, pos = read_var_uint(data, pos)
    end = pos + size
    if end > len(data):
        raise MalformedMessage("a length is larger than what follows")
    return data[pos:end], end


def read_var_string(data: bytes, pos: i64) -> tuple[str, i64]:
    """Return the UTF-8 string at `pos` and the position behind it. Raises as `read_var_bytes`."""
    raw, pos = read_var_bytes(data, pos)
    try:
        return raw.decode(), pos
    except UnicodeDecodeError as error:
        raise MalformedMessage("a string is not UTF-8") from error


def write_var_uint(value: int) -> bytes:
    """Encode a number from 0 to 2**53 - 1. Raises ValueError beyond."""
    if value < 0x80:
        if value < 0:
            raise ValueError("varUint is unsigned")
        return _ONE_BYTE[value]
    if value > SAFE_INTEGER_MAX:
        raise ValueError("varUint has at most 53 bits")
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


_ONE_BYTE: Final = [bytes([value]) for value in range(0x80)]


def write_var_bytes(data: bytes) -> bytes:
    """Encode bytes behind their length."""
    return write_var_uint(len(data)) + data


def write_var_string(text: str) -> bytes:
    """Encode text as UTF-8 behind its length in bytes."""
    return write_var_bytes(text.encode())
