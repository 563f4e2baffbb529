"""Values inside updates at the edges where Yjs, yrs and a strict reader may differ."""

from __future__ import annotations

import struct
from random import Random

from .model import write_bytes, write_uint

_NUMBERS = (
    "0", "-0", "1", "-1", "0.5", "1e3", "1E5", "1.0", "-0.0", "1e-400", "5e-324", "1e308", "1.8e308",
    "1e400", "-1e999", "9007199254740991", "9007199254740993", "9223372036854775807", "9223372036854775808",
    "18446744073709551615", "18446744073709551616", "-9223372036854775808", "-9223372036854775809",
    "1" * 30, "1" * 400, "0.1" + "0" * 400, "01", "+1", ".5", "1.", "1e", "0x1", "1_0", "NaN", "Infinity",
    "-Infinity", "\u0661",
)  # fmt: skip
_TEXTS = (
    '""', '"a"', '"\\u00e9"', '"\\ud83d\\ude00"', '"\\ud83d"', '"\\ude00\\ud83d"', '"\\u0000"', '"\\u"',
    '"\\x41"', '"\x00"', '"\x1f"', '"\x7f"', '"\u2028"', '"\\/"', '"\\b\\f\\n\\r\\t\\"\\\\"', '"\ufeff"',
    '"\uffff"', "'a'", '"a', '"\\uD83D\\uDE00x"', '"\\u12_4"', '"\\u 123"', '"😀"',
)  # fmt: skip
_WORDS = (
    "null", "true", "false", "undefined", "", " ", "nul", "True", "null null", "\ufeffnull", " null ",
    "\tnull\n", "\x0cnull", "\xa0null", "//", "null,",
)  # fmt: skip
_KEYS = (
    '""',
    '"a"',
    '"b"',
    '"__proto__"',
    '"constructor"',
    '"toString"',
    '"\\u0061"',
    '"é😀"',
    '"length"',
    "a",
    "1",
)


def json_text(rng: Random, depth: int = 0) -> bytes:
    """What may or may not be JSON."""
    roll = rng.random()
    if depth == 0 and roll < 0.04:
        return _deep_json(rng)
    if depth < 4 and roll < 0.35:
        inner = [json_text(rng, depth + 1) for _ in range(rng.choice((0, 1, 1, 2, 3)))]
        if rng.random() < 0.5:
            return b"[" + b",".join(inner) + rng.choice((b"]",) * 20 + (b",]", b""))
        members = [rng.choice(_KEYS[:8] * 3 + _KEYS).encode() + b":" + each for each in inner]
        return b"{" + b",".join(members) + rng.choice((b"}",) * 20 + (b",}", b""))
    if roll > 0.98:
        return rng.choice((b'"\xed\xa0\xbd"', b'"\xff"', b'"\xc0\x80"', b"\xfe"))
    if roll > 0.93:
        return rng.choice(_WORDS).encode()
    words = rng.choice((_NUMBERS, _TEXTS, _WORDS))
    return rng.choice(words[:3] if roll > 0.8 else words).encode()  # the first of each are valid


def _deep_json(rng: Random) -> bytes:
    levels = rng.choice((99, 100, 101, 127, 128, 129, 1000))
    if rng.random() < 0.5:
        return b"[" * levels + b"]" * levels
    return b'{"a":' * levels + b'"[{"' + b"}" * levels


def any_value(rng: Random, depth: int = 0) -> bytes:
    """A lib0 "any" value, valid or nearly."""
    roll = rng.random()
    if depth == 0 and roll < 0.02:
        levels = rng.choice((99, 100, 101, 128, 1000))
        return rng.choice((b"\x75\x01", b"\x76\x01\x01a")) * levels + b"\x7e"
    if depth < 4 and roll < 0.15:
        count = rng.choice((0, 1, 1, 2, 3))
        return b"\x75" + write_uint(count) + b"".join(any_value(rng, depth + 1) for _ in range(count))
    if depth < 4 and roll < 0.3:
        count = rng.choice((0, 1, 1, 2, 3))
        keys = [write_bytes(rng.choice(_KEYS).strip('"').encode()) for _ in range(count)]
        return b"\x76" + write_uint(count) + b"".join(key + any_value(rng, depth + 1) for key in keys)
    if roll < 0.32:
        return bytes([rng.randrange(256)])
    return rng.choice(_SCALARS)(rng)


def _integer(rng: Random) -> bytes:
    value = rng.choice(
        (0, 1, 63, 64, 8191, 8192, 2**31 - 1, 2**31, 2**53 - 1, 2**53, 2**55 - 1, 2**62, 2**63, 2**70)
    )
    sign = rng.choice((0, 0x40))
    first, rest = value & 0x3F, value >> 6
    return b"\x7d" + (bytes([first | sign | 0x80]) + write_uint(rest) if rest else bytes([first | sign]))


def _double(rng: Random) -> bytes:
    special = (
        0.0,
        -0.0,
        0.1,
        5e-324,
        1.7e308,
        float("nan"),
        float("inf"),
        float("-inf"),
        2.0**31,
        2.0**53,
        2.0**63,
    )
    if rng.random() < 0.3:
        return b"\x7b" + rng.randbytes(8)
    return b"\x7b" + struct.pack(">d", rng.choice(special))


def _float(rng: Random) -> bytes:
    return b"\x7c" + (
        rng.randbytes(4) if rng.random() < 0.5 else struct.pack(">f", rng.choice((0.5, -0.0, 1e30)))
    )


def _bigint(rng: Random) -> bytes:
    value = rng.choice((0, 1, -1, 2**53 - 1, 2**53, 2**53 + 1, -(2**53) - 1, 2**62 + 1, 2**63 - 1, -(2**63)))
    return b"\x7a" + struct.pack(">q", value)


def _string(rng: Random) -> bytes:
    raw = rng.choice(
        (b"", b"a", "é😀".encode(), b"\x00", "\ufeff".encode(), b"\xed\xa0\xbd", b"\xff", b"a" * 200)
    )
    return b"\x77" + write_bytes(raw)


def _buffer(rng: Random) -> bytes:
    return b"\x74" + write_bytes(rng.randbytes(rng.choice((0, 1, 5, 200))))


_SCALARS = (
    lambda _: b"\x7f", lambda _: b"\x7e", lambda _: b"\x79", lambda _: b"\x78",
    _integer, _integer, _double, _float, _bigint, _string, _buffer,
)  # fmt: skip


def update_with_value(rng: Random) -> bytes:
    """One item of client 1 whose content is an odd value: any, embed, format or sub-document."""
    roll = rng.randrange(5)
    if roll == 0:
        count = rng.choice((1, 1, 2, 3))
        info, root, content = 8, b"array", write_uint(count) + b"".join(any_value(rng) for _ in range(count))
    elif roll == 1:
        info, root, content = 5, b"text", write_bytes(json_text(rng))
    elif roll == 2:
        info, root, content = 6, b"text", write_bytes(b"key") + write_bytes(json_text(rng))
    elif roll == 3:
        info, root, content = 0x28, b"map", write_uint(1) + any_value(rng)
    else:
        info, root, content = 9, b"array", write_bytes(b"guid") + _document_options(rng)
    key = write_bytes(b"key") if info & 0x20 else b""
    return b"\x01\x01\x01\x00" + bytes([info]) + b"\x01" + write_bytes(root) + key + content + b"\x00"


def _document_options(rng: Random) -> bytes:
    names = (
        b"gc",
        b"guid",
        b"autoLoad",
        b"shouldLoad",
        b"collectionid",
        b"collectionId",
        b"meta",
        b"encoding",
        b"x",
    )
    count = rng.choice((0, 1, 1, 2, 4))
    members = [write_bytes(rng.choice(names)) + any_value(rng, 3) for _ in range(count)]
    return b"\x76" + write_uint(count) + b"".join(members) if rng.random() < 0.95 else any_value(rng)
