"""The values inside updates: lib0 "any" values and JSON texts, checked and skipped, never built.

Nesting is bounded: the decoders of pycrdt and Yjs recurse, and 26,000 nested arrays end a process.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Final, NoReturn

from .errors import InvalidUpdate, MalformedMessage
from .lib0 import read_var_bytes, read_var_uint, skip_var_int

if TYPE_CHECKING:
    from mypy_extensions import i64

VALUE_DEPTH_MAX: Final = 100
"""Levels of arrays and objects inside one value."""

_FIXED_SIZES: Final = {127: 0, 126: 0, 121: 0, 120: 0, 124: 4, 123: 8, 122: 8}
_INT: Final = 125
TEXT: Final = 119
OBJECT: Final = 118
_ARRAY: Final = 117
_BYTES: Final = 116

_PROTO: Final = b"\x09__proto__"


def skip_string(data: bytes, pos: i64) -> i64:
    """Return the position behind a string; raises `MalformedMessage` where it is not UTF-8."""
    raw, pos = read_var_bytes(data, pos)
    if not raw.isascii():
        _text(raw)
    return pos


def utf16_length(raw: bytes) -> int:
    """Return the length in UTF-16 units, Yjs' unit for text. Raises `MalformedMessage` if not UTF-8."""
    if raw.isascii():
        return len(raw)
    return len(_text(raw).encode("utf-16-le")) // 2


def skip_any(data: bytes, pos: i64, depth: i64 = 0) -> i64:
    """Return the position behind an "any" value.

    Raises `MalformedMessage` (unknown tag, bad length), `InvalidUpdate` (nested too deep) or IndexError.
    """
    tag = data[pos]
    pos += 1
    if tag == TEXT:
        return skip_string(data, pos)
    if tag == _INT:
        return skip_var_int(data, pos)
    fixed_size = _FIXED_SIZES.get(tag)
    if fixed_size is not None:
        return _advance(data, pos, fixed_size)
    if tag == _BYTES:
        size, pos = read_var_uint(data, pos)
        return _advance(data, pos, size)
    if tag not in (OBJECT, _ARRAY):
        raise MalformedMessage(f"unknown kind of value: {tag}")
    if depth >= VALUE_DEPTH_MAX:
        raise InvalidUpdate(f"a value is nested more than {VALUE_DEPTH_MAX} levels deep")
    count, pos = read_var_uint(data, pos)
    if count > len(data) - pos:
        raise MalformedMessage("a value announces more elements than bytes follow")
    for _ in range(count):
        if tag == OBJECT:
            pos = _skip_key(data, pos)
        pos = skip_any(data, pos, depth + 1)
    return pos


def _skip_key(data: bytes, pos: i64) -> i64:
    end = skip_string(data, pos)
    if data[end] == _BYTES and data[pos:end] == _PROTO:
        raise InvalidUpdate("an object says that it is bytes, and Yjs cannot write it again")
    return end


def skip_json(data: bytes, pos: i64) -> i64:
    """Return the position behind a string that holds JSON. Raises as `check_json`."""
    raw, pos = read_var_bytes(data, pos)
    check_json(raw)
    return pos


_PLAIN_JSON: Final = frozenset({b"null", b"true", b"false", b'""', b"{}", b"[]"})


def check_json(raw: bytes) -> None:
    """Accept what both JavaScript and Rust read as JSON; raise `InvalidUpdate` for anything else."""
    if raw in _PLAIN_JSON:
        return
    text = _text(raw)
    if raw.count(b"[") + raw.count(b"{") > VALUE_DEPTH_MAX:
        _check_json_depth(raw)
    try:
        value = _DECODER.decode(text)
        if "\\u" in text:
            # Half a surrogate pair, escaped, is JSON to JavaScript and an error to Rust.
            json.dumps(value, ensure_ascii=False).encode()
    except ValueError as error:
        raise InvalidUpdate("a value is not JSON") from error


def _check_json_depth(raw: bytes) -> None:
    depth = 0
    in_string = escaped = False
    for byte in raw:
        if in_string:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_string = False
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            depth += 1
            if depth > VALUE_DEPTH_MAX:
                raise InvalidUpdate(f"JSON is nested more than {VALUE_DEPTH_MAX} levels deep")
        elif byte in b"]}":
            depth -= 1


_INTEGER_DIGITS_MAX = 20
"""Longer integers are read as floating point numbers everywhere."""


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError("a number is out of range")
    return value


def _integer(text: str) -> float:
    if len(text) <= _INTEGER_DIGITS_MAX and 2**63 <= int(text) < 2**64:
        raise ValueError("an integer fits 64 bits only without a sign, which pycrdt cannot read")
    return _number(text)


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


# Objects are read as pairs: of two members of one name both must be sound, although one hides the other.
_DECODER = json.JSONDecoder(
    object_pairs_hook=list, parse_float=_number, parse_int=_integer, parse_constant=_no_constant
)


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise MalformedMessage("a string is not UTF-8") from error


def _advance(data: bytes, pos: i64, size: i64) -> i64:
    end = pos + size
    if end > len(data):
        raise MalformedMessage("a length is larger than what follows")
    return end
