"""Any bytes give every reader a value or a documented error, in time and memory linear in their size."""

from __future__ import annotations

import time
from collections.abc import Callable

from crdt_server.protocol.errors import MalformedMessage, ProtocolError
from crdt_server.protocol.lib0 import read_var_bytes, read_var_string, read_var_uint, skip_var_int
from crdt_server.protocol.messages import Awareness, SyncStep1, SyncStep2, SyncUpdate
from crdt_server.protocol.presence import decode_awareness, encode_awareness
from crdt_server.protocol.update import decode_state_vector, encode_state_vector, vet
from crdt_server.protocol.values import check_json, skip_any
from crdt_server.protocol.ywebsocket import decode, encode

from .case import Case
from .model import write_bytes, write_uint
from .mutations import NUMBERS, mutate_bytes
from .seeds import Seeds
from .values import any_value, json_text

_CALL_S = 0.1
_BYTE_S = 40e-6


def check_readers(case: Case, seeds: Seeds) -> None:
    """One input for every reader."""
    data = _input(case, seeds)
    case.phase("readers", [data])
    for name, reader, allowed in _READERS:
        _timed(case, name, reader, allowed, data)
    _check_round_trips(case, data)


def _input(case: Case, seeds: Seeds) -> bytes:
    rng = case.rng
    makers: tuple[Callable[[], bytes], ...] = (
        lambda: rng.randbytes(rng.choice((0, 1, 2, 5, 20, 100, 2000))),
        lambda: mutate_bytes(rng, seeds.messages),
        lambda: mutate_bytes(rng, seeds.vectors),
        lambda: mutate_bytes(rng, seeds.presences),
        lambda: mutate_bytes(rng, seeds.updates),
        lambda: json_text(rng),
        lambda: any_value(rng),
        lambda: _lie(case),
    )
    return rng.choice(makers)()


def _lie(case: Case) -> bytes:
    """A count or length with little behind it; sometimes many bytes of the same."""
    rng = case.rng
    head = b"".join(write_uint(rng.choice(NUMBERS)) for _ in range(rng.randint(1, 5)))
    prefix = rng.choice(
        (b"", b"\x00\x00", b"\x00\x01", b"\x00\x02", b"\x01", b"\x75", b"\x76", b"\x74", b"\x77", b"[", b'"')
    )
    filler = rng.choice(
        (b"", b"\x00", b"\x01", b"\x7f", b"\x80", b"\xff", b"\x75\x01", b"[", b'{"a":', b"\x00\x01")
    )
    body = filler * rng.choice((0, 1, 10, 1000, 20000))
    if rng.random() < 0.3:
        return prefix + write_bytes(head + body)
    return prefix + head + body


def _timed(
    case: Case,
    name: str,
    reader: Callable[[bytes], object],
    allowed: tuple[type[Exception], ...],
    data: bytes,
) -> None:
    start = time.thread_time()
    try:
        reader(data)
    except allowed:
        case.count("readings refused")
    else:
        case.count("readings accepted")
    took = time.thread_time() - start
    case.expect(took < _CALL_S + _BYTE_S * len(data), f"{name} takes {took:.2f} s for {len(data)} bytes")


def _check_round_trips(case: Case, data: bytes) -> None:
    try:
        vector = decode_state_vector(data)
    except ProtocolError:
        pass
    else:
        without_zeros = {client: clock for client, clock in vector.items() if clock}
        case.expect(
            decode_state_vector(encode_state_vector(vector)) == without_zeros, "a state vector changes"
        )
    try:
        message = decode(data, awareness_entries_max=10_000)
    except ProtocolError:
        return
    if isinstance(message, SyncStep1 | SyncStep2 | SyncUpdate):
        case.expect(encode(message) == (data,), "a frame changes")
    if isinstance(message, Awareness):
        case.expect(encode(message) == (data,), "a presence changes")
        case.expect(
            decode_awareness(encode_awareness(message.entries), entries_max=10_000) == list(message.entries),
            "a presence changes",
        )


_LIB0 = (MalformedMessage, IndexError)
_READERS: tuple[tuple[str, Callable[[bytes], object], tuple[type[Exception], ...]], ...] = (
    ("vet", vet, (ProtocolError,)),
    ("decode_state_vector", decode_state_vector, (ProtocolError,)),
    ("decode_awareness", lambda data: decode_awareness(data, entries_max=10_000), (ProtocolError,)),
    ("decode", lambda data: decode(data, awareness_entries_max=10_000), (ProtocolError,)),
    ("check_json", check_json, (ProtocolError,)),
    ("skip_any", lambda data: skip_any(data, 0), (ProtocolError, IndexError)),
    ("read_var_uint", lambda data: read_var_uint(data, 0), _LIB0),
    ("skip_var_int", lambda data: skip_var_int(data, 0), _LIB0),
    ("read_var_bytes", lambda data: read_var_bytes(data, 0), _LIB0),
    ("read_var_string", lambda data: read_var_string(data, 0), _LIB0),
)
